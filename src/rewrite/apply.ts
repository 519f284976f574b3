import type { Diagnostic, Log } from '../diag/diagnostic.ts'
import { LapidaryError } from '../diag/diagnostic.ts'
import type { Origin } from '../diag/origin.ts'
import type { Model, Node, Value } from '../ir/model.ts'
import { Value as ValueClass } from '../ir/model.ts'
import { builderAt, covers, letGo, reclaim, removeDead, replaceNode } from './edit.ts'
import { matchPattern } from './match.ts'
import type { Refused, Rule } from './rule.ts'

/** A rule that matched and declined. */
export interface Refusal {
  readonly rule: string
  readonly node: string
  readonly at: Origin
  readonly reason: string
}

export interface Applied {
  readonly changed: boolean
  /** How often each rule fired. */
  readonly counts: ReadonlyMap<string, number>
  readonly refusals: readonly Refusal[]
}

/** Rules by root operator, in the order given. */
export function indexRules(rules: readonly Rule[]): ReadonlyMap<string, readonly Rule[]> {
  const index = new Map<string, Rule[]>()
  for (const rule of rules) for (const root of rule.roots) index.set(root, [...(index.get(root) ?? []), rule])
  return index
}

const refuse = (reason: string): Refused => ({ refused: reason })

/**
 * Tries one rule at one node. `false`: no match. A refusal, or a replacement that can't be inferred, leaves the graph as
 * it was. `true`: the root is replaced, or was edited in place; matched nodes that nothing uses any more are gone.
 */
export function applyRule(rule: Rule, node: Node): boolean | Refused {
  const match = matchPattern(rule.pattern, node)
  if (match === undefined) return false
  const builder = builderAt(node, rule.name, match.all.slice(1))
  const undo = (): void => {
    match.all.forEach(reclaim)
    for (const made of [...builder.made].reverse()) if (made.graph && made.outputs.every(v => !v || v.uses.size === 0)) removeMade(made)
  }
  let outcome: ReturnType<Rule['replace']>
  try {
    outcome = rule.replace(match, builder, refuse)
  } catch (error) {
    undo()
    // what it built can't be: the rule does not fit this node
    if (error instanceof LapidaryError) return { refused: error.message }
    throw error
  }
  if (!(outcome instanceof ValueClass) && !Array.isArray(outcome)) {
    undo()
    return outcome as Refused
  }
  const values: readonly (Value | undefined)[] = outcome instanceof ValueClass ? [outcome] : outcome
  if (values.some(v => v !== undefined && v.producer?.node === node)) {
    node.origin = builder.origin
    return true
  }
  if (!covers(node, values)) {
    undo()
    return { refused: 'it has an output that nothing stands for' }
  }
  const made = new Set(builder.made)
  const fresh = (v: Value): boolean => (v.producer ? made.has(v.producer.node) : v.isConstant && v.uses.size === 0)
  const isFresh = new Map(values.flatMap(v => (v ? [[v, fresh(v)] as const] : [])))
  const inputs = [...node.inputs]
  replaceNode(node, values, v => isFresh.get(v) === true)
  const matched = new Set(match.all)
  for (const v of inputs) {
    if (v?.producer) removeDead(v.producer.node, n => matched.has(n))
    else if (v?.isConstant && v.uses.size === 0) v.names.free(v.name)
  }
  return true
}

function removeMade(node: Node): void {
  const constants = node.inputs.filter(v => v?.isConstant)
  letGo(node)
  node.graph!.remove(node)
  for (const v of constants) if (v && v.uses.size === 0) v.names.free(v.name)
}

export interface ApplyOptions {
  readonly log?: Log
  /** Applications allowed for each node the model began with, before the rules are said to loop. */
  readonly perNode?: number
  /** Only at nodes that hold to this. */
  readonly where?: (node: Node) => boolean
}

/**
 * Applies rules everywhere, subgraphs included, until none fires. When they go on for longer than the bound (they undo
 * each other) the work stops with a `rewrite.loop` that names them: into the log, or thrown when there is none.
 */
export function applyRules(model: Model, rules: readonly Rule[], options: ApplyOptions = {}): Applied {
  const index = indexRules(rules)
  const counts = new Map<string, number>()
  const refusals = new Map<string, Refusal>()
  const bound = (options.perNode ?? 16) * Math.max(16, [...model.allNodes()].length)
  let total = 0
  const recent: string[] = []
  for (let again = true; again; ) {
    again = false
    for (const node of model.allNodes()) {
      if (node.graph === undefined || (options.where && !options.where(node))) continue
      for (const rule of index.get(node.qualified) ?? []) {
        const outcome = applyRule(rule, node)
        if (outcome === false) continue
        if (outcome !== true) {
          refusals.set(`${rule.name}\0${node.name}\0${node.outputs[0]?.name}`, { rule: rule.name, node: node.name, at: node.origin, reason: outcome.refused })
          continue
        }
        counts.set(rule.name, (counts.get(rule.name) ?? 0) + 1)
        recent.push(rule.name)
        if (recent.length > 64) recent.shift()
        again = true
        if (++total > bound) {
          const loop = loops([...new Set(recent)], total)
          if (options.log === undefined) throw new LapidaryError(loop)
          options.log.add(loop)
          return { changed: true, counts, refusals: [...refusals.values()] }
        }
        break
      }
    }
  }
  return { changed: total > 0, counts, refusals: [...refusals.values()] }
}

const loops = (names: readonly string[], total: number): Diagnostic => ({
  code: 'rewrite.loop',
  severity: 'warning',
  message: `rules undo each other: ${names.join(', ')} (stopped after ${total} rewritings)`,
  help: 'The model is still right, only not as small as it could be. Please report it.',
})
