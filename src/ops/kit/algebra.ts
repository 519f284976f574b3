import type { Expr, Operand } from '../../expr/expr.ts'
import { binary, read, select, stage } from '../../expr/expr.ts'
import type { DType } from '../../ir/dtype.ts'
import { kindOf } from '../../ir/dtype.ts'
import type { Node, Value } from '../../ir/model.ts'
import { readAttributes } from '../attributes.ts'
import type { Builder } from '../builder.ts'
import { computeInvalid } from '../diagnostics.ts'
import type { AttributeReader, Operator } from '../operator.ts'
import { readBroadcast } from './broadcast.ts'
import { inferBroadcast } from './elementwise.ts'

/** Float arithmetic, said once for tensor expressions and for graphs of simpler operators. Bare numbers are constants. */
export interface Algebra<T> {
  add(a: T | number, b: T | number): T
  sub(a: T | number, b: T | number): T
  mul(a: T | number, b: T | number): T
  div(a: T | number, b: T | number): T
  max(a: T | number, b: T | number): T
  min(a: T | number, b: T | number): T
  neg(a: T): T
  abs(a: T): T
  exp(a: T): T
  expm1(a: T): T
  log1p(a: T): T
  tanh(a: T): T
  erf(a: T): T
  sigmoid(a: T): T
  /** `then` where a < b, else `otherwise`. */
  whereLess(a: T | number, b: T | number, then: T | number, otherwise: T | number): T
}

const expressions: Algebra<Expr> = {
  add: (a, b) => binary('add', a, b),
  sub: (a, b) => binary('sub', a, b),
  mul: (a, b) => binary('mul', a, b),
  div: (a, b) => binary('div', a, b),
  max: (a, b) => binary('max', a, b),
  min: (a, b) => binary('min', a, b),
  neg: a => a.neg(),
  abs: a => a.abs(),
  exp: a => a.apply('exp'),
  expm1: a => a.apply('expm1'),
  log1p: a => a.apply('log1p'),
  tanh: a => a.apply('tanh'),
  erf: a => a.apply('erf'),
  sigmoid: a => binary('div', 1, binary('add', a.neg().apply('exp'), 1)),
  whereLess: (a, b, then, otherwise) => select(binary('lt', a, b), then as Operand, otherwise as Operand),
}

/** Arithmetic that makes nodes; constants are scalars of `dtype`. */
export function graphAlgebra(b: Builder, dtype: DType): Algebra<Value> {
  const value = (x: Value | number): Value => (typeof x === 'number' ? b.scalar(x, dtype) : x)
  const two = (op: string) => (x: Value | number, y: Value | number) => b.op(op, [value(x), value(y)])
  const one = (op: string) => (x: Value) => b.op(op, [x])
  return {
    add: two('Add'),
    sub: two('Sub'),
    mul: two('Mul'),
    div: two('Div'),
    max: two('Max'),
    min: two('Min'),
    neg: one('Neg'),
    abs: one('Abs'),
    exp: one('Exp'),
    expm1: x => b.op('Sub', [b.op('Exp', [x]), value(1)]),
    log1p: x => b.op('Log', [b.op('Add', [x, value(1)])]),
    tanh: one('Tanh'),
    erf: one('Erf'),
    sigmoid: one('Sigmoid'),
    whereLess: (x, y, then, otherwise) => b.op('Where', [b.op('Less', [value(x), value(y)]), value(then), value(otherwise)]),
  }
}

/** The dtype of a tensor value, if known. */
export const dtypeOf = (value: Value | undefined): DType | undefined => (value?.type?.kind === 'tensor' ? value.type.dtype : undefined)

/** The shape of a tensor value, if known. */
export const shapeOf = (value: Value | undefined) => (value?.type?.kind === 'tensor' ? value.type.shape : undefined)

/** Attributes of a node at hand, with failures that name it. */
export const nodeAttributes = (node: Node): AttributeReader =>
  readAttributes(node.attributes, message => {
    throw computeInvalid(node, message)
  })

/** Arithmetic for a node's float dtype; undefined when its first input is not known to be of floats. */
export function nodeAlgebra(b: Builder, node: Node): Algebra<Value> | undefined {
  const dtype = dtypeOf(node.inputs[0])
  return dtype !== undefined && kindOf(dtype) === 'float' ? graphAlgebra(b, dtype) : undefined
}

/** An elementwise float operator whose one formula is both its expression and its decomposition. All inputs broadcast. */
export function formulaOperator(name: string, formula: <T>(m: Algebra<T>, inputs: readonly [T, ...T[]], attributes: AttributeReader) => T, rest: Partial<Operator> = {}): Operator {
  return {
    name,
    infer: ctx => (ctx.inputCount > 1 ? inferBroadcast(ctx) : ctx.output(0, ctx.dtype(0), ctx.shape(0))),
    compute(k) {
      const [first, ...more] = Array.from({ length: k.inputCount }, (_, i) => k.input(i))
      return [stage(k.outputShape(0), k.outputDType(0), (...i) => formula(expressions, [more.length ? readBroadcast(first!, i) : read(first!, i), ...more.map(x => readBroadcast(x, i))], k.attributes))]
    },
    decompose(b, node) {
      const m = nodeAlgebra(b, node)
      const [first, ...more] = node.inputs.filter(v => v !== undefined)
      return m && first && [formula(m, [first, ...more], nodeAttributes(node))]
    },
    ...rest,
  }
}
