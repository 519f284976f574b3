import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { DType } from '../../../src/ir/dtype.ts'
import { bitsOf, kindOf } from '../../../src/ir/dtype.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { inlineTensor } from '../../../src/ir/tensor.ts'
import { dtypeOfNumber } from '../../../src/ops/kit/datatype.ts'
import { DataType } from '../../../proto/onnx.gen.ts'
import { actual, distance, inferenceProblem } from './harness.ts'

// The reference is onnx's evaluator, 1.23.1 (tests/peers/make_quantized_vectors.py).
type Packed = readonly [dtype: keyof typeof DataType, shape: readonly number[], bytes: string]
interface Vector {
  readonly op: string
  readonly attributes: Readonly<Record<string, number>>
  readonly inputs: readonly (Packed | null)[]
  readonly output: Packed
}
const vectors = JSON.parse(readFileSync(new URL('../../../fixtures/quantized/linear.json', import.meta.url), 'utf8')) as readonly Vector[]

const tensor = ([dtype, shape, bytes]: Packed): Tensor => inlineTensor(dtypeOfNumber(DataType[dtype] as number)!, shape, new Uint8Array(Buffer.from(bytes, 'base64')))
/** Half a unit of the last place on either side. */
const unit: Partial<Record<DType, number>> = { float32: 2 ** -23, float16: 2 ** -10, bfloat16: 2 ** -7 }

describe('QuantizeLinear and DequantizeLinear against onnx', () => {
  const rows = new Map<string, Vector[]>()
  for (const v of vectors) {
    const name = `${v.op}, ${v.op === 'QuantizeLinear' ? `to ${v.output[0]}` : `from ${v.inputs[0]![0]}`}`
    rows.set(name, [...(rows.get(name) ?? []), v])
  }
  for (const [name, list] of rows) {
    it(name, { timeout: 60_000 }, async () => {
      for (const v of list) {
        const c = { op: v.op, inputs: v.inputs.map(p => p && tensor(p)).map(t => t ?? undefined), init: v.attributes, opset: 25 }
        const theirs = tensor(v.output)
        expect(inferenceProblem(c, [theirs])).toBeUndefined()
        for (const precision of ['exact', 'fast'] as const) {
          const d = distance(await actual(c, precision), [theirs])
          const what = `${precision} ${JSON.stringify(v.attributes)} ${v.inputs.map(p => p && `${p[0]}[${p[1].join()}]`).join(' ')}`
          expect([d.wrong, d.ones, d.more], what).toEqual([undefined, 0, 0])
          const real = kindOf(theirs.dtype) === 'float' && bitsOf(theirs.dtype) > 8
          expect(d.relative, what).toBeLessThanOrEqual(real ? unit[theirs.dtype]! : 0)
        }
      }
    })
  }
})
