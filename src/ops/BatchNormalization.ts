import { read, stage } from '../expr/expr.ts'
import type { Buffer, Expr } from '../expr/expr.ts'
import { ints } from '../ir/attribute.ts'
import type { Value } from '../ir/model.ts'
import { nodeAlgebra, nodeAttributes } from './kit/algebra.ts'
import { alongChannels, momentsOf, rankOf, reciprocalRoot } from './kit/normalize.ts'
import { floatType, wideFloat } from './kit/reduce.ts'
import { become, drop } from './kit/versions.ts'
import type { ComputeContext, Operator, VersionStep } from './operator.ts'

const epsilonOf = (k: Pick<ComputeContext, 'attributes'>): number => k.attributes.float('epsilon', 1e-5)
const channels = (x: Buffer): number => x.shape[1] ?? 1
const channelOf = (index: readonly Expr[]): Expr[] => (index.length > 1 ? [index[1]!] : [index[0]!.mul(0)])

function computeWith(k: ComputeContext, mean: Buffer, variance: Buffer): Buffer {
  const [x, scale, bias] = [k.input(0), k.input(1), k.input(2)]
  const type = floatType(x.dtype)
  const factor = stage([channels(x)], wideFloat(x.dtype), c => read(scale, [c!]).to(type).mul(reciprocalRoot(read(variance, [c!]).to(type).add(epsilonOf(k)))))
  return stage(x.shape, x.dtype, (...i) => {
    const c = channelOf(i)
    return read(x, i).sub(read(mean, c).to(type)).mul(read(factor, c)).add(read(bias, c).to(type))
  })
}

function computeTraining(k: ComputeContext): readonly Buffer[] {
  const x = k.input(0)
  const type = floatType(x.dtype)
  const rank = x.shape.length
  const moments = momentsOf(x, x.shape.map((_, d) => d).filter(d => d !== 1))
  const place = (c: Expr): (Expr | number)[] => x.shape.map((_, d) => (d === 1 ? c : 0))
  const flat = (buffer: Buffer): Buffer => stage([channels(x)], buffer.dtype, c => read(buffer, rank > 1 ? place(c!) : [0]))
  const [mean, variance] = [flat(moments.mean), flat(moments.variance)]
  const momentum = k.attributes.float('momentum', 0.9)
  const running = (given: Buffer, now: Buffer): Buffer =>
    stage(given.shape, given.dtype, c => read(given, [c!]).to(type).mul(momentum).add(read(now, [c!]).to(type).mul(1 - momentum)))
  return [computeWith(k, mean, variance), running(k.input(3), mean), running(k.input(4), variance)].slice(0, k.outputCount)
}

/** Opset 14 named the mode that the count of outputs had told, and dropped the saved statistics. */
function nameTheMode(step: VersionStep): void {
  const { node } = step
  if (node.outputs.slice(3).some(v => v && v.uses.size > 0)) step.refuse('its saved statistics are used')
  if (node.outputs.slice(1).some(v => v !== undefined)) step.setAttribute('training_mode', { type: 'int', value: 1 })
  node.trimOutputs(3)
}

function hideTheMode(step: VersionStep): void {
  const training = step.attributes.int('training_mode', 0) !== 0
  if (training && !step.node.outputs[1]) step.refuse('training is told by its further outputs, which are left out')
  step.setAttribute('training_mode', undefined)
  // there all five are made, or only the first
  const { node } = step
  if (training) for (let i = 1; i < 5; i++) if (!node.outputs[i]) node.setOutput(i, node.graph!.value(`${node.outputs[0]!.name}/${i}`, node.outputs[1]?.type))
}

/** `spatial` 0, before opset 9, gave every element of a sample statistics of its own. */
function flattenSpatial(step: VersionStep): void {
  const { node, b } = step
  const spatial = step.attributes.int('spatial', 1)
  step.setAttribute('spatial', undefined)
  if (spatial !== 0 || (rankOf(node.inputs[0]) ?? 3) <= 2) return
  if (node.outputs.slice(1).some(v => v !== undefined)) step.refuse('training with spatial 0')
  const x = node.inputs[0]!
  const flat = b.op('BatchNormalization', [b.op('Flatten', [x], { axis: 1 }), ...node.inputs.slice(1).map(v => b.op('Reshape', [v, b.ints([-1])]))], node.attributes)
  become(step, b.op('Reshape', [flat, b.op('Shape', [x])]))
}

export const BatchNormalization: Operator = {
  name: 'BatchNormalization',
  infer(ctx) {
    ctx.output(0, ctx.dtype(0), ctx.shape(0))
    if (!ctx.attributes.int('training_mode', 0)) return
    ctx.output(1, ctx.dtype(3), ctx.shape(3))
    ctx.output(2, ctx.dtype(4), ctx.shape(4))
  },
  compute: k => (k.attributes.int('training_mode', 0) ? computeTraining(k) : [computeWith(k, k.input(3), k.input(4))]),
  decompose(b, node) {
    const m = nodeAlgebra(b, node)
    const [x, scale, bias, mean, variance] = node.inputs
    const rank = rankOf(x)
    const attributes = nodeAttributes(node)
    if (!m || !x || !scale || !bias || !mean || !variance || rank === undefined) return undefined
    const scaled = (of: Value, spread: Value): Value => {
      const factor = m.div(scale, b.op('Sqrt', [m.add(spread, attributes.float('epsilon', 1e-5))]))
      const offset = m.sub(bias, m.mul(of, factor))
      return m.add(m.mul(x, alongChannels(b, factor, rank)), alongChannels(b, offset, rank))
    }
    if (!attributes.int('training_mode', 0)) return [scaled(mean, variance)]
    if (rank < 2) return undefined
    const axes = b.ints(Array.from({ length: rank }, (_, d) => d).filter(d => d !== 1))
    const now = b.op('ReduceMean', [x, axes], { keepdims: 0 })
    const apart = m.sub(x, alongChannels(b, now, rank))
    const spread = b.op('ReduceMean', [m.mul(apart, apart), axes], { keepdims: 0 })
    const momentum = attributes.float('momentum', 0.9)
    const running = (before: Value, measured: Value): Value => m.add(m.mul(before, momentum), m.mul(measured, 1 - momentum))
    return [scaled(now, spread), running(mean, now), running(variance, spread)]
  },
  upgrade: { 6: drop('consumed_inputs'), 7: drop('is_test'), 9: flattenSpatial, 14: nameTheMode },
  downgrade: {
    14: hideTheMode,
    7: step => step.setAttribute('is_test', { type: 'int', value: step.node.outputs[1] ? 0 : 1 }),
    6: step => step.setAttribute('consumed_inputs', ints([0, 0, 0, 1, 1])),
  },
}
