import type { Buffer, Expr } from '../../expr/expr.ts'
import { constant, read, scalarOf, select, stage, sum } from '../../expr/expr.ts'
import { dimDiffers } from '../../ir/dim.ts'
import type { ComputeContext, InferContext } from '../operator.ts'
import { indexInto } from './axes.ts'
import { sumsOf } from './conv.ts'

/** Infers a loss over classes on axis 1: a number, or one for each target without a reduction. */
export function inferLoss(ctx: InferContext): void {
  const [x, target] = [ctx.shape(0), ctx.shape(1)]
  if (x && target && (x.length !== target.length + 1 || x.length < 2 || dimDiffers(x[0]!, target[0]!))) ctx.fail(`targets of [${target.join()}] for scores of [${x.join()}]`)
  const reduction = ctx.attributes.string('reduction', 'mean')
  if (!['none', 'mean', 'sum'].includes(reduction)) ctx.fail(`reduction ${reduction}`)
  ctx.output(0, ctx.dtype(0), reduction === 'none' ? target : [])
}

/** The loss of targets under log-probabilities, weighted by class; targets equal to `ignore_index` count for nothing (ONNX, NegativeLogLikelihoodLoss). */
export function computeLoss(k: ComputeContext, logs: Buffer): Buffer {
  const target = k.input(1)
  const weights = k.has(2) ? k.input(2) : undefined
  const ignored = k.attributes.int('ignore_index')
  const dtype = k.outputDType(0)
  const held = sumsOf(dtype)
  const type = scalarOf(held)
  const classOf = (i: readonly Expr[]) => read(target, i)
  const counts = (i: readonly Expr[], value: Expr): Expr =>
    ignored === undefined ? value : select(classOf(i).eq(constant(ignored, classOf(i).type)), constant(0, type), value)
  const weightAt = (i: readonly Expr[]): Expr =>
    counts(i, weights ? read(weights, [indexInto(classOf(i), weights.shape[0]!)]).to(type) : constant(1, type))
  const lossAt = (i: readonly Expr[]): Expr => {
    const log = read(logs, [i[0]!, indexInto(classOf(i), logs.shape[1]!), ...i.slice(1)]).to(type).neg()
    return counts(i, weights ? log.mul(weightAt(i)) : log)
  }
  const reduction = k.attributes.string('reduction', 'mean')
  if (reduction === 'none') return stage(target.shape, dtype, (...i) => lossAt(i).to(scalarOf(dtype)))
  const total = stage([], held, () => sum(target.shape, (...i) => lossAt(i)))
  if (reduction === 'sum') return stage([], dtype, () => read(total, []).to(scalarOf(dtype)))
  const weight = stage([], held, () => sum(target.shape, (...i) => weightAt(i)))
  return stage([], dtype, () => read(total, []).div(read(weight, [])).to(scalarOf(dtype)))
}
