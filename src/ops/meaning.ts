import type { Attribute, Attributes } from '../ir/attribute.ts'
import type { DType } from '../ir/dtype.ts'
import { kindOf } from '../ir/dtype.ts'
import type { Graph, Node } from '../ir/model.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { staticShape, typeToString } from '../ir/types.ts'
import type { Type } from '../ir/types.ts'
import type { Buffer } from '../expr/expr.ts'
import { readAttributes } from './attributes.ts'
import { computeInvalid, operatorUnknown } from './diagnostics.ts'
import type { AttributeReader, Operator } from './operator.ts'
import { operatorOf } from './registry.ts'

/** Which of an operator's meanings holds for a node, in the order in which an executor prefers them. */
export type Meaning = 'control' | 'compute' | 'evaluate' | 'decompose'

/** The operator of a node that must be known: throws `ops.operator.unknown`. */
export function knownOperator(node: Node): Operator {
  const operator = operatorOf(node)
  if (operator === undefined) throw operatorUnknown(node)
  return operator
}

/** A node's attributes, with failures that name the node. */
export const attributesOf = (node: Node): AttributeReader => readAttributes(node.attributes, message => fail(node, message))

function fail(node: Node, message: string): never {
  throw computeInvalid(node, message)
}

const dtypeOf = (type: Type | undefined): DType | undefined => (type?.kind === 'tensor' ? type.dtype : undefined)

/** Elements that expressions can't hold. */
export const isUnreckoned = (dtype: DType): boolean => ['string', 'complex'].includes(kindOf(dtype))

function withoutArithmetic(node: Node): string | undefined {
  const dtype = node.outputs.map(v => dtypeOf(v?.type)).find(d => d !== undefined && isUnreckoned(d))
  return dtype && `${dtype} has no arithmetic here`
}

/** Whether a node only moves elements. */
export const isMoved = (node: Node, operator: Operator): boolean => operator.moves === true || operator.moves?.(attributesOf(node)) === true

/** Whether a node works on complex elements part by part. */
export const isParted = (node: Node, operator: Operator): boolean => operator.linear === true && node.outputs.some(v => v?.type?.kind === 'tensor' && kindOf(v.type.dtype) === 'complex')

/** The meaning that holds for a node whose types are inferred. */
export function meaningOf(node: Node, operator: Operator = knownOperator(node)): Meaning {
  if (operator.control) return 'control'
  if (operator.compute) {
    const refused = operator.computeRefuses?.({
      attributes: attributesOf(node),
      outputDType: i => outputDType(node, i),
      dtype: i => dtypeOf(node.inputs[i]?.type),
    }) ?? withoutArithmetic(node)
    if (refused === undefined) return 'compute'
    if (isMoved(node, operator) || isParted(node, operator)) return 'evaluate'
    if (!operator.evaluate && !operator.decompose) return fail(node, refused)
  }
  return operator.evaluate ? 'evaluate' : operator.decompose ? 'decompose' : fail(node, 'the operator has no meaning here')
}

/** The inputs of a node whose elements decide the form of its computation. */
export const hostInputs = (node: Node, operator: Operator): number[] =>
  (operator.host ?? []).map(i => (i < 0 ? node.inputs.length + i : i)).filter(i => node.inputs[i] !== undefined)

function outputDType(node: Node, index: number): DType {
  return dtypeOf(node.outputs[index]?.type) ?? fail(node, `the dtype of output ${index} is not known`)
}

/** The elements of a host input: of a constant in memory, or as inference knows them. */
function hostValue(node: Node, index: number): readonly number[] {
  const value = node.inputs[index]
  const elements = (value?.isConstant ? peekNumbers(value.constant) : undefined) ?? value?.elements
  if (elements === undefined || !elements.every(e => typeof e === 'number')) return fail(node, `the elements of input ${index} are not known`)
  return elements as readonly number[]
}

/**
 * The buffers that an operator's `compute` states for a node whose types are inferred and static. `input` gives the
 * buffer of an input that is present.
 */
export function computeNode(node: Node, operator: Operator, input: (index: number) => Buffer): readonly Buffer[] {
  return operator.compute!({
    attributes: attributesOf(node),
    inputCount: node.inputs.length,
    outputCount: node.outputs.length,
    has: i => node.inputs[i] !== undefined,
    hasOutput: i => node.outputs[i] !== undefined,
    input: i => (node.inputs[i] ? input(i) : fail(node, `input ${i} is missing`)),
    value: i => hostValue(node, i),
    outputDType: i => outputDType(node, i),
    outputShape: i => {
      const type = node.outputs[i]?.type
      return (type?.kind === 'tensor' ? staticShape(type.shape) : undefined) ?? fail(node, `the shape of output ${i} is not known: ${typeToString(type)}`)
    },
    fail: message => fail(node, message),
  })
}

const attributeKeys = new WeakMap<Attributes, string>()
const graphKeys = new WeakMap<Graph, number>()
let graphs = 0

function keyOfAttribute(a: Attribute): unknown {
  const bytes = (x: string | Uint8Array): unknown => (typeof x === 'string' ? x : ['bytes', ...x])
  const graph = (g: Graph): number => {
    if (!graphKeys.has(g)) graphKeys.set(g, graphs++)
    return graphKeys.get(g)!
  }
  switch (a.type) {
    case 'tensor': return [a.type, a.value.dtype, a.value.shape, a.value.strings ?? a.value.key]
    case 'tensors': return [a.type, a.value.map(t => [t.dtype, t.shape, t.strings ?? t.key])]
    case 'graph': return [a.type, graph(a.value)]
    case 'graphs': return [a.type, a.value.map(graph)]
    case 'type': return [a.type, typeToString(a.value)]
    case 'types': return [a.type, a.value.map(typeToString)]
    case 'sparse': return [a.type, a.value.values.key, a.value.indices.key, a.value.shape]
    case 'sparses': return [a.type, a.value.map(s => [s.values.key, s.indices.key, s.shape])]
    case 'string': return [a.type, bytes(a.value)]
    case 'strings': return [a.type, a.value.map(bytes)]
    case 'int': return [a.type, String(a.value)]
    case 'ints': return [a.type, a.value.map(String)]
    case 'float': return [a.type, numberKey(a.value)]
    case 'floats': return [a.type, a.value.map(numberKey)]
    case 'reference': return [a.type, a.value]
  }
}
const numberKey = (x: number): string => (Object.is(x, -0) ? '-0' : String(x))

/** Equal texts mean equal attributes. Tensors of more than 64 bytes count as equal only when they are the same tensor. */
export function keyOfAttributes(attributes: Attributes): string {
  let key = attributeKeys.get(attributes)
  if (key === undefined) {
    key = JSON.stringify(Object.keys(attributes).sort().map(name => [name, keyOfAttribute(attributes[name]!)]))
    attributeKeys.set(attributes, key)
  }
  return key
}
