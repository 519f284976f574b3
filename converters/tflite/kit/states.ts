import type { Node, Value } from '../../../src/ir/model.ts'
import type { InferContext } from '../../../src/ops/operator.ts'
import type { States } from '../operator.ts'
import type { ValueExtra } from '../tensors.ts'

const extraOf = (value: Value | undefined): ValueExtra => (value?.extra['tflite'] ?? {}) as ValueExtra

/** Whether a value is a variable tensor of the file. */
export const isVariable = (value: Value | undefined): boolean => extraOf(value).is_variable === true

/** States that a value is a variable tensor: made anew by its operator in each run, or kept from run to run where nothing makes it. */
export function asVariable(value: Value): Value {
  value.extra = { ...value.extra, tflite: { ...extraOf(value), is_variable: true } satisfies ValueExtra }
  return value
}

/** Infers the outputs that hold an operator's states after it. */
export function stateTypes(ctx: InferContext, { inputs, after }: States): void {
  inputs.forEach((i, k) => ctx.hasOutput(after + k) && ctx.output(after + k, ctx.dtype(i), ctx.shape(i)))
}

/** Fails unless these inputs are there. */
export function required(ctx: InferContext, inputs: readonly number[]): void {
  for (const i of inputs) if (!ctx.has(i)) ctx.fail(`input ${i} is missing`)
}

/** Why a node's states are no variables that it may overwrite. */
export function stateRefusal(node: Node, { inputs }: States): string | undefined {
  for (const i of inputs) {
    const state = node.inputs[i]
    if (!isVariable(state)) return `input ${i} is overwritten, and is no variable`
    if (!state!.isConstant && state!.uses.size > 1) return `input ${i} is overwritten, and used elsewhere`
  }
  return undefined
}

/** The runtime's bidirectional kernels, with the batch in front and both ways side by side, look for a batch's state where none is (lstm_eval.cc takes the width of the output for that of the state). */
export const batchFirstFault = 'with the batch in front and both ways side by side the kernel reads beyond its states'

/** The batch of a sequence that has it in front. */
export const batchOf = (node: Node): unknown => {
  const type = node.inputs[0]?.type
  return type?.kind === 'tensor' ? type.shape?.[0] : undefined
}
