import type { Buffer, Expr } from '../../expr/expr.ts'
import { constant, read, stage } from '../../expr/expr.ts'
import { elementCount } from '../../ir/types.ts'
import type { ComputeContext } from '../operator.ts'

/**
 * Reads a buffer at the place that an index of another shape of as many elements means. Axes are matched in groups of
 * equal size, so that an axis that both have is read as it is.
 */
export function readReshaped(buffer: Buffer, shape: readonly number[], index: readonly Expr[]): Expr {
  const zero = constant(0, 'int')
  const from = buffer.shape
  const at: Expr[] = from.map(() => zero)
  if (!from.includes(0)) {
    let [i, j] = [0, 0]
    while (i < from.length && j < shape.length) {
      let [iEnd, jEnd] = [i + 1, j + 1]
      let [a, b] = [from[i]!, shape[j]!]
      while (a !== b) {
        if (a < b) a *= from[iEnd++]!
        else b *= shape[jEnd++]!
      }
      if (iEnd === i + 1 && jEnd === j + 1) at[i] = index[j]!
      else {
        let flat: Expr = zero
        for (let k = j; k < jEnd; k++) if (shape[k] !== 1) flat = flat.mul(shape[k]!).add(index[k]!)
        let below = a
        for (let k = i; k < iEnd; k++) {
          const above = below
          below /= from[k]!
          if (from[k] === 1) continue
          const whole = flat.floordiv(below)
          at[k] = above === a ? whole : whole.floormod(from[k]!)
        }
      }
      ;[i, j] = [iEnd, jEnd]
    }
  }
  return read(buffer, at)
}

/** The meaning of all operators that only give the same elements another shape. */
export function computeReshape(k: ComputeContext): readonly Buffer[] {
  const [x, shape] = [k.input(0), k.outputShape(0)]
  if (elementCount(x.shape) !== elementCount(shape)) k.fail(`[${x.shape.join(', ')}] and [${shape.join(', ')}] have not as many elements`)
  return [stage(shape, k.outputDType(0), (...i) => readReshaped(x, shape, i))]
}
