import { beforeAll, describe, expect, it } from 'vitest'
import { tflite } from '../../converters/tflite/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import type { Model } from '../../src/ir/model.ts'
import type { DType } from '../../src/ir/dtype.ts'
import { kindOf } from '../../src/ir/dtype.ts'
import { isSubByte } from '../../src/ir/subbyte.ts'
import type { Datum } from '../../src/ir/tensor.ts'
import { isTensor } from '../../src/ir/tensor.ts'
import { verify } from '../../src/ir/verify.ts'
import { assignLayout } from '../../src/legalize/assign-layout.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { inferModel } from '../../src/ops/infer.ts'
import { isSmallFloat } from '../../src/ops/kit/minifloat.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import { withDType } from '../../src/validate/adapt.ts'
import { compareData } from './compare.ts'
import { readModel } from './run.ts'
import type { NodeTest } from './vectors.ts'
import { loadNodeTests } from './vectors.ts'

// Passes and legalization keep what ONNX's own vectors say of every operator, with inputs fed and with inputs constant.
const filter = process.env['FILTER']

/** Gives every input but the first its value for good. */
function fix(model: Model, inputs: readonly Datum[]): void {
  for (const [i, v] of [...model.graph.inputs].entries()) {
    const datum = inputs[i]
    if (i === 0 || datum === undefined || datum === null || !isTensor(datum) || model.graph.outputs.includes(v)) continue
    v.replaceBy(model.graph.constant(datum, v.name))
    model.graph.removeInput(v)
  }
  inferModel(model)
}

const changes: readonly [string, (model: Model, inputs: readonly Datum[]) => void][] = [
  ['optimized', model => void optimize(model, { after: (_, m) => verify(m) })],
  ['optimized with constants', (model, inputs) => {
    fix(model, inputs)
    optimize(model, { after: (_, m) => verify(m) })
  }],
  ['channel-last', (model, inputs) => {
    fix(model, inputs)
    assignLayout(model, { borders: 'keep' })
  }],
  ['as far as TFLite can say it', (model, inputs) => {
    fix(model, inputs)
    legalize(model, tflite.target!, { mode: 'partial', layout: 'keep', log: new Log() })
  }],
]

/** What a value is fed and gives whose dtype was narrowed, or is carried in a wider one because it is small. */
async function as(datum: Datum, dtype: DType | undefined, original: DType | undefined): Promise<Datum> {
  if (datum === null || !isTensor(datum) || dtype === undefined || original === undefined) return datum
  const changes = (kindOf(datum.dtype) === 'int' && kindOf(dtype) === 'int') || isSubByte(original) || isSmallFloat(original)
  return changes ? withDType(datum, dtype) : datum
}
const dtypeOf = (datum: Datum | undefined): DType | undefined => (datum !== undefined && datum !== null && isTensor(datum) ? datum.dtype : undefined)

async function check(test: NodeTest, change: (model: Model, inputs: readonly Datum[]) => void, bfloat = 2 ** -7): Promise<string | undefined> {
  for (const { inputs, outputs } of test.sets) {
    const model = await readModel(test.model)
    const names = model.graph.inputs.map(v => v.name)
    change(model, inputs)
    verify(model)
    const session = await cpuExecutor.prepare(model, { precision: 'exact' })
    const feeds = new Map<string, Datum>()
    for (const [i, datum] of inputs.entries()) {
      const input = model.graph.inputs.find(v => v.name === names[i])
      if (input) feeds.set(input.name, await as(datum, input.type?.kind === 'tensor' ? input.type.dtype : undefined, dtypeOf(datum)))
    }
    const results = await session.run(feeds)
    session.dispose()
    for (const [i, expected] of outputs.entries()) {
      const result = results.get(model.graph.outputs[i]!.name)
      const wrong = compareData(result && (await as(result, dtypeOf(expected), dtypeOf(expected))), expected, Math.max(test.rtol, expected !== null && isTensor(expected) && expected.dtype === 'bfloat16' ? bfloat : 1e-5), Math.max(test.atol, 1e-6))
      if (wrong) return `output ${i}: ${wrong}`
    }
  }
  return undefined
}

describe('every operator after', () => {
  const good: NodeTest[] = []
  beforeAll(async () => {
    for (const test of loadNodeTests(filter === undefined ? /./ : new RegExp(filter))) {
      const runs = await check(test, () => {}).catch(() => 'it can not be run')
      if (runs === undefined) good.push(test)
    }
  }, 300_000)
  for (const [name, change] of changes)
    it(name, { timeout: 300_000 }, async () => {
      const failures: string[] = []
      for (const test of good) {
        // TFLite computes in float32 what the vectors round to bfloat16 at every step
        const wrong = await check(test, change, name.includes('TFLite') ? 2 ** -6 : undefined).catch((error: unknown) => (error instanceof Error ? (error.stack ?? error.message).slice(0, 600) : String(error)))
        if (wrong) failures.push(`${test.name}: ${wrong}`)
      }
      expect(failures).toEqual([])
      expect(good.length).toBeGreaterThan(filter === undefined ? 1000 : 0)
    })
})
