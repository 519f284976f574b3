import type { Buffer, Expr } from '../../expr/expr.ts'
import { constant, read, scalarOf, select, stage, sum } from '../../expr/expr.ts'
import { dimDiffers } from '../../ir/dim.ts'
import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import type { ComputeContext, InferContext } from '../operator.ts'
import { dtypeOf, nodeAttributes } from './algebra.ts'
import { numberOfDType } from './datatype.ts'
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

/** The loss of targets under log-probabilities in simpler operators; undefined when the element type is not known. */
export function decomposeLoss(b: Builder, node: Node, logs: Value): Value | undefined {
  const attributes = nodeAttributes(node)
  const [, target, weights] = node.inputs
  const dtype = dtypeOf(logs)
  if (!target || dtype === undefined) return undefined
  const given = attributes.int('ignore_index')
  const classes = dtypeOf(target) === 'int64' ? target : b.op('Cast', [target], { to: numberOfDType('int64') })
  const ignored = given === undefined ? undefined : b.op('Equal', [classes, b.int(given)])
  const none = b.scalar(0, dtype)
  const counted = (value: Value): Value => (ignored ? b.op('Where', [ignored, none, value]) : value)
  const safe = ignored ? b.op('Where', [ignored, b.int(0), classes]) : classes
  const picked = b.op('Squeeze', [b.op('GatherElements', [logs, b.op('Unsqueeze', [safe, b.ints([1])])], { axis: 1 }), b.ints([1])])
  const weight = weights && counted(b.op('Gather', [weights, safe]))
  const losses = counted(b.op('Neg', [weight ? b.op('Mul', [picked, weight]) : picked]))
  const reduction = attributes.string('reduction', 'mean')
  if (reduction === 'none') return losses
  const total = b.op('ReduceSum', [losses], { keepdims: 0 })
  if (reduction === 'sum') return total
  const share = weight ?? counted(b.op('Expand', [b.scalar(1, dtype), b.op('Shape', [target])]))
  return b.op('Div', [total, b.op('ReduceSum', [share], { keepdims: 0 })])
}
