import { kindOf } from '../../../src/ir/dtype.ts'
import type { Graph, Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { dtypeOf } from '../operator.ts'

/** How two elements become one. `put`: the second stays. */
export type Join = 'add' | 'mul' | 'min' | 'max' | 'and' | 'or' | 'put'

const names: Readonly<Record<string, Join>> = {
  ADD: 'add', MUL: 'mul', MULTIPLY: 'mul', MINIMUM: 'min', MAXIMUM: 'max', AND: 'and', OR: 'or', LOGICAL_AND: 'and', LOGICAL_OR: 'or',
  Add: 'add', Mul: 'mul', Min: 'min', Max: 'max', And: 'and', Or: 'or', BitwiseAnd: 'and', BitwiseOr: 'or',
}

/** How a subgraph joins its two inputs; undefined where it is not one operator on both. */
export function joinOf(body: Graph): Join | undefined {
  const [a, b] = body.inputs
  const [result] = body.outputs
  if (body.inputs.length !== 2 || body.outputs.length !== 1 || !a || !b || !result) return undefined
  if (result === b) return 'put'
  const node = result.producer?.node
  if (node?.inputs.length !== 2 || !node.inputs.includes(a) || !node.inputs.includes(b)) return undefined
  const join = names[node.op.replace(/^STABLEHLO_/, '')]
  // sums and products of truth values
  if (dtypeOf(a) === 'bool') return join === 'add' || join === 'max' ? 'or' : join === 'mul' || join === 'min' ? 'and' : join
  return join
}

const pairs: Readonly<Record<Exclude<Join, 'put'>, string>> = { add: 'Add', mul: 'Mul', min: 'Min', max: 'Max', and: 'And', or: 'Or' }
const reductions: Readonly<Record<Exclude<Join, 'put'>, string>> = { add: 'ReduceSum', mul: 'ReduceProd', min: 'ReduceMin', max: 'ReduceMax', and: 'ReduceMin', or: 'ReduceMax' }

/** Integers joined bit by bit have no reduction in ONNX. */
const isBitwise = (join: Join, value: Value): boolean => (join === 'and' || join === 'or') && kindOf(dtypeOf(value) ?? 'bool') !== 'bool'

/** Two values element by element. */
export const joined = (b: Builder, join: Exclude<Join, 'put'>, x: Value, y: Value): Value => b.op(isBitwise(join, x) ? `Bitwise${pairs[join]}` : pairs[join], [x, y])

/** All elements along axes, which go. Undefined where ONNX has no such reduction. */
export function reduced(b: Builder, join: Exclude<Join, 'put'>, x: Value, axes: readonly number[]): Value | undefined {
  if (isBitwise(join, x)) return undefined
  const flags = dtypeOf(x) === 'bool'
  const result = b.op(reductions[join], [flags ? b.op('Cast', [x], { to: 2 }) : x, b.ints(axes)], { keepdims: false, noop_with_empty_axes: true })
  return flags ? b.op('Cast', [result], { to: 9 }) : result
}
