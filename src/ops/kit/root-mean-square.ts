import { float } from '../../ir/attribute.ts'
import type { DType } from '../../ir/dtype.ts'
import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { dtypeOf } from './algebra.ts'
import { numberOfDType } from './datatype.ts'

interface Options {
  /** The axes from one to the last. */
  readonly axes: readonly number[]
  readonly epsilon: number
  /** The dtype of the inverse. */
  readonly stash: DType
  readonly inverse: boolean
}

/** x over the root of its mean square, times a scale: the dtype of the scale. Second, when asked for, the inverse root itself. */
export function rootMeanSquare(b: Builder, [x, scale]: readonly (Value | undefined)[], { axes, epsilon, stash, inverse }: Options): [Value, Value | undefined] | undefined {
  const [from, to] = [dtypeOf(x), dtypeOf(scale)]
  if (from === undefined || to === undefined) return undefined
  const cast = (v: Value | undefined, dtype: DType): Value => (dtypeOf(v) === dtype ? v! : b.op('Cast', [v], { to: numberOfDType(dtype) }))
  const wide = from === 'float64' || to === 'float64' ? 'float64' : from === to ? from : 'float32'
  const y = b.op('RMSNormalization', [cast(x, wide), cast(scale, wide)], { axis: axes[0]!, epsilon: float(epsilon) })
  const root = (): Value => {
    const held = cast(x, stash)
    const mean = b.op('ReduceMean', [b.op('Mul', [held, held]), b.ints(axes)])
    return b.op('Reciprocal', [b.op('Sqrt', [b.op('Add', [mean, b.scalar(epsilon, stash)])])])
  }
  return [cast(y, to), inverse ? root() : undefined]
}
