import type { Log } from '../diag/diagnostic.ts'
import { LapidaryError } from '../diag/diagnostic.ts'
import type { Model, Node } from '../ir/model.ts'
import { operatorOf } from '../ops/registry.ts'
import { removeDeadCode } from '../passes/remove-dead-code.ts'
import { unrollRules } from '../passes/unroll-loops.ts'
import { applyRule, applyRules, indexRules } from '../rewrite/apply.ts'
import { builderAt, covers, letGo, reclaim, replaceNode } from '../rewrite/edit.ts'
import type { Rule } from '../rewrite/rule.ts'
import { misfits } from './fit.ts'
import type { Target } from './target.ts'
import { noteExact, widenNode } from './widen.ts'

export interface Converted {
  readonly rules: Map<string, number>
  readonly decomposed: Map<string, number>
  /** Nodes that do not fit, with every reason. */
  readonly left: ReadonlyMap<Node, readonly string[]>
}

/** How deep decompositions may go before they are taken to be circular. */
const deepest = 32

/** Puts a node in simpler operators, in place. Gives the new nodes; a reason, or undefined, when it has no such form. */
export function decomposeNode(node: Node): readonly Node[] | string | undefined {
  const operator = operatorOf(node)
  if (operator?.decompose === undefined) return undefined
  const builder = builderAt(node, `decompose-${node.op}`)
  let values: ReturnType<typeof operator.decompose>
  let reason: string | undefined
  try {
    values = operator.decompose(builder, node)
  } catch (error) {
    if (!(error instanceof LapidaryError)) throw error
    reason = error.message
  }
  if (values === undefined || !covers(node, values)) {
    reclaim(node)
    for (const made of [...builder.made].reverse()) {
      letGo(made)
      // a body that was begun and never got its node still holds on to what it captured
      for (const v of made.outputs) for (const use of [...(v?.uses ?? [])]) if ('node' in use && use.node.graph !== made.graph) use.node.setInput(use.index, undefined)
      made.graph?.remove(made)
    }
    return reason
  }
  const made = new Set(builder.made)
  noteExact(node, builder.made)
  replaceNode(node, values, v => (v.producer ? made.has(v.producer.node) : v.isConstant && v.uses.size === 0))
  return builder.made
}

/**
 * Rewrites until every node fits: what is legal stays, then the target's rules, then decomposition, then loops of known
 * length are written out. Subgraphs are worked on as well. Last come the target's rules over its own operators (fused activations and the like).
 */
export function convertNodes(model: Model, target: Target, log: Log): Converted {
  const index = indexRules(target.rules)
  const general = indexRules(unrollRules)
  const rules = new Map<string, number>()
  const decomposed = new Map<string, number>()
  const history = new Map<Node, readonly string[]>()
  const depth = new Map<Node, number>()
  const count = (map: Map<string, number>, name: string) => map.set(name, (map.get(name) ?? 0) + 1)
  let left = new Map<Node, readonly string[]>()

  /** True when the node was replaced. */
  const visit = (node: Node): boolean => {
    if (node.graph === undefined) return false
    const reasons = misfits(node, target)
    if (reasons.length === 0) return false
    const own = new Set(target.ops[node.qualified] === undefined ? [] : reasons)
    for (const rule of index.get(node.qualified) ?? []) {
      const outcome = applyRule(rule, node)
      if (outcome === true) {
        count(rules, rule.name)
        return true
      }
      if (outcome !== false) own.add(`${rule.name}: ${outcome.refused}`)
    }
    const all = [...(history.get(node) ?? []), ...(own.size > 0 ? own : reasons)]
    const level = depth.get(node) ?? 0
    const widened = widenNode(node, target)
    if (widened) {
      count(rules, `widen-${node.op}`)
      for (const one of widened) history.set(one, all)
      return true
    }
    if (!target.keep?.has(node.qualified) && level < deepest) {
      const { qualified } = node
      const made = decomposeNode(node)
      if (typeof made === 'string') all.push(made)
      else if (made) {
        count(decomposed, qualified)
        for (const one of made) {
          depth.set(one, level + 1)
          if (own.size > 0) history.set(one, all.map(r => (r.includes(': ') ? r : `${qualified}: ${r}`)))
        }
        for (const one of made) if (one.graph !== undefined) visit(one)
        return true
      }
    }
    const last: string[] = []
    for (const rule of general.get(node.qualified) ?? []) {
      const outcome = applyRule(rule, node)
      if (outcome === true) {
        count(rules, rule.name)
        return true
      }
      if (outcome !== false) last.push(`${rule.name}: ${outcome.refused}`)
    }
    left.set(node, [...new Set([...all, ...last])])
    return false
  }
  for (let again = true, sweeps = 0; again && sweeps < 4 * deepest; sweeps++) {
    again = false
    left = new Map()
    for (const node of model.allNodes()) if (visit(node)) again = true
  }
  // what rules took weights or scales out of and left behind would count as a use
  removeDeadCode.run(model, { log })
  const polish: Rule[] = target.rules.filter(r => r.roots.some(root => Object.hasOwn(target.ops, root)))
  // what a rule leaves without a use may keep the next from a value that it must have for itself
  for (let moved = true, turns = 0; moved && turns < deepest; turns++) {
    const { changed, counts } = applyRules(model, polish, { log })
    moved = changed
    for (const [name, n] of counts) rules.set(name, (rules.get(name) ?? 0) + n)
    removeDeadCode.run(model, { log })
  }
  // what the sweeps ended on, or the last rules made, is held against the target once more
  for (const node of model.allNodes()) {
    const reasons = left.has(node) ? [] : misfits(node, target)
    if (reasons.length > 0) left.set(node, reasons)
  }
  return { rules, decomposed, left: new Map([...left].filter(([node]) => node.graph !== undefined)) }
}
