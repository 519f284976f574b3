import { float } from '../../ir/attribute.ts'
import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import type { AttributeReader, InferContext, Operator } from '../operator.ts'
import { nodeAttributes } from './algebra.ts'
import { reducedShape, wideFloat } from './reduce.ts'

/** Types of the four outputs: the normalized sum, mean and inverse deviation over the last axis, the sum. */
function infer(ctx: InferContext): void {
  const [shape, dtype] = [ctx.shape(0), ctx.dtype(0)]
  if (shape && (shape.length < 2 || shape.length > 3)) ctx.fail(`its input has rank ${shape.length}`)
  const kept = shape && reducedShape(shape, [shape.length - 1], true)
  ctx.output(0, dtype, shape)
  for (const i of [1, 2]) ctx.output(i, dtype && wideFloat(dtype), kept)
  ctx.output(3, dtype, shape)
}

/** x + skip + bias; a skip of fewer axes, or of one batch, is repeated. */
export const skipSum = (b: Builder, x: Value | undefined, skip: Value | undefined, bias: Value | undefined): Value => {
  const sum = b.op('Add', [x, skip])
  return bias ? b.op('Add', [sum, bias]) : sum
}

/** A residual connection and its normalization. `normalize` gets the sum and gives it normalized, the mean and the inverse deviation. */
export const skipOperator = (
  name: string,
  biasAt: number,
  normalize: (b: Builder, sum: Value, inputs: readonly (Value | undefined)[], epsilon: ReturnType<typeof float>, wanted: readonly boolean[]) => readonly (Value | undefined)[] | undefined,
): Operator => ({
  name,
  domain: 'com.microsoft',
  infer,
  decompose(b, node) {
    const attributes: AttributeReader = nodeAttributes(node)
    const sum = skipSum(b, node.inputs[0], node.inputs[1], node.inputs[biasAt])
    const made = normalize(b, sum, node.inputs, float(attributes.float('epsilon', 1e-12)), [0, 1, 2].map(i => node.outputs[i] !== undefined))
    return made && [made[0], made[1], made[2], sum]
  },
})
