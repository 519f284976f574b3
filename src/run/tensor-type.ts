import { invariant } from '../diag/diagnostic.ts'
import type { DType } from '../ir/dtype.ts'
import type { Value } from '../ir/model.ts'
import { staticShape } from '../ir/types.ts'

/** The type of a value that is a tensor of static shape. */
export function tensorTypeOf(value: Value): { readonly dtype: DType; readonly shape: readonly number[] } {
  const { type } = value
  const shape = type?.kind === 'tensor' ? staticShape(type.shape) : undefined
  invariant(type?.kind === 'tensor' && shape !== undefined, `${value.name} has no static type`)
  return { dtype: type.dtype, shape }
}
