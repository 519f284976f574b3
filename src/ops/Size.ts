import { constant, stage } from '../expr/expr.ts'
import { mulDims } from '../ir/dim.ts'
import { elementCount } from '../ir/types.ts'
import type { Operator } from './operator.ts'

export const Size: Operator = {
  name: 'Size',
  widening: 'ordered',
  infer(ctx) {
    const shape = ctx.shape(0)
    ctx.output(0, 'int64', [], shape && [mulDims(...shape)])
  },
  compute: k => [stage([], 'int64', () => constant(elementCount(k.input(0).shape), 'long'))],
}
