/** A block that must hold from step `first` to step `last`. */
export interface Span {
  readonly bytes: number
  readonly first: number
  readonly last: number
}

/**
 * Offsets for spans in one arena, so that spans that live at the same step do not overlap: largest first, each in the
 * tightest gap among those that live with it. Blocks begin at multiples of `line` bytes and have `spare` more than they
 * ask for. Returns the offsets and the arena's size.
 */
export function packArena(spans: readonly Span[], line: number, spare = 0): { readonly offsets: readonly number[]; readonly bytes: number } {
  const offsets = spans.map(() => 0)
  const order = spans.map((_, i) => i).sort((a, b) => spans[b]!.bytes - spans[a]!.bytes || spans[a]!.first - spans[b]!.first || a - b)
  const placed: { at: number; end: number; span: Span }[] = []
  let bytes = 0
  for (const i of order) {
    const span = spans[i]!
    const size = Math.ceil(span.bytes / line) * line + spare
    let [at, best, bestGap] = [0, -1, Infinity]
    for (const other of placed) {
      if (other.span.last < span.first || other.span.first > span.last) continue
      const gap = other.at - at
      if (gap >= size && gap < bestGap) [best, bestGap] = [at, gap]
      at = Math.max(at, other.end)
    }
    const offset = best >= 0 ? best : at
    offsets[i] = offset
    bytes = Math.max(bytes, offset + size)
    const entry = { at: offset, end: offset + size, span }
    const where = placed.findIndex(p => p.at > offset)
    placed.splice(where < 0 ? placed.length : where, 0, entry)
  }
  return { offsets, bytes }
}
