import type { DType } from '../ir/dtype.ts'
import { kindOf } from '../ir/dtype.ts'
import type { Node, Value } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { bytesOf, deferredTensor, viewOf } from '../ir/tensor.ts'
import type { Builder } from '../ops/builder.ts'
import { inputProblem } from '../ops/inputs.ts'
import { numberOfDType } from '../ops/kit/datatype.ts'
import { operatorOf } from '../ops/registry.ts'
import { fromDoubles, isWeightDType, toDoubles } from '../passes/kit/weights.ts'
import { builderAt, removeDead, replaceNode } from '../rewrite/edit.ts'
import type { Target } from './target.ts'

const dtypeOf = (value: Value | undefined): DType | undefined => (value?.type?.kind === 'tensor' ? value.type.dtype : undefined)

/** Casts back to floats that were made here: what they round is not rounded for the next node that is widened. */
const roundings = new WeakSet<Node>()

/** Nodes made of one whose meaning is in its types: each rounding counts. */
const exact = new WeakSet<Node>()

/** Notes that the nodes a decomposition made round as their types say, where those of the node that they stand for count. */
export function noteExact(node: Node, made: readonly Node[]): void {
  if (operatorOf(node)?.widening === 'never' || exact.has(node)) for (const one of made) exact.add(one)
}

/** A constant in a wider element type, or a float of 64 bits in 32, worked out when it is asked for. */
function castTensor(tensor: Tensor, to: DType): Tensor {
  return deferredTensor(to, tensor.shape, [tensor], `cast-${to}`, ([bytes]) => {
    const numbers = isWeightDType(tensor.dtype) ? toDoubles(tensor.dtype, bytes!) : (viewOf(tensor.dtype, bytes!) as Int32Array)
    if (isWeightDType(to)) return fromDoubles(to, Float64Array.from(numbers))
    return bytesOf(to === 'int64' ? BigInt64Array.from(numbers as Int32Array, BigInt) : Int32Array.from(numbers))
  })
}

function castTo(b: Builder, x: Value, to: DType, rounded: boolean): Value {
  if (x.isConstant) return b.constant(castTensor(x.constant!, to), x.name)
  const producer = x.producer?.node
  const before = !rounded && producer && roundings.has(producer) ? producer.inputs[0] : undefined
  return before && dtypeOf(before) === to ? before : b.op('Cast', [x], { to: numberOfDType(to) })
}

/**
 * Puts a node whose element types the target only holds, and does not compute with, between casts to types that it
 * computes with (`Target.widen`) and back. Gives the new nodes; undefined where the node's meaning is in its types.
 */
export function widenNode(node: Node, target: Target): readonly Node[] | undefined {
  const operator = operatorOf(node)
  const wider = (v: Value | undefined): DType | undefined => target.widen?.[dtypeOf(v)!]
  if (target.widen === undefined || node.domain !== '' && node.domain !== 'lapidary' || !operator || operator.control || operator.widening === 'never') return undefined
  if (!node.inputs.some(wider)) return undefined
  const b = builderAt(node, `widen-${node.op}`)
  const inputs = node.inputs.map(v => {
    const to = wider(v)
    return v && to ? castTo(b, v, to, exact.has(node)) : v
  })
  // an operator that ONNX gives no wider form
  if (inputProblem({ qualified: node.qualified.replace(/^lapidary::Nhwc/, ''), inputs, attributes: node.attributes }) !== undefined) {
    for (const made of [...b.made].reverse()) removeDead(made)
    return undefined
  }
  const outputs = b.ops(node.qualified, inputs, node.outputs.length, node.attributes)
  const results = node.outputs.map((old, i) => {
    const [from, to] = [dtypeOf(outputs[i]), dtypeOf(old)]
    if (!old || from === to || from === undefined || to === undefined) return outputs[i]
    const back = b.op('Cast', [outputs[i]], { to: numberOfDType(to) })
    if (kindOf(to) === 'float') roundings.add(back.producer!.node)
    return back
  })
  const made = new Set(b.made)
  replaceNode(node, results, v => v.producer !== undefined && made.has(v.producer.node))
  return b.made
}
