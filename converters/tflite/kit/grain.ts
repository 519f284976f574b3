import type { QuantizationParameters } from '../../../proto/tflite.gen.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import { packSubByte } from '../../../src/ir/subbyte.ts'
import { bytesOf, inlineTensor } from '../../../src/ir/tensor.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import type { ValueExtra } from '../tensors.ts'

/** How a tensor's integers stand for real numbers: (integer - zero) * scale, with one scale, or one for each place along an axis. */
export interface Grain {
  readonly scale: readonly number[]
  readonly zero: readonly number[]
  readonly axis: number
}

/** A value's scales, as its file states them; undefined for plain numbers. */
export function grainOf(value: Value | undefined): Grain | undefined {
  const q = (value?.extra['tflite'] as ValueExtra | undefined)?.quantization
  if (!q?.scale?.length) return undefined
  return { scale: q.scale, zero: q.zero_point?.length ? q.zero_point.map(Number) : q.scale.map(() => 0), axis: q.quantized_dimension ?? 0 }
}

/** States a value's scales. Gives the value. */
export function withGrain(value: Value, { scale, zero, axis }: Grain): Value {
  const quantization: QuantizationParameters = { scale, zero_point: zero, ...(axis !== 0 && { quantized_dimension: axis }) }
  value.extra = { ...value.extra, tflite: { ...(value.extra['tflite'] as ValueExtra | undefined), quantization } }
  return value
}

export const sameGrain = (a: Grain, b: Grain): boolean => a.scale.join() === b.scale.join() && a.zero.join() === b.zero.join() && (a.axis === b.axis || a.scale.length === 1)

const dtypeOf = (v: Value | undefined): DType | undefined => (v?.type?.kind === 'tensor' ? v.type.dtype : undefined)

/** A tensor's integers and what they stand for. */
type Scaled = Grain & { readonly dtype: DType }
const scaledOf = (value: Value | undefined): Scaled | null => {
  const [grain, dtype] = [grainOf(value), dtypeOf(value)]
  return grain && dtype ? { ...grain, dtype } : null
}

/**
 * Notes in a node, under `grains`, what scales its inputs and outputs have: its meaning, which stays with it where it is copied
 * without its values. Not an option of the format. Gives the first output.
 */
export function noteGrains(node: Node): Value {
  const noted = { inputs: node.inputs.map(scaledOf), outputs: node.outputs.map(scaledOf) }
  if ([...noted.inputs, ...noted.outputs].some(Boolean)) node.setAttribute('grains', { type: 'string', value: JSON.stringify(noted) })
  return node.outputs[0]!
}

/** What `noteGrains` noted. */
export function notedGrains(node: Node): { readonly inputs: readonly (Scaled | null)[]; readonly outputs: readonly (Scaled | null)[] } | undefined {
  const noted = node.attributes['grains']
  return noted?.type === 'string' ? (JSON.parse(String(noted.value)) as ReturnType<typeof notedGrains>) : undefined
}

const integers: Readonly<Partial<Record<DType, (values: readonly number[]) => Uint8Array>>> = {
  int8: v => bytesOf(Int8Array.from(v)),
  uint8: v => bytesOf(Uint8Array.from(v)),
  int16: v => bytesOf(Int16Array.from(v)),
  int32: v => bytesOf(Int32Array.from(v)),
  int4: v => packSubByte('int4', bytesOf(Int8Array.from(v))),
}

/** A conversion by ONNX's operators; undefined for integers that these don't know. */
function converted(b: Builder, op: 'QuantizeLinear' | 'DequantizeLinear', value: Value, { scale, zero, axis, dtype }: Scaled): Value | undefined {
  const bytes = integers[dtype]?.(zero)
  if (bytes === undefined) return undefined
  const shape = scale.length === 1 ? [] : [scale.length]
  return b.op(op, [value, b.bytes('float32', shape, bytesOf(Float32Array.from(scale))), b.constant(inlineTensor(dtype, shape, bytes))], { axis })
}

/** Real numbers out of an input's integers. ONNX's operator takes no int64, which biases of int16 sums are. */
export function dequantized(b: Builder, value: Value, grain: Scaled): Value | undefined {
  if (grain.dtype !== 'int64') return converted(b, 'DequantizeLinear', value, grain)
  return grain.axis === 0 && grain.zero.every(z => z === 0) ? b.op('Mul', [b.op('Cast', [value], { to: 1 }), b.floats(grain.scale)]) : undefined
}
/** Integers out of real numbers. */
export const quantized = (b: Builder, real: Value, grain: Scaled): Value | undefined => converted(b, 'QuantizeLinear', real, grain)

/** What an operator on integers with scales means: the same on the real numbers, put back on the grid. */
export function throughReals(b: Builder, node: Node): readonly (Value | undefined)[] | undefined {
  const noted = notedGrains(node)
  if (!noted) return undefined
  const reals = node.inputs.map((v, i) => (v && noted.inputs[i] ? dequantized(b, v, noted.inputs[i]) : v))
  if (reals.some((v, i) => node.inputs[i] !== undefined && (v === undefined || ['int4', 'int8', 'uint8', 'int16'].includes(dtypeOf(v) ?? '')))) return undefined
  const { grains: _grains, ...attributes } = node.attributes
  const made = b.ops(node.qualified, reals, node.outputs.length, attributes)
  const back = node.outputs.map((v, i) => (v && noted.outputs[i] ? quantized(b, made[i]!, noted.outputs[i]) : made[i]))
  return back.every((v, i) => v !== undefined || node.outputs[i] === undefined) ? back : undefined
}

const names = `ABS ADD ARG_MAX ARG_MIN AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND BROADCAST_TO CAST CONCATENATION CONV_2D DENSIFY DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV ELU EMBEDDING_LOOKUP EQUAL
EXP EXPAND_DIMS FULLY_CONNECTED GATHER GATHER_ND GELU GREATER GREATER_EQUAL HARD_SWISH L2_NORMALIZATION LEAKY_RELU LESS LESS_EQUAL LOG LOGISTIC LOG_SOFTMAX MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD
MUL NEG NOT_EQUAL PACK PAD PADV2 PRELU QUANTIZE RANK REDUCE_MAX REDUCE_MIN RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 RSQRT SELECT SELECT_V2 SHAPE SLICE SOFTMAX
SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM TANH TILE TOPK_V2 TRANSPOSE TRANSPOSE_CONV UNPACK`

/** Operators with kernels for integers with scales. */
export const onGrains: ReadonlySet<string> = new Set(names.split(/\s+/))
