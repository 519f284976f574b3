import { read, select, stage } from '../expr/expr.ts'
import { shapeOf } from './kit/algebra.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { drop } from './kit/versions.ts'
import type { Operator, VersionStep } from './operator.ts'

/** Before opset 7 a slope of one axis belonged to axis 1; now it broadcasts from the right. */
function slopeToChannels({ node, b, refuse }: VersionStep): void {
  const [x, slope] = [shapeOf(node.inputs[0]), shapeOf(node.inputs[1])]
  if (!x || !slope) return refuse('an input has no known rank')
  if (slope.length === 1 && slope[0] !== 1 && x.length > 2) node.setInput(1, b.op('Unsqueeze', [node.inputs[1], b.ints(x.slice(2).map((_, i) => i + 1))]))
}

function channelsToSlope({ node, b, refuse }: VersionStep): void {
  const [x, slope] = [shapeOf(node.inputs[0]), shapeOf(node.inputs[1])]
  if (!x || !slope) return refuse('an input has no known rank')
  if (slope.every(d => d === 1)) return
  const channel = slope.length - x.length + 1
  if (slope.some((d, i) => i !== channel && d !== 1)) return refuse('its slope is not one for each channel')
  if (slope.length > 1) node.setInput(1, b.op('Reshape', [node.inputs[1], b.ints([-1])]))
}

export const PRelu: Operator = {
  name: 'PRelu',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  compute(k) {
    const [x, slope] = [k.input(0), k.input(1)]
    return [stage(x.shape, k.outputDType(0), (...i) => select(read(x, i).lt(0), read(x, i).mul(readBroadcast(slope, i)), read(x, i)))]
  },
  decompose(b, node) {
    const [x, slope] = node.inputs
    if (!x || !slope) return undefined
    const below = b.op('Mul', [b.op('Neg', [b.op('Relu', [b.op('Neg', [x])])]), slope])
    return [b.op('Add', [b.op('Relu', [x]), below])]
  },
  upgrade: { 6: drop('consumed_inputs'), 7: slopeToChannels },
  downgrade: { 7: channelsToSlope },
}
