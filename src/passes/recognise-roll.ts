import { int64Tensor } from '../ir/tensor.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { axisOf, keptBy } from './kit/cuts.ts'
import { shapeOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** Entries of an axis that are listed rather than cut: more would outweigh the nodes they stand for. */
const most = 64

export const rollRules: readonly Rule[] = [
  rule('recognise-roll', p => p.Concat(p.op('Slice', p.x).rest().as('end'), p.op('Slice', p.x).rest().as('begin')), ({ root, nodes, x }, make, refuse) => {
    const axis = axisOf(root, 0)
    const [end, begin] = [keptBy(nodes['end']), keptBy(nodes['begin'])].map(kept => (kept?.length === 1 ? kept[0] : undefined))
    if (end === undefined || begin === undefined || end.axis !== axis || begin.axis !== axis) return refuse('the parts are not of the axis that they are joined along')
    if (end.step !== 1 || begin.step !== 1 || begin.start !== 0 || end.start !== begin.count || end.start + end.count !== end.size) return refuse('the parts do not make the whole')
    if (end.size > most || axis === shapeOf(x)!.length - 1) return refuse('single elements are not gathered, nor entries of long axes')
    const order = Array.from({ length: end.size }, (_, i) => (i + end.start) % end.size)
    return make.op('Gather', [x, make.constant(int64Tensor(order))], { axis })
  }),
]

/** Writes an axis whose end and begin change places (torch.roll, numpy.roll) as one Gather. */
export const recogniseRoll: Pass = rulesPass('recognise-roll', rollRules)
