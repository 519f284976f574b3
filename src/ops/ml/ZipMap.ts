import { int64Tensor, reshapedTensor, stringTensor } from '../../ir/tensor.ts'
import { tensorType } from '../../ir/types.ts'
import { takeAlong } from '../kit/host.ts'
import type { Operator } from '../operator.ts'

export const ZipMap: Operator = {
  name: 'ZipMap',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const key = ctx.attributes.strings('classlabels_strings')?.length ? 'string' : 'int64'
    ctx.outputType(0, { kind: 'sequence', of: { kind: 'map', key, of: tensorType('float32', []) } })
  },
  evaluate(ctx) {
    const x = ctx.tensor(0)
    const [strings, ints] = [ctx.attributes.strings('classlabels_strings') ?? [], ctx.attributes.bigints('classlabels_int64s') ?? []]
    const keys = strings.length > 0 ? stringTensor([strings.length], strings) : int64Tensor(ints)
    const columns = x.shape.at(-1)
    if (x.shape.length < 1 || x.shape.length > 2 || columns !== keys.shape[0]) ctx.fail(`${keys.shape[0]} keys for a shape of [${x.shape.join()}]`)
    const rows = x.shape.length === 2 ? x : reshapedTensor(x, [1, columns!])
    return [Array.from({ length: rows.shape[0]! }, (_, row) => ({ keys, values: reshapedTensor(takeAlong(rows, 0, [row]), [columns!]) }))]
  },
}
