import type { Model, Node, Value } from '../../../src/ir/model.ts'
import { isVariable } from '../kit/states.ts'
import { dtypeOf } from '../operator.ts'

/** Tensors of fewer elements stay as they are: what they take is little, and an operator more costs as much (TensorFlow's converter draws the line there too). */
export const leastElements = 1024

/** How the runtime takes integer weights with float32 data: computes with them, picks rows of them, or only after a DEQUANTIZE. */
export interface WeightUse {
  /** The input that holds the weights. */
  readonly input: number
  /** The axis that has scales of its own; undefined for one scale. */
  readonly axis: number | undefined
  readonly kernel: 'hybrid' | 'rows' | 'dequantized'
  /** Whether weights of 4 bits are taken the same way. */
  readonly int4: boolean
}

const uses: Readonly<Record<string, WeightUse>> = {
  CONV_2D: { input: 1, axis: 0, kernel: 'hybrid', int4: true },
  DEPTHWISE_CONV_2D: { input: 1, axis: 3, kernel: 'hybrid', int4: false },
  FULLY_CONNECTED: { input: 1, axis: 0, kernel: 'hybrid', int4: true },
  BATCH_MATMUL: { input: 1, axis: undefined, kernel: 'hybrid', int4: false },
  EMBEDDING_LOOKUP: { input: 1, axis: 0, kernel: 'hybrid', int4: true },
  GATHER: { input: 0, axis: undefined, kernel: 'rows', int4: false },
  TRANSPOSE_CONV: { input: 1, axis: 0, kernel: 'dequantized', int4: false },
  CONV_3D: { input: 1, axis: 4, kernel: 'dequantized', int4: false },
  CONV_3D_TRANSPOSE: { input: 1, axis: 4, kernel: 'dequantized', int4: false },
}

/** Which input of a builtin operator holds weights, and how the runtime takes them as integers. */
export const weightUseOf = (node: Node): WeightUse | undefined => (node.domain === 'tflite' ? uses[node.op] : undefined)

export const isLarge = (value: Value): boolean => value.constant!.shape.reduce((n, d) => n * d, 1) >= leastElements

/** The float32 constants of a model that are worth storing otherwise, each with the inputs it is for; none that is an output of a graph. */
export function largeConstants(model: Model): Map<Value, { readonly node: Node; readonly index: number }[]> {
  const found = new Map<Value, { node: Node; index: number }[]>()
  for (const node of model.allNodes()) {
    for (const [index, value] of node.inputs.entries()) {
      if (!value?.isConstant || dtypeOf(value) !== 'float32' || !isLarge(value) || isVariable(value)) continue
      if ([...value.uses].some(use => 'graph' in use)) continue
      const places = found.get(value)
      if (places) places.push({ node, index })
      else found.set(value, [{ node, index }])
    }
  }
  return found
}
