import type { DType } from '../ir/dtype.ts'
import { bitsOf, kindOf } from '../ir/dtype.ts'
import type { Value } from '../ir/model.ts'
import type { Expr } from '../expr/expr.ts'
import { constant, select } from '../expr/expr.ts'
import { binaryOperator } from './kit/elementwise.ts'
import { castTo, knownDType } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { Operator, VersionStep } from './operator.ts'

/** A shift by less than nothing is one by the whole width: only the sign is left. */
function shift(x: Expr, by: Expr, right: boolean): Expr {
  const gone = right && x.type !== 'ulong' ? select(x.lt(0), -1, constant(0, x.type)) : constant(0, x.type)
  const shifted = right ? x.shr(by) : x.shl(by)
  return by.type === 'ulong' ? shifted : select(by.lt(0), gone, shifted)
}

/** Version 28 brought signed integers: their bits are shifted as unsigned ones, to the right those of the complement of what is negative. */
function shiftUnsigned(step: VersionStep): void {
  const { node, b, attributes } = step
  const dtype = knownDType(step)
  if (kindOf(dtype) === 'uint') return
  const bits = bitsOf(dtype)
  const unsigned: DType = bits === 8 ? 'uint8' : bits === 16 ? 'uint16' : bits === 32 ? 'uint32' : 'uint64'
  const direction = attributes.string('direction', '')
  const [x, by] = node.inputs
  const number = (n: number) => b.scalar(n, dtype)
  const shifted = (value: Value, amount: Value): Value => castTo(b, b.op('BitShift', [castTo(b, value, unsigned), castTo(b, amount, unsigned)], { direction }), dtype)
  const gone = b.op('Or', [b.op('Less', [by, number(0)]), b.op('Greater', [by, number(bits - 1)])])
  if (direction !== 'RIGHT') return become(step, b.op('Where', [gone, number(0), shifted(x!, by!)]))
  const amount = b.op('Where', [gone, number(bits - 1), by])
  const negative = b.op('Less', [x, number(0)])
  const complement = (v: Value): Value => b.op('Where', [negative, b.op('Sub', [number(-1), v]), v])
  become(step, complement(shifted(complement(x!), amount)))
}

/** Before there were shifts: products with powers of two, or quotients; in two halves, so that a shift by the whole width leaves nothing. */
function multiply(step: VersionStep): void {
  const { node, b } = step
  const dtype = knownDType(step)
  const double = (n: number) => b.scalar(n, 'float64')
  const power = (n: Value) => castTo(b, b.op('Pow', [double(2), n]), dtype)
  const whole = b.op('Clip', [castTo(b, node.inputs[1], 'float64'), double(0), double(2 * bitsOf(dtype) - 2)])
  const half = b.op('Floor', [b.op('Mul', [whole, double(0.5)])])
  const op = step.attributes.string('direction') === 'RIGHT' ? 'Div' : 'Mul'
  become(step, b.op(op, [b.op(op, [node.inputs[0], power(half)]), power(b.op('Sub', [whole, half]))]))
}

export const BitShift: Operator = binaryOperator('BitShift', (x, by, attributes) => shift(x, by, attributes.string('direction') === 'RIGHT'), { downgrade: { 28: shiftUnsigned, 11: multiply } })
