import type { Expr } from '../expr/expr.ts'
import { read, reduce, stage } from '../expr/expr.ts'
import type { Node, Value } from '../ir/model.ts'
import type { Builder } from './builder.ts'
import { nodeAlgebra, nodeAttributes } from './kit/algebra.ts'
import { alongChannels, rankOf, reciprocalRoot, sizeOf, standardize } from './kit/normalize.ts'
import { floatType, wideFloat } from './kit/reduce.ts'
import { become } from './kit/versions.ts'
import type { Operator, VersionStep } from './operator.ts'

/** Before opset 21 scale and bias had one element for each group, now one for each channel. */
function spreadOverChannels({ node, b, attributes, refuse }: VersionStep): void {
  const groups = attributes.int('num_groups', 1)
  const size = sizeOf(node.inputs[0], 1)
  if (size === undefined) return refuse('the number of channels is not known')
  if (groups === size) return
  for (const i of [1, 2]) {
    const spread = b.op('Expand', [b.op('Reshape', [node.inputs[i], b.ints([groups, 1])]), b.ints([groups, size / groups])])
    node.setInput(i, b.op('Reshape', [spread, b.ints([-1])]))
  }
}

function decompose(b: Builder, node: Node): Value | undefined {
  const m = nodeAlgebra(b, node)
  const [x, scale, bias] = node.inputs
  const rank = rankOf(x)
  if (!m || !x || !scale || !bias || rank === undefined) return undefined
  const attributes = nodeAttributes(node)
  const grouped = b.op('Reshape', [x, b.ints([0, attributes.int('num_groups', 1), -1])])
  const { normalized } = standardize(b, grouped, [2], attributes.float('epsilon', 1e-5))
  const back = b.op('Reshape', [normalized, b.op('Shape', [x])])
  return m.add(m.mul(back, alongChannels(b, scale, rank)), alongChannels(b, bias, rank))
}

export const GroupNormalization: Operator = {
  name: 'GroupNormalization',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  compute(k) {
    const [x, scale, bias] = [k.input(0), k.input(1), k.input(2)]
    const [batch, channels, ...spatial] = x.shape as [number, number, ...number[]]
    const groups = k.attributes.int('num_groups', 1)
    if (groups < 1 || channels % groups !== 0) k.fail(`${channels} channels in ${groups} groups`)
    const size = channels / groups
    const count = size * spatial.reduce((n, d) => n * d, 1)
    const [type, wide] = [floatType(x.dtype), wideFloat(x.dtype)]
    const total = (n: Expr, g: Expr, f: (e: Expr) => Expr): Expr =>
      reduce('sum', [size, ...spatial], (c, ...rest) => f(read(x, [n, g.mul(size).add(c!), ...rest]))).div(count)
    const mean = stage([batch, groups], wide, (n, g) => total(n!, g!, e => e))
    const inverse = stage([batch, groups], wide, (n, g) => {
      const centred = (e: Expr): Expr => e.sub(read(mean, [n!, g!]).to(type))
      return reciprocalRoot(total(n!, g!, e => centred(e).mul(centred(e))).add(k.attributes.float('epsilon', 1e-5)))
    })
    return [
      stage(x.shape, x.dtype, (...i) => {
        const at = [i[0]!, i[1]!.floordiv(size)]
        return read(x, i).sub(read(mean, at)).mul(read(inverse, at)).mul(read(scale, [i[1]!])).add(read(bias, [i[1]!]))
      }),
    ]
  },
  decompose(b, node) {
    const y = decompose(b, node)
    return y && [y]
  },
  upgrade: { 21: spreadOverChannels },
  downgrade: { 21: step => become(step, decompose(step.b, step.node) ?? step.refuse('its rank or element type is not known')) },
}
