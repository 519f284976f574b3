import { addDims } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import type { AttributeReader } from '../../../src/ops/operator.ts'
import { optionsOf } from '../kit/attributes.ts'
import { dilated, dilatedSize, padded } from '../kit/dilated.ts'
import { hloNumbers } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

const padsOf = (a: AttributeReader) => ['edge_padding_low', 'edge_padding_high', 'interior_padding'].map(n => a.ints(n) ?? []) as [readonly number[], readonly number[], readonly number[]]

/** Data and the padding's value: between elements, then at the ends of each axis, where less than 0 takes elements away. */
export const STABLEHLO_PAD: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_PAD',
  options: 'StablehloPadOptions',
  infer(ctx) {
    const [shape, pads] = [ctx.shape(0), padsOf(ctx.attributes)]
    if (shape && pads.some(p => p.length !== shape.length)) ctx.fail(`pads for ${pads.map(p => p.length).join()} axes of [${shape.join()}]`)
    if (pads[2].some(n => n < 0)) ctx.fail(`${pads[2].join()} elements between others`)
    ctx.output(0, ctx.dtype(0), shape?.map((d, i) => addDims(dilatedSize(d, pads[2][i]! + 1), pads[0][i]!, pads[1][i]!)))
  },
  decompose(b, node) {
    const [x, filler] = node.inputs as [Value, Value]
    const [low, high, interior] = padsOf(optionsOf(node))
    const wide = dilated(b, x, filler, interior.map(n => n + 1))
    const result = wide && padded(b, wide, filler, low, high)
    return result && [result === x ? b.op('Identity', [x]) : result]
  },
  takes: { dtypes: [[...hloNumbers, 'bool']] },
})
