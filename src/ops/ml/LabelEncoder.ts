import type { DType } from '../../ir/dtype.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { float32Tensor, int64Tensor, peekNumbers, stringTensor } from '../../ir/tensor.ts'
import { dtypeOf } from '../kit/algebra.ts'
import { heldTensor, holdAttributeTensors } from '../kit/attribute-tensors.ts'
import type { Element } from '../kit/elements.ts'
import { elementsOf, tensorOfElements } from '../kit/elements.ts'
import { inOrder } from '../kit/steps.ts'
import type { AttributeReader, Operator, VersionStep } from '../operator.ts'

/** A list that is said in one of four ways. */
function listOf(a: AttributeReader, name: 'keys' | 'values'): Tensor | undefined {
  const tensor = a.tensor(`${name}_tensor`)
  if (tensor) return tensor
  const [strings, ints, floats] = [a.strings(`${name}_strings`), a.bigints(`${name}_int64s`), a.floats(`${name}_floats`)]
  if (strings?.length) return stringTensor([strings.length], strings)
  return ints?.length ? int64Tensor(ints) : floats?.length ? float32Tensor(floats) : undefined
}

/** What stands for keys that are not known; -0 for floats, as the text of version 4 says. */
function defaultOf(a: AttributeReader, dtype: DType, held: (tensor: Tensor) => Tensor): Element {
  const tensor = a.tensor('default_tensor')
  if (tensor) return elementsOf(held(tensor))[0] ?? 0
  if (dtype === 'string') return a.string('default_string', '_Unused')
  return dtype.startsWith('float') ? a.float('default_float', -0) : BigInt(a.int('default_int64', -1))
}

/** The attribute for a list of this dtype; undefined where version 2 has none. */
function setList(step: VersionStep, name: 'keys' | 'values', list: Tensor): void {
  const numbers = list.strings ? undefined : peekNumbers(list)
  if (list.strings) step.setAttribute(`${name}_strings`, { type: 'strings', value: list.strings })
  else if (list.dtype === 'int64' && numbers) step.setAttribute(`${name}_int64s`, { type: 'ints', value: elementsOf(list) as bigint[] })
  else if (list.dtype === 'float32' && numbers) step.setAttribute(`${name}_floats`, { type: 'floats', value: numbers })
  else step.refuse(`${name}_tensor of ${list.dtype} came later`)
  step.setAttribute(`${name}_tensor`, undefined)
}

function withoutTensors(step: VersionStep): void {
  for (const name of ['keys', 'values'] as const) {
    const tensor = step.attributes.tensor(`${name}_tensor`)
    if (tensor) setList(step, name, tensor)
  }
  const other = step.attributes.tensor('default_tensor')
  if (!other) return
  const [element] = other.strings || other.peek() ? elementsOf(other) : []
  if (typeof element === 'string') step.setAttribute('default_string', { type: 'string', value: element })
  else if (typeof element === 'bigint' && other.dtype === 'int64') step.setAttribute('default_int64', { type: 'int', value: element })
  else if (typeof element === 'number' && other.dtype === 'float32') step.setAttribute('default_float', { type: 'float', value: element })
  else step.refuse(`default_tensor of ${other.dtype} came later`)
  step.setAttribute('default_tensor', undefined)
}

/** Version 1 knew strings and their places, in the direction that the input's type says. */
function toPlaces(step: VersionStep): void {
  const [keys, values] = [listOf(step.attributes, 'keys'), listOf(step.attributes, 'values')]
  const [strings, places] = keys?.strings ? [keys.strings, values] : [values?.strings, keys]
  if (!strings || places?.dtype !== 'int64' || elementsOf(places).some((p, i) => p !== BigInt(i))) return step.refuse('its mapping is not between strings and their places')
  for (const name of ['keys_strings', 'keys_int64s', 'values_strings', 'values_int64s']) step.setAttribute(name, undefined)
  step.setAttribute('classes_strings', { type: 'strings', value: strings })
}

export const LabelEncoder: Operator = {
  name: 'LabelEncoder',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const [keys, values] = [listOf(ctx.attributes, 'keys'), listOf(ctx.attributes, 'values')]
    if (!keys || !values) return ctx.fail('no keys or no values')
    if (keys.shape.join() !== values.shape.join()) ctx.fail(`${keys.shape.join()} keys for ${values.shape.join()} values`)
    const dtype = ctx.dtype(0)
    if (dtype !== undefined && dtype !== keys.dtype) ctx.fail(`keys of ${keys.dtype} for an input of ${dtype}`)
    ctx.output(0, values.dtype, ctx.shape(0))
  },
  ready: holdAttributeTensors,
  evaluate(ctx) {
    const held = (tensor: Tensor): Tensor => heldTensor(tensor, ctx.fail)
    const [x, keys, values] = [ctx.tensor(0), held(listOf(ctx.attributes, 'keys')!), held(listOf(ctx.attributes, 'values')!)]
    const found = elementsOf(values)
    // of a key that is there twice the last holds; NaN is a key like others
    const known = new Map(elementsOf(keys).map((k, i) => [k, found[i]!]))
    const other = defaultOf(ctx.attributes, values.dtype, held)
    return [tensorOfElements(values.dtype, x.shape, elementsOf(x).map(e => known.get(e) ?? other), values.dtype, { saturate: true, rounding: 'up' })]
  },
  upgrade: {
    2(step) {
      const [classes, dtype] = [step.attributes.strings('classes_strings') ?? [], dtypeOf(step.node.inputs[0])]
      if (dtype === undefined) step.refuse('the type of its input is not known')
      const places = classes.map((_, i) => i)
      step.setAttribute('classes_strings', undefined)
      step.setAttribute(dtype === 'string' ? 'keys_strings' : 'values_strings', { type: 'strings', value: classes })
      step.setAttribute(dtype === 'string' ? 'values_int64s' : 'keys_int64s', { type: 'ints', value: places })
    },
    4(step) {
      if (step.attributes.floats('values_floats')?.length && !step.attributes.has('default_float')) step.setAttribute('default_float', { type: 'float', value: 0 })
    },
  },
  downgrade: { 4: withoutTensors, 2: inOrder(withoutTensors, toPlaces) },
}
