import { reduction } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'

export const REDUCE_ANY: TfliteOperator = reduction('REDUCE_ANY', (b, x, axes, keep) => b.op('Cast', [b.op('ReduceSum', [b.op('Cast', [x], { to: 6 }), axes], { keepdims: keep })], { to: 9 }), { takes: { dtypes: [['bool'], ['int32']] } })
