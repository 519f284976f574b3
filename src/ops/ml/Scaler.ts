import { dtypeOf, nodeAttributes } from '../kit/algebra.ts'
import { asFloats, castTo, floatsConstant } from '../kit/ml-graph.ts'
import type { Operator } from '../operator.ts'

export const Scaler: Operator = {
  name: 'Scaler',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const [offset, scale, features] = [ctx.attributes.floats('offset'), ctx.attributes.floats('scale'), ctx.shape(0)?.at(-1)]
    for (const list of [offset, scale]) if (list && list.length > 1 && typeof features === 'number' && list.length !== features) ctx.fail(`${list.length} numbers for ${features} features`)
    ctx.output(0, 'float32', ctx.shape(0))
  },
  decompose(b, node) {
    if (dtypeOf(node.inputs[0]) === undefined) return undefined
    const [offset, scale] = ['offset', 'scale'].map(name => nodeAttributes(node).floats(name) ?? [])
    let y = asFloats(b, node.inputs[0]!)
    const dtype = dtypeOf(y)!
    if (offset!.length > 0) y = b.op('Sub', [y, floatsConstant(b, dtype, offset!)])
    if (scale!.length > 0) y = b.op('Mul', [y, floatsConstant(b, dtype, scale!)])
    return [castTo(b, y, 'float32')]
  },
}
