import type { Attribute } from '../../ir/attribute.ts'
import { ints } from '../../ir/attribute.ts'
import { dimEquals } from '../../ir/dim.ts'
import { kindOf } from '../../ir/dtype.ts'
import type { Value } from '../../ir/model.ts'
import { peekNumbers } from '../../ir/tensor.ts'
import type { Operator, VersionStep } from '../operator.ts'
import { dtypeOf, shapeOf } from './algebra.ts'

type Step = (step: VersionStep) => void
type Versions = Pick<Operator, 'upgrade' | 'downgrade'>

/** The attribute is gone in the new version, and said nothing that is missed. */
export const drop = (...names: readonly string[]): Step => step => names.forEach(name => step.setAttribute(name, undefined))

/** The attribute is gone in the other version, where only `usual` can be said. */
export const dropUsual = (name: string, usual: number): Step => step => {
  if (step.attributes.int(name, usual) !== usual) step.refuse(`${name} is not ${usual}`)
  step.setAttribute(name, undefined)
}

/** The default changed: states `value` where the node relied on the old one. */
export const stateDefault = (name: string, value: Attribute): Step => step => {
  if (!step.attributes.has(name)) step.setAttribute(name, value)
}

/** Opset 6 dropped the hint on which inputs may be overwritten. */
export const consumed: Versions = { upgrade: { 6: drop('consumed_inputs') } }

/**
 * Opset 7 replaced `broadcast` and `axis` (the second input's axes lie within the first's, from `axis`) by NumPy's
 * rule. The second input gets trailing axes of size 1.
 */
export function alignSecond(step: VersionStep): void {
  const { node, b, attributes } = step
  const [first, second] = node.inputs
  const axis = attributes.int('axis')
  const broadcasts = attributes.int('broadcast', 0) !== 0
  drop('axis', 'broadcast')(step)
  const rankB = shapeOf(second)?.length
  if (!broadcasts || axis === undefined || rankB === 0) return
  const rankA = shapeOf(first)?.length
  if (rankA === undefined || rankB === undefined) return step.refuse('an input has no known rank')
  const trailing = rankA - (axis < 0 ? axis + rankA : axis) - rankB
  if (trailing > 0) node.setInput(1, b.op('Unsqueeze', [second, b.ints(Array.from({ length: trailing }, (_, i) => rankB + i))]))
}

function stateBroadcast(step: VersionStep): void {
  const [a, c] = step.node.inputs.map(shapeOf)
  if (!a || !c) return step.refuse('an input has no known rank')
  const suffix = c.length <= a.length && c.every((d, i) => dimEquals(d, a[a.length - c.length + i]!))
  if (suffix && c.length === a.length) return
  if (!suffix && !c.every(d => d === 1)) step.refuse('its inputs broadcast both ways')
  step.setAttribute('broadcast', { type: 'int', value: 1 })
}

/** Steps of a binary operator that is older than NumPy's broadcasting. */
export const legacyBroadcast: Versions = { upgrade: { 7: alignSecond }, downgrade: { 7: stateBroadcast } }

/** The same, of one that had `consumed_inputs` too. */
export const legacyArithmetic: Versions = { upgrade: { 6: drop('consumed_inputs'), 7: alignSecond }, downgrade: { 7: stateBroadcast } }

/**
 * Lets the node be what made `value`: it takes over that node's operator, inputs and attributes, and keeps its own
 * outputs and name. The last node of a replacement is made so.
 */
export function become({ node, b }: VersionStep, value: Value): void {
  const maker = value.producer?.node
  if (maker === undefined || !b.made.includes(maker) || maker.outputs.length !== 1 || value.uses.size > 0) {
    node.op = 'Identity'
    node.attributes = {}
    node.setInputs([value])
    return
  }
  const { op, attributes } = maker
  const inputs = [...maker.inputs]
  maker.graph?.remove(maker)
  b.made.splice(b.made.indexOf(maker), 1)
  node.op = op
  node.attributes = attributes
  node.setInputs(inputs)
}

/** The same for a node of several outputs: each of those that are present becomes the value at its place. */
export function becomeAll(step: VersionStep, values: readonly (Value | undefined)[]): void {
  const { node } = step
  const outputs = [...node.outputs]
  const first = outputs.findIndex(v => v !== undefined)
  node.trimOutputs(0)
  outputs.forEach((v, i) => {
    if (!v || i === first) return
    const { name } = v
    v.replaceBy(values[i]!)
    node.graph!.names.free(name)
    values[i]!.rename(name)
  })
  node.setOutput(0, outputs[first])
  become(step, values[first]!)
}

/** The numbers of a constant input. Undefined when it is left out; refuses when it is not constant. */
export function constantInput(step: VersionStep, index: number): readonly number[] | undefined {
  const value = step.node.inputs[index]
  if (value === undefined) return undefined
  const numbers = value.isConstant ? peekNumbers(value.constant) : undefined
  return numbers ?? step.refuse(`input ${index} is not a constant`)
}

/** An attribute became input `index`, of int64. */
export const intsToInput = (name: string, index: number): Step => step => {
  const values = step.attributes.ints(name)
  step.setAttribute(name, undefined)
  if (values?.length) step.node.setInput(index, step.b.ints(values))
}

/** The other way. */
export const inputToInts = (name: string, index: number): Step => step => {
  const values = constantInput(step, index)
  step.node.setInputs(step.node.inputs.slice(0, index))
  if (values?.length) step.setAttribute(name, ints(values))
}

/** The same for axes of Squeeze and Unsqueeze: none at all leave the tensor as it is, where an absent attribute does not. */
export const axesToInts: Step = step => {
  if (constantInput(step, 1)?.length !== 0) return inputToInts('axes', 1)(step)
  step.node.op = 'Identity'
  step.node.setInputs([step.node.inputs[0]])
}

/** A float attribute became the scalar input `index`, of the first input's dtype. */
export const floatToInput = (name: string, index: number): Step => step => {
  const value = step.attributes.float(name)
  step.setAttribute(name, undefined)
  if (value === undefined) return
  const dtype = dtypeOf(step.node.inputs[0]) ?? 'float32'
  step.node.setInput(index, step.b.scalar(value, kindOf(dtype) === 'float' ? dtype : 'float32'))
}
