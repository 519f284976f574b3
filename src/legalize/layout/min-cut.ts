/**
 * A least cut between two sides of a directed graph with capacities (Dinic, "Algorithm for solution of a problem of
 * maximum flow in networks with power estimation", 1970). Vertex 0 is on the one side, vertex 1 on the other.
 */
export class Cut {
  readonly #to: number[] = []
  readonly #capacity: number[] = []
  readonly #edges: number[][] = [[], []]

  vertex(): number {
    this.#edges.push([])
    return this.#edges.length - 1
  }
  /** What it costs to have `from` on the side of vertex 0 and `to` on that of vertex 1. */
  cost(from: number, to: number, capacity: number): void {
    this.#edges[from]!.push(this.#to.length)
    this.#to.push(to)
    this.#capacity.push(capacity)
    this.#edges[to]!.push(this.#to.length)
    this.#to.push(from)
    this.#capacity.push(0)
  }
  /** The smallest set of vertices that lies on the side of vertex 0 in a least cut. */
  solve(): ReadonlySet<number> {
    for (let levels = this.#levels(); levels[1]! >= 0; levels = this.#levels()) {
      const next = this.#edges.map(() => 0)
      while (this.#augment(levels, next));
    }
    const levels = this.#levels()
    return new Set(levels.flatMap((level, v) => (level >= 0 ? [v] : [])))
  }
  #levels(): number[] {
    const levels = this.#edges.map(() => -1)
    levels[0] = 0
    const queue = [0]
    for (let at = 0; at < queue.length; at++) {
      const v = queue[at]!
      for (const e of this.#edges[v]!) {
        const w = this.#to[e]!
        if (this.#capacity[e]! > 0 && levels[w]! < 0) {
          levels[w] = levels[v]! + 1
          queue.push(w)
        }
      }
    }
    return levels
  }
  /** Sends flow along one shortest path; false when none is left. */
  #augment(levels: readonly number[], next: number[]): boolean {
    const path: number[] = []
    let v = 0
    while (v !== 1) {
      const edges = this.#edges[v]!
      let found = -1
      for (; next[v]! < edges.length; next[v]!++) {
        const e = edges[next[v]!]!
        if (this.#capacity[e]! > 0 && levels[this.#to[e]!] === levels[v]! + 1) {
          found = e
          break
        }
      }
      if (found >= 0) {
        path.push(found)
        v = this.#to[found]!
        continue
      }
      const back = path.pop()
      if (back === undefined) return false
      v = this.#to[back ^ 1]!
      next[v]!++
    }
    const flow = Math.min(...path.map(e => this.#capacity[e]!))
    for (const e of path) {
      this.#capacity[e]! -= flow
      this.#capacity[e ^ 1]! += flow
    }
    return true
  }
}
