import { pinnedOpsets, versionTable } from '../../proto/onnx-versions.gen.ts'
import { LapidaryError } from '../diag/diagnostic.ts'
import type { AttributeInit } from '../ir/attribute.ts'
import type { Graph, Node, Value } from '../ir/model.ts'
import { readAttributes } from './attributes.ts'
import { Builder } from './builder.ts'
import { inferInvalid, versionUnsayable } from './diagnostics.ts'
import { inferNode } from './infer.ts'
import type { VersionStep } from './operator.ts'
import { operatorOf } from './registry.ts'

export { pinnedOpsets }

/** Versions of the operator set at which this operator was made or changed, ascending; empty when it is neither ONNX's own nor one of com.microsoft. */
export function versionsOf(op: string, domain: string): readonly number[] {
  const operators = versionTable[domain === 'ai.onnx' ? '' : domain]
  return operators !== undefined && Object.hasOwn(operators, op) ? operators[op]!.map(Math.abs) : []
}

/** The version at which the operator got the form that it has in operator set `opset`; undefined when it is younger. */
export const sinceVersion = (op: string, domain: string, opset: number): number | undefined => versionsOf(op, domain).findLast(v => v <= opset)

/** Keeps every node it makes in sight, also those that the step takes out again and those in graphs that it makes. */
class StepBuilder extends Builder {
  all: Node[] = []
  override inside(graph: Graph): Builder {
    const inner = new StepBuilder(graph, undefined, this.origin, '')
    inner.all = this.all
    return inner
  }
  override ops(op: string, inputs: readonly (Value | undefined)[], count: number, init: Readonly<Record<string, AttributeInit>> = {}): Value[] {
    const outputs = super.ops(op, inputs, count, init)
    this.all.push(outputs[0]!.producer!.node)
    return outputs
  }
}

/** Runs a step. True when the node became one that the step had built: such are at the pinned version. */
function take(node: Node, step: (step: VersionStep) => void, version: number): { pinned: boolean; made: readonly Node[] } {
  const b = new StepBuilder(node.graph!, node)
  const fail = (message: string): never => {
    throw inferInvalid(node, message)
  }
  step({
    node,
    b,
    get attributes() {
      return readAttributes(node.attributes, fail)
    },
    setAttribute: (name, value) => node.setAttribute(name, value),
    refuse(reason) {
      throw versionUnsayable(node, version, reason)
    },
  })
  return { pinned: b.all.some(n => n !== node && n.op === node.op && n.attributes === node.attributes), made: b.all.filter(n => n.graph !== undefined) }
}

/**
 * Turns a node of operator set `opset` into one of the pinned set. A version without a step kept the form. Throws
 * `ops.version.unsayable`; the node is then left in its last sayable form, marked with `extra.opset`. `built` hears of
 * nodes made on the way, which are at the pinned version.
 */
export function upgradeNode(node: Node, opset: number, built: (nodes: readonly Node[]) => void = () => {}): void {
  let version = opset
  for (let guard = 0; guard < 64; guard++) {
    const next = versionsOf(node.op, node.domain).find(v => v > version)
    if (next === undefined) return
    const step = operatorOf(node)?.upgrade?.[next]
    const { op, attributes, inputs } = { op: node.op, attributes: node.attributes, inputs: [...node.inputs] }
    try {
      const taken = step && take(node, step, next)
      if (taken) built(taken.made)
      // what a step built is at the pinned version as it stands
      if (taken?.pinned) return
    } catch (error) {
      node.op = op
      node.attributes = attributes
      node.setInputs(inputs)
      node.extra = { ...node.extra, opset: sinceVersion(op, node.domain, version) ?? next }
      throw error
    }
    version = next
  }
}

const hasSteps = (node: Node, opset: number): boolean => {
  const steps = operatorOf(node)?.upgrade
  return steps !== undefined && versionsOf(node.op, node.domain).some(v => v > opset && steps[v] !== undefined)
}

/**
 * Upgrades a graph and those inside it from the versions that `opsets` names by domain. Types are inferred on the way
 * where a step may ask for them; a node whose types contradict is left for inference to report. Nodes of operators that
 * are not known here, or have no newer form, keep theirs, and `extra.opset` says of which version that is: they can be
 * carried and written back, not run; `refused` hears of the latter. `skip`: calls of functions.
 */
export function upgradeGraph(
  graph: Graph,
  opsets: ReadonlyMap<string, number>,
  skip: (node: Node) => boolean = () => false,
  refused: (error: LapidaryError) => void = error => {
    throw error
  },
): void {
  const versionOf = (node: Node): number => opsets.get(node.domain) ?? Infinity
  let needed = false
  for (const node of graph.allNodes()) {
    if (skip(node)) continue
    if (hasSteps(node, versionOf(node))) needed = true
    if (operatorOf(node) === undefined) {
      const since = sinceVersion(node.op, node.domain, versionOf(node))
      if (since !== undefined && since !== versionsOf(node.op, node.domain).at(-1)) node.extra = { ...node.extra, opset: since }
    }
  }
  if (!needed) return
  const pinned = new Set<Node>()
  const walk = (inner: Graph): void => {
    for (const node of inner.nodes()) {
      if (!skip(node) && !pinned.has(node)) {
        try {
          upgradeNode(node, versionOf(node), nodes => nodes.forEach(n => pinned.add(n)))
        } catch (error) {
          if (!(error instanceof LapidaryError)) throw error
          refused(error)
        }
        tryInfer(node)
      }
      for (const sub of node.subgraphs()) walk(sub)
    }
  }
  walk(graph)
}

function tryInfer(node: Node): void {
  try {
    inferNode(node)
  } catch (error) {
    if (!(error instanceof LapidaryError)) throw error
  }
}

/**
 * Turns a node of the pinned operator set into one of `opset`; where the operator is younger than that, into the simpler
 * operators that it decomposes to. `done`: nodes that are so already. Throws `ops.version.unsayable`.
 */
export function downgradeNode(node: Node, opset: number, done: Set<Node> = new Set()): void {
  if (done.has(node)) return
  done.add(node)
  const own = node.extra['opset']
  if (typeof own === 'number') {
    const wanted = sinceVersion(node.op, node.domain, opset)
    if (wanted !== own) throw versionUnsayable(node, opset, `it is of version ${own} and no step to version ${wanted ?? opset} is known`)
    return
  }
  let from = Infinity
  for (let guard = 0; guard < 64; guard++) {
    const versions = versionsOf(node.op, node.domain)
    const operator = operatorOf(node)
    const [first] = versions
    // the decomposition is one of the pinned form: no step may come before it
    const whole = from === Infinity && first !== undefined && first > opset && operator?.decompose !== undefined && operator.downgrade?.[first] === undefined
    const version = whole ? first : versions.findLast(v => v > opset && v < from)
    if (version === undefined) return
    from = version
    const step = operator?.downgrade?.[version]
    if (step) {
      const { pinned, made } = take(node, step, opset)
      for (const one of made) if (one !== node) downgradeMade(one, opset, done)
      if (pinned) from = Infinity
    } else if (version === versions[0]) {
      const b = new StepBuilder(node.graph!, node)
      const values = operator?.decompose?.(b, node)
      if (values === undefined) {
        for (const made of b.all.toReversed()) made.graph?.remove(made)
        throw versionUnsayable(node, opset, `${node.op} came with version ${version}`)
      }
      replace(node, values)
      for (const one of b.all) if (one.graph) downgradeMade(one, opset, done)
      return
    }
  }
}

/** A node that a step or a decomposition made, and those in its graphs. */
function downgradeMade(node: Node, opset: number, done: Set<Node>): void {
  downgradeNode(node, opset, done)
  if (node.graph) for (const graph of node.subgraphs()) for (const inner of [...graph.allNodes()]) if (inner.graph) downgradeNode(inner, opset, done)
}

function replace(node: Node, values: readonly (Value | undefined)[]): void {
  const graph = node.graph!
  const names = node.outputs.map(v => v?.name)
  node.outputs.forEach((v, i) => {
    if (v && v.uses.size > 0) v.replaceBy(values[i]!)
  })
  graph.remove(node)
  values.forEach((v, i) => {
    if (v && names[i] !== undefined && v.producer && !v.inputOf) v.rename(names[i])
  })
}

/** Downgrades a graph and those inside it to the versions that `opsets` names by domain. Throws one error with every node that can't be said. */
export function downgradeGraph(graph: Graph, opsets: ReadonlyMap<string, number>, skip: (node: Node) => boolean = () => false): void {
  const failures: LapidaryError[] = []
  const done = new Set<Node>()
  for (const node of [...graph.allNodes()]) {
    const opset = opsets.get(node.domain)
    if (opset === undefined || skip(node) || node.graph === undefined) continue
    try {
      downgradeNode(node, opset, done)
    } catch (error) {
      if (!(error instanceof LapidaryError)) throw error
      failures.push(error)
    }
  }
  const [first, ...rest] = failures.flatMap(f => f.diagnostics)
  if (first) throw new LapidaryError(first, ...rest)
}
