import type { DType } from '../../../src/ir/dtype.ts'
import type { AttributeInit } from '../../../src/ir/attribute.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { bytesOf, deferredTensor } from '../../../src/ir/tensor.ts'
import { tensorType } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { dtypeOf, numbersOf, shapeOf } from '../../../src/passes/kit/values.ts'
import type { Grain } from '../kit/grain.ts'
import { grainOf, noteGrains, sameGrain, withGrain } from '../kit/grain.ts'

/** Element types that the runtime's integer kernels compute with. */
export type Narrow = 'int8' | 'int16'
export const isNarrow = (dtype: DType | undefined): dtype is Narrow => dtype === 'int8' || dtype === 'int16'

/** Constant integers of a narrow type, with what they stand for. */
export const integersOf = (b: Builder, dtype: Narrow, shape: readonly number[], values: readonly number[], grain: Grain): Value =>
  withGrain(b.bytes(dtype, shape, bytesOf(dtype === 'int8' ? Int8Array.from(values) : Int16Array.from(values))), grain)

/** An output with its scale, noted in its node. */
export const noted = (y: Value, grain: Grain): Value => noteGrains(withGrain(y, grain).producer!.node)

/** An operator on integers whose only output has this scale. */
export const onIntegers = (b: Builder, op: string, inputs: readonly (Value | undefined)[], grain: Grain, attributes: Readonly<Record<string, AttributeInit>> = {}): Value =>
  noted(b.op(op, inputs, attributes), grain)

/** A QUANTIZE, whose output states what it makes. */
export function quantizedTo(b: Builder, x: Value, dtype: DType, grain: Grain): Value {
  const y = b.op('tflite::QUANTIZE', [x])
  y.type = tensorType(dtype, shapeOf(x))
  return noted(y, grain)
}

/**
 * Integers on another scale, where theirs is another: the sum of them and 0. Sums keep 20 bits of the scales' quotient; QUANTIZE keeps 8 of
 * them in XNNPACK, and rounds twice in the runtime's own kernel, so that one in eight is a step off.
 */
export function regrid(b: Builder, x: Value, grain: Grain): Value {
  const from = grainOf(x)!
  if (sameGrain(from, grain)) return x
  const quotient = from.scale[0]! / grain.scale[0]!
  // XNNPACK's sums take quotients up to here
  if (dtypeOf(x) !== 'int8' || from.scale.length > 1 || quotient === 1 || quotient < 2 ** -10 || quotient >= 2 ** 8) return quantizedTo(b, x, dtypeOf(x)!, grain)
  return onIntegers(b, 'tflite::ADD', [x, integersOf(b, 'int8', [], [0], { ...from, zero: [0] })], grain)
}

/** The scale of integers that have one for all. */
export function single(value: Value | undefined): Grain | undefined {
  const grain = grainOf(value)
  return grain?.scale.length === 1 ? grain : undefined
}

/** The integers behind a DEQUANTIZE. */
export function behind(value: Value | undefined): Value | undefined {
  const node = value?.producer?.node
  return node?.qualified === 'tflite::DEQUANTIZE' && isNarrow(dtypeOf(node.inputs[0])) && grainOf(node.inputs[0]) !== undefined ? node.inputs[0] : undefined
}

/** uint8 as int8, or the other way: with its zero point moved by 128 it stands for the same. */
export const turned = (tensor: Tensor, to: 'int8' | 'uint8'): Tensor => deferredTensor(to, tensor.shape, [tensor], `to-${to}`, ([bytes]) => bytes!.map(n => n ^ 0x80))

/** The greatest integer of a type. */
export const greatest = (dtype: Narrow): number => (dtype === 'int8' ? 127 : 32767)
/** The least one, as the runtime's kernels saturate. */
export const least = (dtype: Narrow): number => -greatest(dtype) - 1

/** One number as an integer constant; its scale makes it exact to float32. */
export function numberOn(b: Builder, number: number, dtype: Narrow): Value {
  const top = greatest(dtype)
  return integersOf(b, dtype, [], [Math.sign(number) * top], { scale: [number === 0 ? 1 : Math.fround(Math.abs(number) / top)], zero: [0], axis: 0 })
}

/** The number that a constant of one element is, or that the integers behind a DEQUANTIZE stand for. */
export function oneNumber(value: Value | undefined): number | undefined {
  const held = behind(value)
  const grain = single(held)
  const numbers = numbersOf(held ?? value)
  if (numbers?.length !== 1 || !(held ?? value)!.isConstant || (held && !grain)) return undefined
  return grain ? (numbers[0]! - grain.zero[0]!) * grain.scale[0]! : numbers[0]
}

/** Where an operator of the runtime has its data. */
export const dataAt = (node: Node): number => (node.op === 'SPLIT' ? 1 : 0)
export const named = (names: readonly string[]): string => names.map(n => `tflite::${n}`).join('|')
