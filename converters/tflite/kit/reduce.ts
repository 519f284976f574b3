import type { Dim } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import type { InferContext } from '../../../src/ops/operator.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'
import { optionsOf } from './attributes.ts'

/** The shape that a reduction leaves. */
export function inferReduce(ctx: InferContext): void {
  const shape = ctx.shape(0)
  const axes = ctx.constant(1)
  const keep = ctx.attributes.int('keep_dims', 0) === 1
  if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
  if (axes === undefined) {
    const count = ctx.shape(1)
    const n = count?.length === 0 ? 1 : count?.[0]
    return ctx.output(0, ctx.dtype(0), keep ? unknownShape(shape.length) : typeof n === 'number' ? unknownShape(shape.length - n) : undefined)
  }
  const gone = new Set(axes.map(a => (a < 0 ? a + shape.length : a)))
  for (const a of gone) if (a < 0 || a >= shape.length) ctx.fail(`axis ${a} of [${shape.join()}]`)
  ctx.output(0, ctx.dtype(0), shape.flatMap((d, i): Dim[] => (gone.has(i) ? (keep ? [1] : []) : [d])))
}

/** Data and int32 axes; `onnx` names the reduction. */
export const reduction = (name: TfliteOperator['name'], onnx: string | ((b: Builder, x: Value, axes: Value, keep: boolean) => Value), init: Partial<Omit<TfliteOperator, 'domain' | 'name'>> = {}): TfliteOperator =>
  tfliteOperator({
    name,
    options: 'ReducerOptions',
    infer: inferReduce,
    decompose(b, node) {
      const keep = optionsOf(node).int('keep_dims', 0) === 1
      const axes = oneAxis(b, toInt64(b, node.inputs[1]!))
      return [typeof onnx === 'string' ? b.op(onnx, [node.inputs[0], axes], { keepdims: keep }) : onnx(b, node.inputs[0]!, axes, keep)]
    },
    takes: { dtypes: [['float32', 'int32', 'int64'], ['int32']] },
    ...init,
  })

/** ONNX wants shapes and axes as int64. */
export const toInt64 = (b: Builder, value: Value): Value => (value.type?.kind === 'tensor' && value.type.dtype === 'int64' ? value : b.op('Cast', [value], { to: 7 }))

/** A value of one axis out of one that may have none. */
export const oneAxis = (b: Builder, value: Value): Value =>
  value.type?.kind === 'tensor' && value.type.shape?.length === 0 ? b.op('Reshape', [value, b.ints([1])]) : value
