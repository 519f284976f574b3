import type { Log } from '../diag/diagnostic.ts'
import type { Model } from '../ir/model.ts'
import type { Refusal } from '../rewrite/apply.ts'
import { applyRules } from '../rewrite/apply.ts'
import type { Rule } from '../rewrite/rule.ts'

export interface PassContext {
  readonly log: Log
  /** Called with each rule that matched and declined. */
  readonly refused?: (refusal: Refusal) => void
  /** Called with each rule that fired, and how often. */
  readonly fired?: (rule: string, count: number) => void
}

export interface PassResult {
  readonly changed: boolean
}

/** A change of a model that keeps its meaning. Synchronous; changed weights are deferred tensors. */
export interface Pass {
  /** Verb-noun. */
  readonly name: string
  run(model: Model, ctx: PassContext): PassResult
}

/** A pass that applies rules until none fires. */
export const rulesPass = (name: string, rules: readonly Rule[]): Pass => ({
  name,
  run(model, ctx) {
    const { changed, counts, refusals } = applyRules(model, rules, { log: ctx.log })
    for (const [rule, count] of counts) ctx.fired?.(rule, count)
    refusals.forEach(r => ctx.refused?.(r))
    return { changed }
  },
})
