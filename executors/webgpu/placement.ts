import type { DType } from '../../src/ir/dtype.ts'
import { kindOf } from '../../src/ir/dtype.ts'
import type { Value } from '../../src/ir/model.ts'
import type { KernelStep } from '../../src/run/plan.ts'
import { storageOf } from './wgsl/storage.ts'

const dtypesOf = (values: readonly (Value | undefined)[]): DType[] => values.flatMap(v => (v?.type?.kind === 'tensor' ? [v.type.dtype] : []))

/** Why a node that is computed by expressions is left to the host; undefined for those that run on the GPU. */
export function hostReason(step: KernelStep): string | undefined {
  const inputs = step.node.inputs.filter((v, i) => v && step.buffers.has(i))
  for (const dtype of dtypesOf([...inputs, ...step.node.outputs])) {
    if (dtype === 'float64') return 'WGSL has no 64-bit floats'
    if (storageOf(dtype) === undefined) return `${kindOf(dtype)} elements are not for a GPU`
  }
  return undefined
}
