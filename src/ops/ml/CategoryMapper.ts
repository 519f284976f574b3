import { int64Tensor, stringTensor } from '../../ir/tensor.ts'
import { elementsOf } from '../kit/elements.ts'
import type { Operator } from '../operator.ts'

export const CategoryMapper: Operator = {
  name: 'CategoryMapper',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const dtype = ctx.dtype(0)
    ctx.output(0, dtype === undefined ? undefined : dtype === 'string' ? 'int64' : 'string', ctx.shape(0))
  },
  evaluate(ctx) {
    const [x, ints, strings] = [ctx.tensor(0), ctx.attributes.bigints('cats_int64s') ?? [], ctx.attributes.strings('cats_strings') ?? []]
    if (ints.length !== strings.length) ctx.fail(`${ints.length} integers for ${strings.length} strings`)
    if (x.strings) {
      const [known, other] = [new Map(strings.map((s, i) => [s, ints[i]!])), BigInt(ctx.attributes.int('default_int64', -1))]
      return [int64Tensor(x.strings.map(s => known.get(s) ?? other), x.shape)]
    }
    const [known, other] = [new Map(ints.map((n, i) => [n, strings[i]!])), ctx.attributes.string('default_string', '_Unused')]
    return [stringTensor(x.shape, elementsOf(x).map(n => known.get(n as bigint) ?? other))]
  },
}
