import type { Attribute } from '../ir/attribute.ts'
import { cloneGraph } from '../ir/clone.ts'
import type { Function, Model, Node } from '../ir/model.ts'
import { Graph } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import { functionRecursive } from './diagnostics.ts'

/** Finds model-local functions by the nodes that call them, and makes bodies for calls. */
export class Functions {
  readonly #known = new Map<string, Function>()
  readonly #bodies = new WeakMap<Node, Graph>()

  constructor(model: Model) {
    for (const f of model.functions) this.#known.set(`${f.domain}::${f.name}::${f.overload}`, f)
  }
  of(node: Node): Function | undefined {
    return this.#known.get(`${node.domain}::${node.op}::${node.overload}`)
  }
  /** Throws `run.function.recursive` for a function that calls itself, at once or through others. */
  checkFinite(): void {
    const finite = new Set<Function>()
    const visit = (f: Function, open: readonly Function[]): void => {
      if (finite.has(f)) return
      for (const node of f.graph.allNodes()) {
        const called = this.of(node)
        if (called === undefined) continue
        if (called === f || open.includes(called)) throw functionRecursive(node)
        visit(called, [...open, f])
      }
      finite.add(f)
    }
    for (const f of this.#known.values()) visit(f, [])
  }
  /** The body of the function a node calls, the node's attributes put in. Made once for each node. */
  body(node: Node, called: Function): Graph {
    let body = this.#bodies.get(node)
    if (body === undefined) {
      body = cloneGraph(called.graph, new Graph(new Names(), called.name), new Map(), a => (a.type === 'reference' ? argument(node, called, a.value) : a))
      this.#bodies.set(node, body)
    }
    return body
  }
}

const argument = (node: Node, called: Function, name: string): Attribute | undefined => node.attributes[name] ?? called.defaults[name]
