import type { BinaryOp, ReduceOp, Scalar } from '../../../src/expr/expr.ts'
import { identityOf } from '../../../src/expr/analysis/guards.ts'
import { constTerm } from '../../../src/expr/lower.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import { nameOf, printStatements } from '../wgsl/print.ts'

/** The dtype that holds a scalar between two kernels. */
export const dtypeOfScalar: Partial<Record<Scalar, DType>> = { float: 'float32', double: 'float64', int: 'int32', long: 'int64', ulong: 'uint64' }

const nothing = { load: () => '', store: () => '' }

/** Statements that put two values together, given by their texts, and do something with the result's name. They want a block of their own. */
export function folded(op: BinaryOp, type: Scalar, a: string, b: string, use: (result: string) => string): string {
  const [left, right, result] = [9000, 9001, 9002].map(id => ({ id, type })) as [{ id: number; type: Scalar }, { id: number; type: Scalar }, { id: number; type: Scalar }]
  const value = { kind: 'binary', type, op, a: { kind: 'local', type, local: left }, b: { kind: 'local', type, local: right } } as const
  return `let ${nameOf(left)} = ${a};\nlet ${nameOf(right)} = ${b};\n${printStatements([{ kind: 'let', local: result, value }], nothing)}${use(nameOf(result))}`
}

/** The text of what a reduction of nothing gives. */
export const identityText = (op: ReduceOp, type: Scalar): string =>
  /= ([^]*);\n/.exec(printStatements([{ kind: 'let', local: { id: 0, type }, value: constTerm(identityOf(op, type), type) }], nothing))![1]!
