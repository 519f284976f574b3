import { select, stage } from '../expr/expr.ts'
import { elementCount } from '../ir/types.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { inferBroadcast, knownElements, zipElements } from './kit/elementwise.ts'
import { hasNoNumbers, whereOnHost } from './kit/strings.ts'
import { castTo, counting, elementsAt, knownShape } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Where: Operator = {
  name: 'Where',
  widening: 'ordered',
  infer(ctx) {
    const lists = [0, 1, 2].map(i => knownElements(ctx, i))
    inferBroadcast(ctx, 'same', zipElements(lists, (condition, x, y) => (condition === 1 ? x : condition === 0 ? y : undefined)), 1)
  },
  compute(k) {
    const [condition, x, y] = [k.input(0), k.input(1), k.input(2)]
    return [stage(k.outputShape(0), k.outputDType(0), (...i) => select(readBroadcast(condition, i), readBroadcast(x, i), readBroadcast(y, i)))]
  },
  computeRefuses: hasNoNumbers,
  evaluate: ctx => [whereOnHost(ctx.tensor(0), ctx.tensor(1), ctx.tensor(2))],
  downgrade: {
    9(step) {
      const { node, b } = step
      const shape = knownShape(step, node.outputs[0])
      const [condition, x, y] = node.inputs.map(v => b.op('Expand', [v, b.ints(shape)]))
      const both = b.op('Concat', [y, x].map(v => b.op('Reshape', [v, b.ints([-1])])), { axis: 0 })
      const side = b.op('Mul', [castTo(b, condition, 'int64'), b.int(elementCount(shape))])
      become(step, elementsAt(b, both, b.op('Add', [side, counting(b, shape)])))
    },
  },
}
