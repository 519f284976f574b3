import type { Buffer, Expr } from '../../expr/expr.ts'
import { read, stage } from '../../expr/expr.ts'
import type { ComputeContext, InferContext } from '../operator.ts'

/** Infers an optimizer: it gives the new form of what stands at these groups of its inputs, after the rate and the count of updates. */
export function inferOptimizer(ctx: InferContext, groups: number, given: readonly number[]): void {
  const count = (ctx.inputCount - 2) / groups
  if (!Number.isInteger(count)) ctx.fail(`${ctx.inputCount} inputs, which are not 2 and ${groups} for each tensor`)
  given.forEach((group, o) => {
    for (let i = 0; i < count; i++) ctx.output(o * count + i, ctx.dtype(2 + group * count + i), ctx.shape(2 + group * count + i))
  })
}

/** What an update is made of: the state at an element in the order of the inputs, the learning rate and the count of updates, as floats of the tensor's type. */
export type Update = (state: readonly Expr[], rate: Expr, time: Expr) => readonly Expr[]

/** The buffers of an optimizer that updates tensors one by one; `given`: as for `inferOptimizer`. */
export function computeOptimizer(k: ComputeContext, groups: number, given: readonly number[], update: Update): readonly Buffer[] {
  const count = (k.inputCount - 2) / groups
  const scalar = (i: number): Expr => read(k.input(i), k.input(i).shape.map(() => 0))
  return given.flatMap((group, o) =>
    Array.from({ length: count }, (_, i) => {
      const { shape, dtype } = k.input(2 + group * count + i)
      const type = dtype === 'float64' ? 'double' : 'float'
      return stage(shape, dtype, (...at) => {
        const state = Array.from({ length: groups }, (__, g) => read(k.input(2 + g * count + i), at).to(type))
        return update(state, scalar(0).to(type), scalar(1).to(type))[o]!
      })
    }),
  )
}
