import type { Dim } from '../../ir/dim.ts'
import { addDims, unknownDim } from '../../ir/dim.ts'
import type { Value } from '../../ir/model.ts'
import { dtypeOf, nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { asRows, castTo } from '../kit/ml-graph.ts'
import type { Operator } from '../operator.ts'

/** More features than any table has; a number beyond comes from a broken file. */
const widthLimit = 2 ** 24

export const FeatureVectorizer: Operator = {
  name: 'FeatureVectorizer',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const wanted = ctx.attributes.ints('inputdimensions') ?? []
    const shapes = Array.from({ length: ctx.inputCount }, (_, i) => ctx.shape(i))
    if (wanted.some(n => n < 0 || n > widthLimit)) ctx.fail(`inputdimensions [${wanted.join(', ')}]`)
    if (shapes.some(s => s && (s.length < 1 || s.length > 2))) ctx.fail('its inputs have one or two axes')
    const columns = shapes.map((s, i): Dim => wanted[i] ?? s?.at(-1) ?? unknownDim())
    const rows = shapes.map(s => (s?.length === 1 ? 1 : s?.[0])).find(d => d !== undefined)
    ctx.output(0, 'float32', [rows ?? unknownDim(), addDims(...columns)])
  },
  decompose(b, node) {
    const wanted = nodeAttributes(node).ints('inputdimensions') ?? []
    const parts: Value[] = []
    for (const [i, x] of node.inputs.entries()) {
      const rows = dtypeOf(x) && asRows(b, x!)
      if (!rows) return undefined
      const [value, given, columns] = [castTo(b, rows, 'float32'), shapeOf(rows)![1]!, wanted[i]]
      if (columns === undefined || columns === given) parts.push(value)
      else if (typeof given !== 'number') return undefined
      else parts.push(columns < given ? b.op('Slice', [value, b.ints([0]), b.ints([columns]), b.ints([1])]) : b.op('Pad', [value, b.ints([0, 0, 0, columns - given])]))
    }
    return [b.op('Concat', parts, { axis: 1 })]
  },
}
