import { describe } from 'vitest'
import type { Model, Value } from '../../../src/ir/model.ts'
import { numberOfDType } from '../../../src/ops/kit/datatype.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { means } from '../microsoft/table.ts'
import { against } from './table.ts'

// onnxruntime's CPU provider has no kernels for these: the reference is what their schemas say, in operators that it has.
const types = ['uint8', 'int8'] as const
const wide = (b: Builder, v: Value | undefined): Value => b.op('Cast', [v], { to: numberOfDType('int32') })
const by = (build: (b: Builder, inputs: readonly (Value | undefined)[]) => Value): ((model: Model) => void) => means((b, inputs) => [build(b, inputs)])

describe('operators of com.microsoft that only stand in schemas', () => {
  against('MulInteger', (d, v) => {
    const dtype = types[v % 2]!
    const zero = () => (v % 3 ? d.integers(dtype, []) : undefined)
    return { op: 'com.microsoft::MulInteger', inputs: [d.integers(dtype, [3, 1, 5]), zero(), d.integers(dtype, [4, 5]), ...(v % 3 ? [zero()] : [])] }
  }, {
    variants: 6,
    means: by((b, [x, xZero, y, yZero]) => {
      const less = (e: Value | undefined, zero: Value | undefined): Value => (zero ? b.op('Sub', [wide(b, e), wide(b, zero)]) : wide(b, e))
      return b.op('Mul', [less(x, xZero), less(y, yZero)])
    }),
  })
  for (const keepdims of [0, 1]) {
    against(`ReduceSumInteger, keepdims ${keepdims}`, d => ({ op: 'com.microsoft::ReduceSumInteger', inputs: [d.integers('int8', [3, 4, 5])], init: { axes: [0], keepdims } }), {
      variants: 2,
      means: by((b, [x]) => b.op('ReduceSum', [wide(b, x), b.ints([0])], { keepdims })),
    })
    against(`QLinearReduceMean, keepdims ${keepdims}`, (d, v) => {
      const dtype = types[v % 2]!
      return { op: 'com.microsoft::QLinearReduceMean', inputs: [d.integers(dtype, [3, 4, 5]), ...d.grid(dtype), ...d.grid(dtype, 0.002, 0.02)], init: { axes: [1, -1], keepdims } }
    }, {
      variants: 6,
      means: by((b, [x, scale, zero, toScale, toZero]) => b.op('QuantizeLinear', [b.op('ReduceMean', [b.op('DequantizeLinear', [x, scale, zero]), b.ints([1, 2])], { keepdims }), toScale, toZero])),
    })
  }
})
