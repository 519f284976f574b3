import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'

/** Whether row and column of a matrix are the same, [rows, columns] (int64 of no axes each). */
export function onDiagonal(b: Builder, rows: Value, columns: Value): Value {
  const places = (count: Value) => b.op('Range', [b.int(0), count, b.int(1)])
  return b.op('Equal', [b.op('Unsqueeze', [places(rows), b.ints([1])]), places(columns)])
}

/** A size of a value, counted from the end (int64, no axes). */
export const sizeFromEnd = (b: Builder, value: Value, at: number): Value => b.op('Gather', [b.op('Shape', [value]), b.int(at)])
