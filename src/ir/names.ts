/** The one authority on names of values in a model: every name is used once. */
export class Names {
  readonly #taken = new Set<string>()
  readonly #counts = new Map<string, number>()

  /** The wanted name, or that name with the lowest number that makes it new. Deterministic. */
  take(wanted: string): string {
    const base = wanted === '' ? 'value' : wanted
    let name = base
    for (let n = this.#counts.get(base) ?? 0; this.#taken.has(name); ) {
      n++
      name = `${base}_${n}`
      this.#counts.set(base, n)
    }
    this.#taken.add(name)
    return name
  }
  has(name: string): boolean {
    return this.#taken.has(name)
  }
  free(name: string): void {
    this.#taken.delete(name)
    this.#counts.delete(name)
  }
}
