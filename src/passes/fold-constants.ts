import { LapidaryError } from '../diag/diagnostic.ts'
import { bitsOf, byteLengthOf, kindOf } from '../ir/dtype.ts'
import type { Model, Value } from '../ir/model.ts'
import { Graph, Node } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import type { Tensor } from '../ir/tensor.ts'
import { bytesOf, deferredTensor, inlineTensor, isTensor, reshapedTensor, residentLimit, viewOf } from '../ir/tensor.ts'
import { elementCount, staticShape } from '../ir/types.ts'
import { evaluateNode } from '../ops/evaluate.ts'
import { keyOfAttributes } from '../ops/meaning.ts'
import { operatorOf } from '../ops/registry.ts'
import { replaceNode } from '../rewrite/edit.ts'
import { permOf } from './kit/values.ts'
import { transposeTensor } from './kit/weights.ts'
import type { Pass } from './pass.ts'

/** Operators that only name the same elements anew. */
const renames = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity'])

/** For results, the bytes of the constants and nodes they stand for. */
const stoodFor = new WeakMap<Tensor, number>()
const roomOf = (tensor: Tensor): number => stoodFor.get(tensor) ?? tensor.byteLength
/** Bytes that a node takes in a file, about. */
const roomOfNode = (node: Node): number => [node.name, ...node.inputs.map(v => v?.name ?? ''), ...node.outputs.map(v => v?.name ?? '')].reduce((n, name) => n + name.length + 2, 16)

/**
 * Works out what depends on constants only, and integers that inference knows although their inputs vary (shape
 * arithmetic). Small results at once; large ones as deferred tensors. A result may not take more room than the constants
 * and nodes that it stands for, unless it is small. Random operators are left alone.
 */
export const foldConstants: Pass = {
  name: 'fold-constants',
  run(model) {
    let changed = false
    for (const node of model.allNodes()) changed = foldNode(model, node) || changed
    return { changed }
  },
}

function foldNode(model: Model, node: Node): boolean {
  if (!isPure(node)) return false
  const known = node.outputs.map(v => v && fromElements(v))
  const wanted = node.outputs.filter(v => v && v.uses.size > 0)
  if (wanted.length === 0) return false
  if (node.outputs.every((v, i) => !v || v.uses.size === 0 || known[i])) return replace(model, node, known)
  const inputs = node.inputs.map(v => (v?.isConstant ? v.constant : undefined))
  if (node.inputs.some((v, i) => v !== undefined && inputs[i] === undefined)) return false
  const room = inputs.reduce((n, t) => n + (t ? roomOf(t) : 0), roomOfNode(node))
  const made = fold(node, inputs, room)
  for (const t of made ?? []) if (t) stoodFor.set(t, room)
  return made !== undefined && node.outputs.every((v, i) => !v || v.uses.size === 0 || made[i] !== undefined) && replace(model, node, made)
}

function replace(model: Model, node: Node, tensors: readonly (Tensor | undefined)[]): boolean {
  const values = node.outputs.map((v, i) => (tensors[i] ? model.graph.constant(tensors[i], v?.name) : undefined))
  const graphOutput = node.outputs.some(v => v && [...v.uses].some(use => 'graph' in use && use.graph.owner !== undefined))
  if (graphOutput) {
    for (const v of values) if (v) v.names.free(v.name)
    return false
  }
  const inputs = node.inputs.filter(v => v?.isConstant)
  replaceNode(node, values, () => true)
  for (const v of inputs) if (v && v.uses.size === 0) v.names.free(v.name)
  return true
}

/** The constant that inference found. */
function fromElements(value: Value): Tensor | undefined {
  const { type, elements } = value
  if (type?.kind !== 'tensor' || elements === undefined || !['int', 'uint'].includes(kindOf(type.dtype))) return undefined
  const shape = staticShape(type.shape)
  if (shape === undefined || shape.length > 1 || elementCount(shape) !== elements.length || !elements.every(d => typeof d === 'number' && Number.isSafeInteger(d))) return undefined
  const array = viewOf(type.dtype, new Uint8Array(byteLengthOf(type.dtype, elements.length)))
  if (array.length !== elements.length) return undefined
  elements.forEach((d, i) => (array[i] = array instanceof BigInt64Array || array instanceof BigUint64Array ? BigInt(d as number) : (d as number)))
  return inlineTensor(type.dtype, shape, bytesOf(array))
}

function fold(node: Node, inputs: readonly (Tensor | undefined)[], room: number): (Tensor | undefined)[] | undefined {
  const types = node.outputs.map(v => (v?.type?.kind === 'tensor' ? { dtype: v.type.dtype, shape: staticShape(v.type.shape) } : undefined))
  const sizes = types.map(t => (t?.shape ? byteLengthOf(t.dtype, elementCount(t.shape)) : undefined))
  if (node.outputs.some((v, i) => v && v.uses.size > 0 && sizes[i] === undefined && !inputs.every(t => t === undefined || t.byteLength <= residentLimit))) return undefined
  const total = sizes.reduce<number>((n, s) => n + (s ?? 0), 0)
  if (total > residentLimit && total > room && !shrinks(node, room)) return undefined
  const first = inputs[0]
  if (first && node.domain === '' && renames.has(node.op) && types[0]?.shape && !first.strings) return [reshapedTensor(first, types[0].shape)]
  if (total > residentLimit && isSecondCopy(node)) return undefined
  if (first && node.op === 'Transpose' && node.domain === '' && bitsOf(first.dtype) % 8 === 0 && !first.strings) return [transposeTensor(first, permOf(node, first.shape.length))]
  const present = inputs.filter(t => t !== undefined)
  const template = templateOf(node)
  if (total <= residentLimit && present.every(t => t.peek() !== undefined)) {
    try {
      return evaluateNode(template, inputs).map((datum, i) => (node.outputs[i] && isTensor(datum) ? small(datum, room) : undefined))
    } catch (error) {
      // what can't be computed is the executor's to complain about, when it gets there
      if (error instanceof LapidaryError || error instanceof RangeError) return undefined
      throw error
    }
  }
  if (types.some((t, i) => node.outputs[i] && (t?.shape === undefined || t.dtype === 'string')) || present.some(t => t.dtype === 'string')) return undefined
  const what = `${node.qualified}${keyOfAttributes(node.attributes)}(${inputs.map(t => (t ? `${t.dtype}[${t.shape.join()}]` : '-')).join()})`
  return types.map((t, i) =>
    t?.shape && node.outputs[i]
      ? deferredTensor(t.dtype, t.shape, present, `${what}.${i}`, bytes => {
          let at = 0
          const datum = evaluateNode(template, inputs.map(x => x && inlineTensor(x.dtype, x.shape, bytes[at++]!)))[i]!
          return isTensor(datum) ? datum.peek()! : new Uint8Array(0)
        })
      : undefined,
  )
}

/** A transposition of weights that others use as they are: the file would hold them twice. */
const isSecondCopy = (node: Node): boolean => node.op === 'Transpose' && node.domain === '' && [...node.inputs[0]!.uses].some(use => !('node' in use) || use.node.op !== 'Transpose')

const isPure = (node: Node): boolean => {
  const operator = operatorOf(node)
  return operator !== undefined && !operator.impure && !operator.unpacks && !operator.control && operator.ready === undefined && node.subgraphs().length === 0
}
const bytesOfOutputs = (node: Node): number =>
  node.outputs.reduce((sum, v) => {
    const shape = v?.type?.kind === 'tensor' ? staticShape(v.type.shape) : undefined
    return sum + (v === undefined ? 0 : shape && v.type?.kind === 'tensor' ? byteLengthOf(v.type.dtype, elementCount(shape)) : Infinity)
  }, 0)

/** Whether a value depends on constants only, seen some nodes back. */
const isSettled = (v: Value | undefined, depth: number): boolean => v === undefined || v.isConstant || (depth > 0 && v.producer !== undefined && isPure(v.producer.node) && v.producer.node.inputs.every(x => isSettled(x, depth - 1)))

/** Whether what is made of a node's outputs, of constants only, soon takes no more than this room. */
function shrinks(node: Node, room: number, depth = 8): boolean {
  if (depth === 0 || bytesOfOutputs(node) > 2 ** 20) return false
  return node.outputs.every(v => !v || [...v.uses].every(use => {
    if (!('node' in use) || !isPure(use.node) || !use.node.inputs.every(x => x === v || isSettled(x, depth))) return false
    return bytesOfOutputs(use.node) <= Math.max(residentLimit, room) || shrinks(use.node, room, depth - 1)
  }))
}

const small = (tensor: Tensor, room: number): Tensor | undefined => (tensor.byteLength <= Math.max(residentLimit, room) ? tensor : undefined)

/** The node alone, so that it can be evaluated when the graph has moved on. */
function templateOf(node: Node): Node {
  const graph = new Graph(new Names())
  const inputs = node.inputs.map(v => v && graph.value(v.name, v.type))
  const copy = graph.insert(new Node({ op: node.op, domain: node.domain, overload: node.overload, name: node.name, inputs, attributes: node.attributes, origin: node.origin }))
  node.outputs.forEach((v, i) => copy.setOutput(i, v && graph.value(v.name, v.type)))
  return copy
}
