import type { Dim } from '../../../src/ir/dim.ts'
import { addDims, ceilDivDims, floorDivDims, mulDims, subDims } from '../../../src/ir/dim.ts'
import type { AttributeInit } from '../../../src/ir/attribute.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import type { Shape } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { channelsFirst, channelsLast } from '../../../src/ops/kit/nhwc.ts'
import type { AttributeReader } from '../../../src/ops/operator.ts'
import { activate } from './activation.ts'
import { activationOf } from './attributes.ts'

/** Strides and dilations of the axes in data order: height, width; depth first where there is one. */
export interface Steps {
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
}

/** Strides and dilations as a node's options state them. */
export function stepsOf(a: AttributeReader, spatial = 2): Steps {
  const axes = ['d', 'h', 'w'].slice(3 - spatial)
  return { strides: axes.map(x => a.int(`stride_${x}`, 0)), dilations: axes.map(x => a.int(`dilation_${x}_factor`, 1)) }
}

export const paddingOf = (a: AttributeReader): 'SAME' | 'VALID' => (a.string('padding', 'SAME') === 'VALID' ? 'VALID' : 'SAME')

/** How many windows there are on an axis (TensorFlow's SAME and VALID). */
export const windowCount = (size: Dim, kernel: Dim, stride: number, dilation: number, padding: 'SAME' | 'VALID'): Dim =>
  padding === 'SAME' || typeof kernel !== 'number' ? ceilDivDims(size, stride) : floorDivDims(addDims(subDims(size, (kernel - 1) * dilation + 1), stride), stride)

/** An ONNX spatial operator on channel-last data, with the activation that the node fuses; `after` goes before that. */
export function onChannelsFirst(
  b: Builder, node: Node, onnx: string, x: Value, more: readonly (Value | undefined)[], attributes: Readonly<Record<string, AttributeInit>>, rank = 4,
  after: (b: Builder, value: Value) => Value = (_, value) => value,
): readonly Value[] | undefined {
  const y = b.op(onnx, [b.op('Transpose', [x], { perm: channelsFirst(rank) }), ...more], attributes)
  const result = activate(b, after(b, b.op('Transpose', [y], { perm: channelsLast(rank) })), activationOf(node))
  return result && [result]
}

export const autoPad = (padding: 'SAME' | 'VALID'): string => (padding === 'SAME' ? 'SAME_UPPER' : 'VALID')

/** ONNX's pads and output padding of a transposed convolution of channel-last data, from its sizes; `kernel` the spatial ones. Undefined for open sizes or a rank that differs. */
export function spreadPads(from: Shape, to: Shape, kernel: Shape, { strides, dilations }: Steps): { readonly pads: readonly number[]; readonly output_padding: readonly number[] } | undefined {
  const spatial = strides.length
  if (from?.length !== spatial + 2 || to?.length !== spatial + 2 || kernel?.length !== spatial) return undefined
  const over = strides.map((s, i) => subDims(addDims(mulDims(subDims(from[i + 1]!, 1), s), mulDims(subDims(kernel[i]!, 1), dilations[i]!), 1), to[i + 1]!))
  if (!over.every(n => typeof n === 'number')) return undefined
  const begin = over.map(n => Math.max(0, Math.floor(n / 2)))
  return { pads: [...begin, ...over.map((n, i) => Math.max(0, n - begin[i]!))], output_padding: over.map(n => Math.max(0, -n)) }
}
