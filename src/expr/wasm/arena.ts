/** Places blocks of memory that live from one step to another, so that those living at the same time lie apart. */
export class Arena {
  readonly #live: { readonly start: number; readonly end: number; until: number }[] = []
  bytes = 0

  /** The start of a block in use from step `from` up to and including `until`; steps are given in order. */
  place(size: number, from: number, until: number): number {
    const rounded = Math.ceil(size / 16) * 16
    const others = this.#live.filter(b => b.until >= from).sort((a, b) => a.start - b.start)
    let start = 0
    for (const b of others) {
      if (start + rounded <= b.start) break
      start = Math.max(start, b.end)
    }
    this.#live.push({ start, end: start + rounded, until })
    this.bytes = Math.max(this.bytes, start + rounded)
    return start
  }
}
