import { subDims, unknownDim } from '../ir/dim.ts'
import type { Node, Value } from '../ir/model.ts'
import type { Builder } from './builder.ts'
import { nodeAttributes, shapeOf } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

/** Beyond any axis: Slice goes to the end. */
const end = 2 ** 31 - 1

function decompose(b: Builder, node: Node): readonly (Value | undefined)[] | undefined {
  const [x, weight, bias, past] = node.inputs
  const [channels, , size] = shapeOf(weight) ?? []
  if (!x || !weight || typeof channels !== 'number' || typeof size !== 'number') return undefined
  const before = size - 1
  const joined = past && b.op('Concat', [past, x], { axis: 2 })
  const mixed = b.op('Conv', [joined ?? x, weight, bias], { group: channels, kernel_shape: [size], ...(!past && { pads: [before, 0] }) })
  const output = nodeAttributes(node).string('activation', 'none') === 'none' ? mixed : b.op('Swish', [mixed])
  if (!node.outputs[1]) return [output]
  const padded = joined ?? b.op('Pad', [x, b.ints([0, 0, before, 0, 0, 0])])
  return [output, b.op('Slice', [padded, b.ints([before === 0 ? end : -before]), b.ints([end]), b.ints([2])])]
}

export const CausalConvWithState: Operator = {
  name: 'CausalConvWithState',
  infer(ctx) {
    const [x, weight] = [ctx.shape(0), ctx.shape(1)]
    if (x && x.length !== 3) ctx.fail(`its input has rank ${x.length}, not 3`)
    if (weight && weight.length !== 3) ctx.fail(`its weights have rank ${weight.length}, not 3`)
    const activation = ctx.attributes.string('activation', 'none')
    if (!['none', 'silu', 'swish'].includes(activation)) ctx.fail(`activation ${activation}`)
    ctx.output(0, ctx.dtype(0), x)
    ctx.output(1, ctx.dtype(0), [x?.[0] ?? unknownDim(), x?.[1] ?? unknownDim(), weight ? subDims(weight[2]!, 1) : unknownDim()])
  },
  decompose,
}
