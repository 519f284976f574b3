import type { BinaryOp, Buffer, Scalar, UnaryOp } from './expr.ts'

/** A scalar that loops keep: a loop's counter, a named value, or (mutable) an accumulator. */
export interface Local {
  readonly id: number
  readonly type: Scalar
}

/** A scalar computation without control flow, except that `select` computes one side. */
export type Term =
  | { readonly kind: 'const'; readonly type: Scalar; readonly value: number | bigint }
  | { readonly kind: 'local'; readonly type: Scalar; readonly local: Local }
  /** `index` is a position in row-major order. */
  | { readonly kind: 'load'; readonly type: Scalar; readonly buffer: Buffer; readonly index: Term }
  | { readonly kind: 'binary'; readonly type: Scalar; readonly op: BinaryOp; readonly a: Term; readonly b: Term }
  | { readonly kind: 'unary'; readonly type: Scalar; readonly op: UnaryOp; readonly a: Term }
  | { readonly kind: 'cast'; readonly type: Scalar; readonly a: Term }
  | { readonly kind: 'select'; readonly type: Scalar; readonly condition: Term; readonly a: Term; readonly b: Term }

export type Statement =
  /** Names a value that does not change within its scope. */
  | { readonly kind: 'let'; readonly local: Local; readonly value: Term }
  /** Declares a local that `set` changes. */
  | { readonly kind: 'var'; readonly local: Local; readonly value: Term }
  | { readonly kind: 'set'; readonly local: Local; readonly value: Term }
  /** Counts from `from` up to, not including, `to`. */
  | { readonly kind: 'for'; readonly local: Local; readonly from: Term; readonly to: Term; readonly body: readonly Statement[]; readonly role: 'axis' | 'reduce' }
  | { readonly kind: 'if'; readonly condition: Term; readonly body: readonly Statement[]; readonly otherwise: readonly Statement[] }
  | { readonly kind: 'store'; readonly buffer: Buffer; readonly index: Term; readonly value: Term }
