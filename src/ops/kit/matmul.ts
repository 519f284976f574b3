import type { Buffer, Expr } from '../../expr/expr.ts'
import { read, stage, sum } from '../../expr/expr.ts'
import { elementCount } from '../../ir/types.ts'
import type { ComputeContext } from '../operator.ts'
import { readBroadcast } from './broadcast.ts'

/** Where the operands and their zero points are among the inputs. */
export interface IntegerProduct {
  readonly a: number
  readonly aZero: number
  readonly b: number
  readonly bZero: number
}

/** (A - zero) x (B - zero) in int32. A zero point is one number, one for each row of A or column of B, or broadcasts. */
export function computeIntegerProduct(k: ComputeContext, at: IntegerProduct): Buffer {
  const [a, b] = [k.input(at.a), k.input(at.b)]
  const zeros = [at.aZero, at.bZero].map(i => (k.has(i) ? k.input(i) : undefined))
  const inner = a.shape.at(-1)!
  const [rowA, columnB] = [a.shape.length > 1, b.shape.length > 1]
  return stage(k.outputShape(0), 'int32', (...i) => {
    const column = columnB ? [i.at(-1)!] : []
    const row = rowA ? [i[i.length - 1 - column.length]!] : []
    const batch = i.slice(0, i.length - row.length - column.length)
    return sum([inner], n => {
      const left = less(a, zeros[0], [...batch, ...row, n!], row[0])
      const right = less(b, zeros[1], [...batch, n!, ...column], column[0])
      return left.mul(right)
    })
  })
}

function less(x: Buffer, zero: Buffer | undefined, index: readonly Expr[], place: Expr | undefined): Expr {
  const element = readBroadcast(x, index).to('int')
  if (zero === undefined) return element
  if (elementCount(zero.shape) === 1) return element.sub(read(zero, zero.shape.map(() => 0)).to('int'))
  return element.sub((zero.shape.length === 1 && place ? read(zero, [place]) : readBroadcast(zero, index)).to('int'))
}
