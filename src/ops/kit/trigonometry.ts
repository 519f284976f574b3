import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { dtypeOf } from './algebra.ts'

/** Arithmetic on floats that trigonometry and its hyperbolic kin are said in. */
export interface Floats {
  readonly b: Builder
  readonly x: Value
  op(name: string, ...inputs: (Value | number)[]): Value
}

/** An operator's `decompose` by a formula in its one input, of float32. */
export const byFormula = (formula: (m: Floats) => Value) => (b: Builder, node: Node): readonly Value[] | undefined => {
  const [x] = node.inputs
  const dtype = dtypeOf(x)
  if (!x || dtype !== 'float32') return undefined
  const op = (name: string, ...inputs: (Value | number)[]): Value => b.op(name, inputs.map(v => (typeof v === 'number' ? b.scalar(v, dtype) : v)))
  return [formula({ b, x, op })]
}

/** log(1 + u) for u of 0 or more, as near as log is (Kahan): what rounding 1 + u lost is made good by a factor. */
export function log1p({ op }: Floats, u: Value): Value {
  const w = op('Add', u, 1)
  const ratio = op('Div', op('Log', w), op('Max', op('Sub', w, 1), 2 ** -24))
  return op('Where', op('Equal', w, 1), u, op('Mul', u, ratio))
}

/** A function that is odd, from its values where x is 0 or more. */
export const odd = (m: Floats, ofSize: (size: Value) => Value): Value => {
  const y = ofSize(m.op('Abs', m.x))
  return m.op('Where', m.op('Less', m.x, 0), m.op('Neg', y), y)
}
