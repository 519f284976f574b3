import { int64Tensor } from '../ir/tensor.ts'
import { sequenceAt } from './kit/host.ts'
import type { Operator } from './operator.ts'

export const SequenceLength: Operator = {
  name: 'SequenceLength',
  infer: ctx => ctx.output(0, 'int64', []),
  evaluate: ctx => [int64Tensor([sequenceAt(ctx, 0).length], [])],
}
