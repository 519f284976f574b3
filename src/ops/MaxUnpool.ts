import type { Expr } from '../expr/expr.ts'
import { constant, read, scalarOf, scatter, select, stage } from '../expr/expr.ts'
import { addDims, mulDims, subDims } from '../ir/dim.ts'
import type { Dim } from '../ir/dim.ts'
import { elementCount, staticShape, unknownShape } from '../ir/types.ts'
import { computeInvalid } from './diagnostics.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './kit/algebra.ts'
import { perAxis } from './kit/window.ts'
import type { AttributeReader, Operator } from './operator.ts'

/** The shape that pooling came from, as far as the attributes tell. */
function pooledFrom(k: { readonly attributes: AttributeReader; fail(message: string): never }, shape: readonly Dim[]): readonly Dim[] {
  const kernel = k.attributes.ints('kernel_shape') ?? k.fail('attribute kernel_shape is missing')
  const rank = kernel.length
  if (shape.length !== rank + 2) k.fail(`kernel_shape [${kernel.join()}] for an input of rank ${shape.length}`)
  const strides = perAxis(k, 'strides', rank, 1)
  const pads = k.attributes.ints('pads') ?? Array.from({ length: 2 * rank }, () => 0)
  return shape.map((d, i) => (i < 2 ? d : addDims(mulDims(subDims(d, 1), strides[i - 2]!), kernel[i - 2]! - pads[i - 2]! - pads[i - 2 + rank]!)))
}

export const MaxUnpool: Operator = {
  name: 'MaxUnpool',
  widening: 'ordered',
  host: [2],
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    ctx.output(0, ctx.dtype(0), ctx.has(2) ? (ctx.shapeValue(2) ?? unknownShape(shape.length)) : pooledFrom(ctx, shape))
  },
  compute(k) {
    const [x, indices] = [k.input(0), k.input(1)]
    const from = pooledFrom(k, x.shape) as readonly number[]
    const zero = constant(0, scalarOf(x.dtype))
    const last = elementCount(from) - 1
    const spread = scatter(from, k.outputDType(0), () => zero, x.shape, (...i) => {
      let rest: Expr = read(indices, i).to('int').clamp(0, Math.max(0, last))
      const at = [...from].reverse().map(n => {
        const place = rest.floormod(n)
        rest = rest.floordiv(n)
        return place
      })
      return { at: at.reverse(), value: read(x, i) }
    })
    const shape = k.outputShape(0)
    if (shape.join() === from.join()) return [spread]
    return [stage(shape, k.outputDType(0), (...i) => select(i.map((v, d) => v.lt(from[d]!)).reduce((a, b) => a.and(b)), read(spread, i), zero))]
  },
  decompose(b, node) {
    const [x, indices] = node.inputs
    const [given, shape, dtype] = [staticShape(shapeOf(x)), staticShape(shapeOf(node.outputs[0])), dtypeOf(x)]
    if (!given || !shape || dtype === undefined) return undefined
    const from = pooledFrom({ attributes: nodeAttributes(node), fail: message => { throw computeInvalid(node, message) } }, given) as readonly number[]
    if (shape.some((n, d) => n < from[d]!)) return undefined
    const zeros = b.op('Expand', [b.scalar(0, dtype), b.ints([elementCount(from)])])
    const spread = b.op('ScatterND', [zeros, b.op('Reshape', [indices, b.ints([-1, 1])]), b.op('Reshape', [x, b.ints([-1])])])
    const whole = b.op('Reshape', [spread, b.ints(from)])
    return [shape.join() === from.join() ? whole : b.op('Pad', [whole, b.ints([...shape.map(() => 0), ...shape.map((n, d) => n - from[d]!)])])]
  },
}
