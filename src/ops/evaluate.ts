import { invariant } from '../diag/diagnostic.ts'
import { compileExact } from '../expr/exact.ts'
import type { Buffer } from '../expr/expr.ts'
import { input as inputBuffer } from '../expr/expr.ts'
import { Graph, Node } from '../ir/model.ts'
import type { Value } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import { cloneAttributes } from '../ir/clone.ts'
import { bitsOf, kindOf } from '../ir/dtype.ts'
import { isSubByte, packSubByte, unpackSubByte } from '../ir/subbyte.ts'
import type { Datum, Tensor, TypedArray } from '../ir/tensor.ts'
import { bytesOf, inlineTensor, isDictionary, isTensor, peekNumbers, residentLimit, stringTensor, viewOf } from '../ir/tensor.ts'
import { elementCount, staticShape } from '../ir/types.ts'
import type { Type } from '../ir/types.ts'
import { Builder } from './builder.ts'
import { computeInvalid } from './diagnostics.ts'
import { guarded } from './guard.ts'
import { checkIndices, indexChecks } from './indices.ts'
import { inferNode } from './infer.ts'
import { gatherPlaces } from './kit/host.ts'
import { attributesOf, computeNode, hostInputs, isMoved, isUnreckoned, keyOfAttributes, knownOperator, meaningOf } from './meaning.ts'
import type { Operator } from './operator.ts'

/** A node's meaning for inputs of given types: a function, or simpler nodes in a graph of their own. */
export type Specialised =
  | { readonly kind: 'function'; run(node: Node, inputs: readonly (Datum | undefined)[]): Datum[] }
  | { readonly kind: 'graph'; readonly graph: Graph; readonly inputs: readonly (Value | undefined)[]; readonly outputs: readonly (Value | undefined)[] }

/** The bytes of a tensor in memory. */
export function residentBytes(tensor: Tensor): Uint8Array {
  const bytes = tensor.peek()
  invariant(bytes !== undefined, `${tensor.dtype}[${tensor.shape.join()}] is not in memory`)
  return bytes
}

/** The elements of a tensor in memory as the expression engine stores them: sub-byte types take a byte each. */
export const arrayOfTensor = (tensor: Tensor): TypedArray =>
  isSubByte(tensor.dtype) ? unpackSubByte(tensor.dtype, residentBytes(tensor), elementCount(tensor.shape)) : viewOf(tensor.dtype, residentBytes(tensor))

/** The inverse of `arrayOfTensor`; whole bytes are shared with the array. */
export const tensorOfArray = (dtype: Tensor['dtype'], shape: readonly number[], array: TypedArray): Tensor =>
  inlineTensor(dtype, shape, isSubByte(dtype) ? packSubByte(dtype, bytesOf(array)) : bytesOf(array))

/** The type that a datum has; `declared` helps where the datum alone says less (empty sequences and optionals). */
export function typeOfDatum(datum: Datum, declared?: Type): Type | undefined {
  if (declared?.kind === 'optional') return datum === null ? declared : { kind: 'optional', of: typeOfDatum(datum, declared.of) ?? declared.of }
  if (datum === null) return declared
  if (isTensor(datum)) return { kind: 'tensor', dtype: datum.dtype, shape: datum.shape }
  if (isDictionary(datum)) return { kind: 'map', key: datum.keys.dtype, of: { kind: 'tensor', dtype: datum.values.dtype, shape: datum.values.shape.slice(1) } }
  const items = datum as readonly Datum[]
  const item = items[0] === undefined ? undefined : typeOfDatum(items[0])
  if (item === undefined) return declared
  const same = items.every(d => d !== null && isTensor(d) && isTensor(items[0]!) && d.shape.join() === (items[0] as Tensor).shape.join())
  return { kind: 'sequence', of: item.kind === 'tensor' && !same ? { ...item, shape: undefined } : item }
}

/** A node like this one, alone in a graph, its inputs of the given types; the inputs in `constants` are constants. */
function scratchNode(node: Node, inputs: readonly (Datum | undefined)[], constants: (index: number, tensor: Tensor) => boolean): Node {
  const graph = new Graph(new Names())
  const values = inputs.map((datum, i) => {
    if (datum === undefined) return undefined
    const value = graph.value(node.inputs[i]?.name ?? '', typeOfDatum(datum, node.inputs[i]?.type))
    if (datum !== null && isTensor(datum) && constants(i, datum)) value.constant = datum
    else graph.addInput(value)
    return value
  })
  const attributes = node.subgraphs().length > 0 ? cloneAttributes(node.attributes, graph, new Map()) : node.attributes
  const scratch = new Node({ op: node.op, domain: node.domain, overload: node.overload, name: node.name, inputs: values, attributes, origin: node.origin })
  graph.insert(scratch)
  node.outputs.forEach((v, i) => scratch.setOutput(i, v && graph.value(v.name)))
  guarded(scratch, () => inferNode(scratch))
  return scratch
}

const isStatic = (node: Node): boolean => node.outputs.every(v => v === undefined || (v.type?.kind === 'tensor' && staticShape(v.type.shape) !== undefined))

function computeFunction(scratch: Node, operator: Operator): Specialised {
  const buffers = new Map<number, Buffer>()
  const results = computeNode(scratch, operator, i => {
    let buffer = buffers.get(i)
    if (buffer === undefined) {
      const type = scratch.inputs[i]!.type
      invariant(type?.kind === 'tensor', `input ${i} of ${scratch.op} is no tensor`)
      buffers.set(i, (buffer = inputBuffer(staticShape(type.shape)!, type.dtype)))
    }
    return buffer
  })
  const used = [...buffers.keys()]
  const given = new Map([...buffers].map(([i, b]) => [b, i]))
  const made = [...new Set(results)].filter(b => !given.has(b))
  const run = compileExact([...buffers.values()], made)
  results.forEach((b, o) => {
    const type = scratch.outputs[o]?.type
    invariant(type === undefined || (type.kind === 'tensor' && type.dtype === b.dtype && type.shape?.join() === b.shape.join()), `${scratch.op} infers another type for output ${o} than it computes, ${b.dtype}[${b.shape.join()}]`)
  })
  const checks = indexChecks(scratch, operator)
  return {
    kind: 'function',
    run(node, inputs) {
      for (const check of checks) checkIndices({ ...check, node }, arrayOfTensor(inputs[check.input] as Tensor))
      const arrays = guarded(node, () => run(used.map(i => arrayOfTensor(inputs[i] as Tensor))))
      return results.map(b => (given.has(b) ? (inputs[given.get(b)!] as Tensor) : tensorOfArray(b.dtype, b.shape, arrays[made.indexOf(b)]!)))
    },
  }
}

/** Moves elements that have no arithmetic: the operator is computed on their places instead. Place 0 is the empty element. */
const movedFunction: Specialised = {
  kind: 'function',
  run(node, inputs) {
    const sources: Tensor[] = []
    let next = 1
    const placed = inputs.map(datum => {
      if (datum === undefined || datum === null || !isTensor(datum) || !isUnreckoned(datum.dtype)) return datum
      if (sources.length === 0) sources.push(datum.dtype === 'string' ? stringTensor([1], ['']) : inlineTensor(datum.dtype, [1], new Uint8Array(bitsOf(datum.dtype) / 8)))
      sources.push(datum)
      const count = elementCount(datum.shape)
      const places = Int32Array.from({ length: count }, (_, i) => next + i)
      next += count
      return inlineTensor('int32', datum.shape, bytesOf(places))
    })
    return evaluateNode(node, placed).map(datum => gatherPlaces(sources, peekNumbers(datum as Tensor)!, (datum as Tensor).shape))
  },
}

/** Works on the real and on the imaginary parts of complex elements. */
const partedFunction: Specialised = {
  kind: 'function',
  run(node, inputs) {
    const dtype = (inputs[0] as Tensor).dtype
    const part = dtype === 'complex64' ? 'float32' : 'float64'
    const both = [0, 1].map(which => {
      const parts = inputs.map(datum => {
        if (datum === undefined || datum === null || !isTensor(datum) || kindOf(datum.dtype) !== 'complex') return datum
        const pairs = viewOf(part, datum.peek()!) as Float32Array
        return inlineTensor(part, datum.shape, bytesOf(pairs.filter((_, i) => i % 2 === which)))
      })
      return evaluateNode(node, parts) as Tensor[]
    })
    return both[0]!.map((real, o) => {
      const [reals, imaginaries] = [real, both[1]![o]!].map(t => viewOf(part, t.peek()!) as Float32Array)
      const pairs = viewOf(part, new Uint8Array(2 * real.peek()!.byteLength)) as Float32Array
      reals!.forEach((x, i) => {
        pairs[2 * i] = x
        pairs[2 * i + 1] = imaginaries![i]!
      })
      return inlineTensor(dtype, real.shape, bytesOf(pairs))
    })
  },
}

function evaluateFunction(scratch: Node, operator: Operator): Specialised {
  const dtypes = scratch.outputs.map(v => (v?.type?.kind === 'tensor' ? v.type.dtype : undefined))
  return {
    kind: 'function',
    run(node, inputs) {
      const fail = (message: string): never => {
        throw computeInvalid(node, message)
      }
      const results = guarded(scratch, () =>
        operator.evaluate!({
          attributes: attributesOf(node),
          inputs,
          outputCount: node.outputs.length,
          hasOutput: i => node.outputs[i] !== undefined,
          tensor(i) {
            const datum = inputs[i]
            return datum !== undefined && datum !== null && isTensor(datum) ? datum : fail(`input ${i} must be a tensor`)
          },
          outputDType: i => dtypes[i] ?? fail(`the dtype of output ${i} is not known`),
          fail,
        }),
      )
      return [...results]
    },
  }
}

function decomposition(scratch: Node, operator: Operator): Specialised | undefined {
  const graph = scratch.graph!
  const outputs = operator.decompose!(new Builder(graph, scratch), scratch)
  return outputs && { kind: 'graph', graph, inputs: scratch.inputs, outputs }
}

/** The decomposition of a node whose form hangs on small inputs that are no host inputs. */
function decompositionOfConstants(node: Node, inputs: readonly (Datum | undefined)[], operator: Operator): Specialised {
  const scratch = scratchNode(node, inputs, (_, t) => t.byteLength <= residentLimit)
  const made = decomposition(scratch, operator)
  if (made === undefined) throw computeInvalid(scratch, 'the operator has no meaning for these inputs and attributes')
  return made
}

const keyOfDatum = (datum: Datum | undefined): string =>
  datum === undefined ? '-' : datum === null ? 'null' : isTensor(datum) ? `${datum.dtype}[${datum.shape.join()}]` : `(${(datum as readonly Datum[]).map(keyOfDatum).join()})`

/** Compiled meanings kept; beyond this the oldest go. A large model has a few hundred different nodes. */
const kept = 4096
const cache = new Map<string, Specialised>()

/**
 * The meaning of a node for these inputs, compiled once for each operator, attributes, input types and host values.
 * Throws `ops.operator.unknown`, `ir.infer.invalid`, `ops.compute.invalid`. Control flow has none here: it is the host's.
 */
export function specialise(node: Node, inputs: readonly (Datum | undefined)[]): Specialised {
  const operator = knownOperator(node)
  if (operator.control) throw computeInvalid(node, 'control flow is run by an executor')
  const host = new Set(hostInputs(node, operator))
  const hostKeys = [...host].map(i => {
    const datum = inputs[i]
    return datum !== undefined && datum !== null && isTensor(datum) ? (datum.strings ?? peekNumbers(datum) ?? datum.key) : null
  })
  const cacheable = node.subgraphs().length === 0 && inputs.every(d => d === undefined || d === null || isTensor(d))
  const key = cacheable ? JSON.stringify([node.qualified, keyOfAttributes(node.attributes), node.outputs.map(v => Number(v !== undefined)), inputs.map(keyOfDatum), hostKeys]) : ''
  const known = cacheable ? cache.get(key) : undefined
  if (known) return known
  let scratch = scratchNode(node, inputs, i => host.has(i))
  let keep = cacheable
  const meaning = meaningOf(scratch, operator)
  if (meaning === 'compute' && !isStatic(scratch)) {
    scratch = scratchNode(node, inputs, (i, t) => host.has(i) || t.byteLength <= residentLimit)
    keep = false
  }
  const made = guarded(scratch, () =>
    meaning === 'compute' ? computeFunction(scratch, operator) : meaning === 'evaluate' ? (operator.evaluate ? evaluateFunction(scratch, operator) : isMoved(scratch, operator) ? movedFunction : partedFunction) : decomposition(scratch, operator),
  )
  if (made === undefined) return decompositionOfConstants(node, inputs, operator)
  if (keep) {
    cache.set(key, made)
    if (cache.size > kept) cache.delete(cache.keys().next().value!)
  }
  return made
}

function evaluateGraph(made: Specialised & { kind: 'graph' }, inputs: readonly (Datum | undefined)[]): Datum[] {
  const known = new Map<Value, Datum>()
  made.inputs.forEach((v, i) => v && known.set(v, inputs[i]!))
  const get = (value: Value): Datum => {
    const datum = known.get(value) ?? value.constant
    invariant(datum !== undefined, `${value.name} has no value`)
    return datum
  }
  const last = made.graph.last
  for (const node of made.graph.nodes()) {
    if (node === last) break
    const results = evaluateNode(node, node.inputs.map(v => v && get(v)))
    node.outputs.forEach((v, i) => v && known.set(v, results[i]!))
  }
  return made.outputs.map(v => (v ? get(v) : null))
}

/**
 * The outputs of a node for inputs in memory, in exact precision: one for each output up to the last that is used.
 * Expressions first, then plain code, then the operator's decomposition. Pure, unless the operator is impure.
 */
export function evaluateNode(node: Node, inputs: readonly (Datum | undefined)[]): Datum[] {
  const made = specialise(node, inputs)
  return made.kind === 'function' ? made.run(node, inputs) : evaluateGraph(made, inputs)
}
