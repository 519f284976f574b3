import type { Value } from '../../ir/model.ts'
import { gridOf, minifloatTable } from '../../ir/minifloat.ts'
import type { Builder } from '../builder.ts'
import type { Algebra } from './algebra.ts'
import { graphAlgebra } from './algebra.ts'
import { numberOfDType } from './datatype.ts'
import type { Conversion } from './elements.ts'
import type { SmallFloat } from './minifloat.ts'

/** The power of two at or below a number of float32 that is not negative; 0 below the least normal one. */
function powerBelow(b: Builder, size: Value): Value {
  const bits = b.op('BitCast', [size], { to: numberOfDType('int32') })
  const unit = b.scalar(2 ** 23, 'int32')
  return b.op('BitCast', [b.op('Mul', [b.op('Div', [bits, unit]), unit])], { to: numberOfDType('float32') })
}

const where = (b: Builder, flag: Value, then: Value, otherwise: Value): Value => b.op('Where', [flag, then, otherwise])

/** The numbers of float32 that Cast to a small float makes of numbers of float32. */
export function onSmallGrid(b: Builder, x: Value, dtype: SmallFloat, { saturate, rounding }: Conversion): Value {
  const m = graphAlgebra(b, 'float32')
  const number = (n: number): Value => b.scalar(n, 'float32')
  if (dtype === 'float8e8m0') return onPowers(b, m, x, saturate, rounding)
  const { least, places, special } = gridOf(dtype)
  const largest = minifloatTable(dtype).reduce((most, n) => (n > most && n < Infinity ? n : most), 0)
  const size = m.min(m.abs(x), 2 * largest)
  const step = m.mul(m.max(powerBelow(b, size), 2 ** least), 2 ** -places)
  const near = m.mul(b.op('Round', [m.div(size, step)]), step)
  const beyond = special === 'ieee' ? Infinity : NaN
  const kept = saturate || special === 'none' ? m.min(near, largest) : where(b, b.op('Greater', [near, number(largest)]), number(beyond), near)
  const signed = where(b, b.op('Less', [x, number(0)]), special === 'uz' ? m.sub(0, kept) : m.neg(kept), kept)
  const zeros = special === 'uz' ? signed : where(b, b.op('Equal', [x, number(0)]), x, signed)
  return where(b, b.op('IsNaN', [x]), number(special === 'none' ? -0 : NaN), zeros)
}

function onPowers(b: Builder, m: Algebra<Value>, x: Value, saturate: boolean, rounding: Conversion['rounding']): Value {
  const number = (n: number): Value => b.scalar(n, 'float32')
  const size = m.abs(x)
  const [low, high] = [2 ** -127, 2 ** 127]
  const power = m.max(powerBelow(b, m.min(size, high)), low)
  const up = rounding === 'up' ? b.op('Greater', [size, power]) : b.op('GreaterOrEqual', [size, m.mul(power, 1.5)])
  const near = rounding === 'down' ? power : where(b, up, m.mul(power, 2), power)
  const under = where(b, b.op('Less', [size, number(low)]), number(saturate ? low : NaN), near)
  const over = where(b, b.op('Greater', [size, number(high)]), number(saturate ? high : NaN), under)
  return where(b, b.op('IsNaN', [x]), number(NaN), over)
}
