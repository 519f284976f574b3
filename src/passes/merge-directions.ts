import type { Model, Node, Value } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { deferredTensor } from '../ir/tensor.ts'
import type { Builder } from '../ops/builder.ts'
import { keyOfAttributes } from '../ops/meaning.ts'
import { builderAt, replaceNode } from '../rewrite/edit.ts'
import { flippedAxis } from './kit/flips.ts'
import { constantOf, intOf, numbersOf, permOf, rankOf, stringOf } from './kit/values.ts'
import type { Pass } from './pass.ts'

const name = 'merge-directions'
const isRecurrent = (node: Node | undefined): boolean => node?.domain === '' && ['LSTM', 'GRU', 'RNN'].includes(node.op)
const usersOf = (value: Value | undefined): Node[] | undefined => {
  const uses = [...(value?.uses ?? [])]
  return uses.every(use => 'node' in use) ? [...new Set(uses.map(use => (use as { node: Node }).node))] : undefined
}
const wayOf = (node: Node): string => stringOf(node, 'direction', 'forward')
/** Of one direction, over sequences of one length with the steps in front. */
const isPlain = (node: Node): boolean => wayOf(node) !== 'bidirectional' && node.inputs[4] === undefined && intOf(node, 'layout', 0) === 0
const isUsed = (value: Value | undefined): boolean => value !== undefined && value.uses.size > 0

/** What takes the axis of directions out of the sequence that comes out, when nothing else uses it. */
function squeezeOf(node: Node): Node | undefined {
  const [squeeze, ...more] = usersOf(node.outputs[0]) ?? []
  return squeeze?.qualified === 'Squeeze' && more.length === 0 && numbersOf(squeeze.inputs[1])?.join() === '1' ? squeeze : undefined
}

/** The Slices that turn a sequence round again along its steps, each behind a Transpose or not; undefined when something else uses it. */
function turnedBack(sequence: Value, axis = 0, deep = false): Node[] | undefined {
  const found: Node[] = []
  for (const user of usersOf(sequence) ?? [undefined]) {
    if (user && flippedAxis(user) === axis) found.push(user)
    else if (user?.qualified === 'Transpose' && !deep) {
      const behind = turnedBack(user.outputs[0]!, permOf(user, rankOf(sequence)!).indexOf(axis), true)
      if (behind === undefined) return undefined
      found.push(...behind)
    } else return undefined
  }
  return found
}

/** A sequence that is turned round before and after goes the other way instead. */
function goOtherWay(node: Node): boolean {
  const flip = node.inputs[0]?.producer?.node
  if (!isPlain(node) || flippedAxis(flip) !== 0) return false
  const squeeze = isUsed(node.outputs[0]) ? squeezeOf(node) : undefined
  const back = squeeze && turnedBack(squeeze.outputs[0]!)
  if (isUsed(node.outputs[0]) && (back === undefined || back.length === 0)) return false
  node.setInput(0, flip!.inputs[0])
  node.setAttribute('direction', { type: 'string', value: wayOf(node) === 'reverse' ? 'forward' : 'reverse' })
  for (const slice of back ?? []) replaceNode(slice, [slice.inputs[0]], () => false)
  return true
}

/** One constant behind the other. */
const joined = (tensors: readonly Tensor[]): Tensor =>
  deferredTensor(tensors[0]!.dtype, [tensors.length, ...tensors[0]!.shape.slice(1)], tensors, `both directions of [${tensors[0]!.shape.join()}]`, parts => {
    const out = new Uint8Array(parts.reduce((n, p) => n + p.byteLength, 0))
    parts.reduce((at, p) => (out.set(p, at), at + p.byteLength), 0)
    return out
  })

/** An input of both directions from that of each. */
function inputOf(b: Builder, one: Value | undefined, other: Value | undefined): Value | undefined {
  if (!one || !other) return undefined
  const [p, q] = [constantOf(one), constantOf(other)]
  return p && q ? b.constant(joined([p, q])) : b.op('Concat', [one, other], { axis: 0 })
}

const lists = ['activations', 'activation_alpha', 'activation_beta']
const others = (node: Node): string => keyOfAttributes(Object.fromEntries(Object.entries(node.attributes).filter(([key]) => key !== 'direction')))

/** Two nodes that go over one sequence both ways, and what joins what they give, as one node. */
function goBothWays(join: Node): boolean {
  if (join.qualified !== 'Concat' || join.inputs.length !== 2 || rankOf(join.outputs[0]) !== 3 || ![2, -1].includes(intOf(join, 'axis', 0))) return false
  const squeezes = join.inputs.map(v => v!.producer?.node)
  const [one, other] = squeezes.map(s => (s?.qualified === 'Squeeze' ? s.inputs[0]?.producer?.node : undefined))
  if (!one || !other || one === other || !isRecurrent(one) || one.op !== other.op || ![one, other].every((n, i) => isPlain(n) && squeezeOf(n) === squeezes[i] && squeezes[i]!.outputs[0]!.uses.size === 1)) return false
  if (wayOf(one) === 'reverse' || wayOf(other) !== 'reverse' || one.inputs[0] !== other.inputs[0] || one.graph !== join.graph || others(one) !== others(other)) return false
  // the last states of the first may be used before the other is there
  if ([one, other].some(n => n.outputs.slice(1).some(isUsed))) return false
  const fits = (i: number): boolean => {
    const [p, q] = [one, other].map(n => constantOf(n.inputs[i]))
    return one.inputs[i] === other.inputs[i] && one.inputs[i] === undefined ? true : p !== undefined && q !== undefined && p.dtype === q.dtype && p.shape.join() === q.shape.join()
  }
  if (![1, 2, 3, 7].every(fits) || [5, 6].some(i => (one.inputs[i] === undefined) !== (other.inputs[i] === undefined))) return false
  const b = builderAt(join, name, [one, other])
  const count = Math.max(one.inputs.length, other.inputs.length)
  const inputs = Array.from({ length: count }, (_, i) => (i === 0 ? one.inputs[0] : inputOf(b, one.inputs[i], other.inputs[i])))
  const doubled = Object.fromEntries(lists.flatMap(key => {
    const a = one.attributes[key]
    return a ? [[key, { ...a, value: [...(a.value as readonly never[]), ...(a.value as readonly never[])] } as typeof a]] : []
  }))
  const hidden = constantOf(one.inputs[2])!.shape[2]!
  const y = b.op(one.op, inputs, { ...one.attributes, ...doubled, direction: 'bidirectional' })
  replaceNode(join, [b.op('Reshape', [b.op('Transpose', [y], { perm: [0, 2, 1, 3] }), b.ints([0, 0, 2 * hidden])])], () => true)
  for (const node of [...squeezes, one, other]) node!.graph!.remove(node!)
  return true
}

/** A recurrent operator goes from the end where its sequence was turned round for it, and both ways where two do. */
export const mergeDirections: Pass = {
  name,
  run(model: Model) {
    let changed = false
    for (const node of [...model.allNodes()]) if (node.graph && ((isRecurrent(node) && goOtherWay(node)) || goBothWays(node))) changed = true
    return { changed }
  },
}
