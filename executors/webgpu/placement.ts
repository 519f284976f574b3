import type { DType } from '../../src/ir/dtype.ts'
import { kindOf } from '../../src/ir/dtype.ts'
import type { Value } from '../../src/ir/model.ts'
import { staticShape } from '../../src/ir/types.ts'
import { operatorOf } from '../../src/ops/registry.ts'
import type { ControlStep, HostStep, KernelStep } from '../../src/run/plan.ts'
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

/** Why the host runs a node that has no expressions. */
export function plainReason(step: HostStep | ControlStep): string {
  if (step.kind === 'control') return 'the host runs control flow'
  const { inputs, outputs } = step.node
  const types = [...inputs, ...outputs].flatMap(v => v?.type ?? [])
  if (types.some(t => t.kind !== 'tensor')) return 'sequences, maps and optional values are kept by the host'
  const dtypes = dtypesOf([...inputs, ...outputs])
  if (dtypes.includes('string')) return 'WGSL has no strings'
  if (dtypes.includes('float64')) return 'WGSL has no 64-bit floats'
  if (operatorOf(step.node)?.impure) return 'random numbers come from one seeded source'
  if (outputs.some(v => v?.type?.kind === 'tensor' && !staticShape(v.type.shape))) return 'the size of its result hangs on data'
  return 'it has plain code only'
}
