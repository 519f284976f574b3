import type { Dim } from '../../../src/ir/dim.ts'
import { addDims, ceilDivDims, floorDivDims, subDims } from '../../../src/ir/dim.ts'
import type { AttributeInit } from '../../../src/ir/attribute.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
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

/** An ONNX spatial operator on channel-last data, with the activation that the node fuses. */
export function onChannelsFirst(b: Builder, node: Node, onnx: string, x: Value, more: readonly (Value | undefined)[], attributes: Readonly<Record<string, AttributeInit>>, rank = 4): readonly Value[] | undefined {
  const y = b.op(onnx, [b.op('Transpose', [x], { perm: channelsFirst(rank) }), ...more], attributes)
  const result = activate(b, b.op('Transpose', [y], { perm: channelsLast(rank) }), activationOf(node))
  return result && [result]
}

export const autoPad = (padding: 'SAME' | 'VALID'): string => (padding === 'SAME' ? 'SAME_UPPER' : 'VALID')
