import { LapidaryError } from '../diag/diagnostic.ts'
import { dimDiffers } from '../ir/dim.ts'
import type { Type } from '../ir/types.ts'
import { shapeOf } from './kit/algebra.ts'
import { mergeTypes } from './kit/merge.ts'
import type { InferContext, Operator } from './operator.ts'

/**
 * Types of a branch's outputs, or what is wrong with it: with the shapes at hand a branch that is not taken may
 * contradict itself, and the model is right all the same.
 */
function branchOf(ctx: InferContext, name: string): readonly (Type | undefined)[] | LapidaryError {
  try {
    return ctx.subgraph(ctx.attributes.graph(name), [])
  } catch (error) {
    if (error instanceof LapidaryError) return error
    throw error
  }
}

export const If: Operator = {
  name: 'If',
  control: true,
  infer(ctx) {
    const taken = ctx.constant(0)?.[0]
    const [one, other] = [branchOf(ctx, 'then_branch'), branchOf(ctx, 'else_branch')]
    const wrong = taken === undefined ? (other instanceof LapidaryError ? one : undefined) : taken !== 0 ? one : other
    if (wrong instanceof LapidaryError) throw wrong
    const yes = one instanceof LapidaryError ? (other as readonly (Type | undefined)[]) : one
    const no = other instanceof LapidaryError ? yes : other
    if (yes.length !== no.length) ctx.fail(`its branches have ${yes.length} and ${no.length} outputs`)
    if (ctx.outputCount > yes.length) ctx.fail(`${ctx.outputCount} outputs of branches that have ${yes.length}`)
    for (let o = 0; o < ctx.outputCount; o++) ctx.outputType(o, taken === undefined ? mergeTypes(yes[o], no[o]) : taken !== 0 ? yes[o] : no[o])
  },
  downgrade: {
    11(step) {
      const [one, other] = ['then_branch', 'else_branch'].map(name => step.attributes.graph(name).outputs.map(shapeOf))
      const differ = one!.some((shape, o) => shape && other![o] && (shape.length !== other![o].length || shape.some((d, i) => dimDiffers(d, other![o]![i]!))))
      if (differ) step.refuse('branches that give different shapes came later')
    },
  },
}
