import type { AttributeInit } from '../../ir/attribute.ts'
import type { InferContext, Operator } from '../operator.ts'

/** com.microsoft's operator of the name of one of ONNX's, which came later and means the same. `rename` turns the attributes where they differ. */
export const sameAs = (onnx: Operator, rename: (attributes: Readonly<Record<string, AttributeInit>>) => Readonly<Record<string, AttributeInit>> = a => a): Operator => ({
  name: onnx.name,
  domain: 'com.microsoft',
  ...(onnx.host && { host: onnx.host }),
  infer: onnx.infer,
  decompose: (b, node) => b.ops(onnx.name, node.inputs, node.outputs.length, rename(node.attributes)),
})

/** A context of inference with attributes of lists of integers in place of others. */
export const withInts = (ctx: InferContext, known: Readonly<Record<string, readonly number[] | undefined>>): InferContext => ({
  ...ctx,
  attributes: { ...ctx.attributes, ints: name => (name in known ? known[name] : ctx.attributes.ints(name)) },
})
