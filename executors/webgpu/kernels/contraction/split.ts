import { simplifier } from '../../../../src/expr/analysis/simplify.ts'
import { substitute } from '../../../../src/expr/analysis/substitute.ts'
import type { Buffer, Expr, Var } from '../../../../src/expr/expr.ts'
import { constant, read, reduceOver, select, sum, variable } from '../../../../src/expr/expr.ts'
import type { Nest } from '../../../../src/expr/nest.ts'
import type { Product } from './product.ts'

/** The factors of a product with a term axis taken apart: where it would run over, nothing is added. */
export function factorsAt({ left, right }: Product, axis: Var, at: Expr, over: boolean): readonly [Expr, Expr] {
  const by = new Map<Expr, Expr>([[axis, at]])
  const part = (e: Expr): Expr => {
    const moved = substitute(e, by)
    return over ? select(at.lt(constant(axis.node.extent, 'int')), moved, constant(0, e.type)) : moved
  }
  return [part(left), part(right)]
}

/** A product as several sums over parts of its longest term axis, and what makes the result of these. */
export function splitTerms(product: Product, parts: number): { readonly sums: Buffer; readonly finish: Nest } {
  const { rows, columns, outer, terms, target, position, value, table } = product
  const axis = terms.reduce((a, b) => (b.node.extent > a.node.extent ? b : a))
  const each = Math.ceil(axis.node.extent / parts)
  const count = Math.ceil(axis.node.extent / each)
  const [part, within] = [variable(count), variable(each)]
  const axes = [...outer, ...rows, ...columns]
  const [a, b] = factorsAt(product, axis, part.mul(each).add(within), count * each !== axis.node.extent)
  const body = reduceOver('sum', terms.map(v => (v === axis ? within : v)), a.mul(b))
  const sums: Buffer = { shape: [count, ...axes.map(v => v.node.extent)], dtype: product.sum.type === 'int' ? 'int32' : 'float32', stage: { axes: [part, ...axes], body, fill: { kind: 'map' } } }
  const flat = simplifier(table, undefined, true)
  const total = sum([count], p => read(sums, [p!, ...axes]).to(product.sum.type))
  return { sums, finish: { axes, buffer: target, position, value: flat(substitute(value, new Map([[product.sum, total]]))), op: 'set' } }
}
