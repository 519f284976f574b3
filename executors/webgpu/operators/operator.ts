import type { DType } from '../../../src/ir/dtype.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import { staticShape } from '../../../src/ir/types.ts'
import type { KernelContext } from '../kernels/kernel.ts'
import type { Program } from '../program.ts'

/** A node as kernels, and what its program's inputs and outputs stand for. */
export interface NodeProgram {
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly program: Program
}

/**
 * Makes the kernels of a node whose operator is plain code and has no expressions; undefined where they can't do what it
 * asks, and the host does. Types are inferred; inputs that decide its form are known, and shown by the shapes of outputs.
 */
export type OperatorKernels = (node: Node, context: KernelContext) => NodeProgram | undefined

/** The dtype and shape of a value that is a tensor of static shape. */
export function staticTensor(value: Value | undefined): { readonly dtype: DType; readonly shape: readonly number[] } | undefined {
  const shape = value?.type?.kind === 'tensor' ? staticShape(value.type.shape) : undefined
  return shape && value?.type?.kind === 'tensor' ? { dtype: value.type.dtype, shape } : undefined
}
