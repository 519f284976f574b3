import { constantTooLarge } from '../diagnostics.ts'

/** The most elements of a constant that is not the model's own. */
const mostWritten = 2 ** 24

/** The count of elements that a rewrite is about to write out. Throws `ops.constant.refused` when no model could want that many. */
export function writtenOut(count: number): number {
  if (!(count <= mostWritten)) throw constantTooLarge(count)
  return count
}
