import { reduction } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'

export const REDUCE_ALL: TfliteOperator = reduction('REDUCE_ALL', (b, x, axes, keep) => b.op('Cast', [b.op('ReduceMin', [b.op('Cast', [x], { to: 6 }), axes], { keepdims: keep })], { to: 9 }), { takes: { dtypes: [['bool'], ['int32']] } })
