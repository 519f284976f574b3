import type { DType } from '../../ir/dtype.ts'
import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { dtypeOf, nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { dtypeOfNumber, numberOfDType } from '../kit/datatype.ts'
import { inlineBody } from '../kit/inline.ts'
import type { Operator } from '../operator.ts'

function decompose(b: Builder, node: Node): readonly Value[] | undefined {
  const attributes = nodeAttributes(node)
  const [q, k, v] = node.inputs
  const dtype = dtypeOf(q)
  const [heads, size] = [shapeOf(q)?.[1], shapeOf(q)?.[3]]
  const shared = shapeOf(k)?.[1]
  if (!q || !k || !v || dtype === undefined || typeof heads !== 'number' || typeof shared !== 'number' || typeof size !== 'number') return undefined
  const precision: DType = dtypeOfNumber(attributes.int('softmax_precision')) ?? (dtype === 'float64' ? 'float64' : 'float32')
  const cast = (x: Value, to: DType): Value => (dtypeOf(x) === to ? x : b.op('Cast', [x], { to: numberOfDType(to) }))
  // [batch, key heads, queries of a head, rows, size]
  const group = heads / shared
  const grouped = (x: Value): Value => (group === 1 ? x : b.op('Reshape', [b.op('Expand', [b.op('Unsqueeze', [x, b.ints([2])]), b.ints([1, 1, group, 1, 1])]), b.op('Concat', [b.op('Shape', [x], { end: 1 }), b.ints([heads]), b.op('Shape', [x], { start: 2 })], { axis: 0 })]))
  const factor = b.scalar(Math.sqrt(attributes.float('scale', 1 / Math.sqrt(size))), dtype)
  const turned = b.op('Transpose', [b.op('Mul', [grouped(k), factor])], { perm: [0, 1, 3, 2] })
  const modified = (name: string, x: Value): Value => (attributes.has(name) ? inlineBody(b, attributes.graph(name), [x])[0]! : x)
  const scores = modified('score_mod', cast(b.op('MatMul', [b.op('Mul', [q, factor]), turned]), precision))
  const shares = modified('prob_mod', b.op('Softmax', [scores], { axis: -1 }))
  return [cast(b.op('MatMul', [shares, cast(grouped(v), precision)]), dtype)]
}

export const FlexAttention: Operator = {
  name: 'FlexAttention',
  domain: 'ai.onnx.preview',
  infer(ctx) {
    const [q, k, v] = [0, 1, 2].map(i => {
      const shape = ctx.shape(i)
      return shape && shape.length !== 4 ? ctx.fail(`input ${i} has rank ${shape.length}, not 4`) : shape
    })
    const [heads, shared] = [q?.[1], k?.[1]]
    if (typeof heads === 'number' && typeof shared === 'number' && (shared < 1 || heads % shared !== 0)) ctx.fail(`${heads} heads of queries for ${shared}`)
    for (const name of ['score_mod', 'prob_mod'])
      if (ctx.attributes.has(name)) {
        const body = ctx.attributes.graph(name)
        if (body.inputs.length !== 1 || body.outputs.length !== 1) ctx.fail(`${name} has ${body.inputs.length} inputs and ${body.outputs.length} outputs, not one of each`)
      }
    ctx.output(0, ctx.dtype(0), q && v ? [q[0]!, q[1]!, q[2]!, v[3]!] : undefined)
  },
  decompose,
}
