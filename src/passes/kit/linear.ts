import type { Node, Value } from '../../ir/model.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { residentLimit } from '../../ir/tensor.ts'
import { elementCount } from '../../ir/types.ts'
import type { AttributeInit } from '../../ir/attribute.ts'
import type { Builder } from '../../ops/builder.ts'
import { constantOf, floatOf, intOf, rankOf } from './values.ts'
import { deriveTensor, isWeightDType, pick } from './weights.ts'

type Arrays = readonly (Float64Array | Float32Array)[]

/** scale(c) * y + shift(c) for each output channel c, worked out in doubles from tensors. */
export interface Affine {
  readonly from: readonly Tensor[]
  readonly what: string
  readonly scale?: (from: Arrays, channel: number) => number
  readonly shift?: (from: Arrays, channel: number) => number
}

/** An operator that is linear in a constant weight. */
export interface Linear {
  readonly node: Node
  readonly weight: Tensor
  readonly bias: Tensor | undefined
  /** Factor of the bias (Gemm's beta). */
  readonly beta: number
  readonly channels: number
  /** The output's channel axis. */
  readonly axis: number
  /** The output channel that an element of the weight goes to, and the input channel it reads. */
  channelOf(index: number): number
  inputOf(index: number): number
  /** How many elements that follow each other share these. */
  readonly channelRun: number
  readonly inputRun: number
  readonly inputs: number
}

/** How a Conv, ConvTranspose, Gemm or MatMul lies; a reason when its weights can't be changed. */
export function linearOf(node: Node): Linear | string {
  const weight = constantOf(node.inputs[1])
  const bias = constantOf(node.inputs[2])
  if (weight === undefined) return 'the weight is not constant'
  if (node.inputs[2] && bias === undefined) return 'the bias is not constant'
  if (!isWeightDType(weight.dtype) || (bias && bias.dtype !== weight.dtype)) return `weights of ${weight.dtype}`
  if (node.inputs[1]!.uses.size > 1 && weight.byteLength > residentLimit) return 'others use the weight too'
  const { shape } = weight
  const inner = elementCount(shape.slice(2))
  if (node.op === 'Conv' || node.op === 'ConvTranspose') {
    if (shape.length < 3) return 'the weight has no spatial axes'
    const group = intOf(node, 'group', 1)
    const [a, b] = [shape[0]!, shape[1]!]
    if (node.op === 'Conv') {
      const perGroup = a / group
      return { node, weight, bias, beta: 1, channels: a, axis: 1, inputs: b * group, channelRun: b * inner, inputRun: inner, channelOf: i => Math.floor(i / (b * inner)), inputOf: i => Math.floor(Math.floor(i / (b * inner)) / perGroup) * b + (Math.floor(i / inner) % b) }
    }
    const perGroup = a / group
    return { node, weight, bias, beta: 1, channels: b * group, axis: 1, inputs: a, channelRun: inner, inputRun: b * inner, channelOf: i => Math.floor(Math.floor(i / (b * inner)) / perGroup) * b + (Math.floor(i / inner) % b), inputOf: i => Math.floor(i / (b * inner)) }
  }
  if (shape.length !== 2) return 'the weight is not a matrix'
  const [rows, columns] = [shape[0]!, shape[1]!]
  const turned = node.op === 'Gemm' && intOf(node, 'transB', 0) !== 0
  if (node.op === 'Gemm') {
    if (bias && !(elementCount(bias.shape) === 1 || (bias.shape.at(-1) === (turned ? rows : columns) && elementCount(bias.shape) === bias.shape.at(-1)))) return 'the bias varies by row'
    if (intOf(node, 'transA', 0) !== 0) return 'transA'
  }
  const rank = node.op === 'Gemm' ? 2 : rankOf(node.outputs[0])
  if (rank === undefined || rank < 2) return 'the rank is not known'
  return {
    node, weight, bias, beta: node.op === 'Gemm' ? floatOf(node, 'beta', 1) : 1, channels: turned ? rows : columns, inputs: turned ? columns : rows, axis: rank - 1, channelRun: turned ? columns : 1, inputRun: turned ? 1 : columns,
    channelOf: i => (turned ? Math.floor(i / columns) : i % columns),
    inputOf: i => (turned ? i % columns : Math.floor(i / columns)),
  }
}

/** The bias that holds for every channel, as doubles would add it. */
function newBias(linear: Linear, affine: Affine): Tensor | undefined {
  const { bias, beta, channels, weight } = linear
  if (bias === undefined && affine.shift === undefined) return undefined
  const from = [...affine.from, ...(bias ? [bias] : [])]
  return deriveTensor(weight, [channels], from, `bias:${affine.what}:${beta}`, (arrays, out) => {
    const own = bias ? arrays[arrays.length - 1]! : undefined
    for (let c = 0; c < channels; c++) out[c] = (own ? beta * pick(own, c) : 0) * (affine.scale?.(arrays, c) ?? 1) + (affine.shift?.(arrays, c) ?? 0)
  })
}

function scaleRuns(from: Float64Array | Float32Array, out: Float64Array | Float32Array, run: number, factorOf: (index: number) => number): void {
  for (let start = 0; start < out.length; start += run) {
    const factor = factorOf(start)
    for (let i = start; i < start + run; i++) out[i] = from[i]! * factor
  }
}

/** Says a linear operator again with weights that include what follows it; a reason when that can't be. */
export function foldAfter(make: Builder, linear: Linear, affine: Affine): Value | string {
  const { node, weight, channels, channelOf, channelRun } = linear
  if (node.op === 'MatMul' && affine.shift && rankOf(node.outputs[0]) !== 2) return 'a product of more than two axes has no bias'
  const scaled = affine.scale
    ? deriveTensor(weight, weight.shape, [...affine.from, weight], `scale:${affine.what}:${node.op}:${intOf(node, 'group', 1)}:${intOf(node, 'transB', 0)}`, (arrays, out) => {
        const own = arrays[arrays.length - 1]!
        const factors = Array.from({ length: channels }, (_, c) => affine.scale!(arrays, c))
        scaleRuns(own, out, channelRun, i => factors[channelOf(i)]!)
      })
    : weight
  return rebuild(make, linear, scaled, newBias(linear, affine))
}

/** Says a linear operator again with weights that include what comes before it: scale(c) * x + shift(c) by input channel c. */
export function foldBefore(make: Builder, linear: Linear, x: Value, affine: Affine): Value | string {
  const { node, weight, bias, beta, inputOf, inputRun, channelOf, channels, inputs } = linear
  if (node.op === 'ConvTranspose' && affine.shift) return 'at its borders fewer inputs are added up'
  if (node.op === 'MatMul' && affine.shift && rankOf(node.outputs[0]) !== 2) return 'a product of more than two axes has no bias'
  const what = `${affine.what}:${node.op}:${intOf(node, 'group', 1)}:${intOf(node, 'transB', 0)}`
  const from = [...affine.from, weight]
  const scaled = affine.scale
    ? deriveTensor(weight, weight.shape, from, `scale-in:${what}`, (arrays, out) => {
        const own = arrays[arrays.length - 1]!
        const factors = Array.from({ length: inputs }, (_, c) => affine.scale!(arrays, c))
        scaleRuns(own, out, inputRun, i => factors[inputOf(i)]!)
      })
    : weight
  const alpha = node.op === 'Gemm' ? floatOf(node, 'alpha', 1) : 1
  const shifted = affine.shift
    ? deriveTensor(weight, [channels], bias ? [...from, bias] : from, `bias-in:${what}:${alpha}:${beta}`, (arrays, out) => {
        const own = arrays[affine.from.length]!
        const old = bias ? arrays[arrays.length - 1]! : undefined
        const shifts = Array.from({ length: inputs }, (_, c) => affine.shift!(arrays, c))
        for (let i = 0; i < own.length; i++) out[channelOf(i)]! += alpha * own[i]! * shifts[inputOf(i)]!
        if (old) for (let c = 0; c < channels; c++) out[c]! += beta * pick(old, c)
      }, true)
    : bias
  return rebuild(make, linear, scaled, shifted, x, affine.shift === undefined)
}

function rebuild(make: Builder, { node, weight, bias }: Linear, scaled: Tensor, shifted: Tensor | undefined, x: Value = node.inputs[0]!, keepBeta = false): Value {
  const attributes: Record<string, AttributeInit> = { ...node.attributes }
  if (node.op === 'Gemm' && !keepBeta) delete attributes['beta']
  const w = scaled === weight ? node.inputs[1]! : make.constant(scaled, node.inputs[1]!.name)
  const b = shifted === undefined ? undefined : shifted === bias ? node.inputs[2]! : make.constant(shifted, node.inputs[2]?.name ?? `${node.inputs[1]!.name}/bias`)
  const op = node.op === 'MatMul' && b ? 'Gemm' : node.op
  return make.op(op, b ? [x, w, b] : [x, w], attributes)
}

/** A constant that has one element, or one for each channel along `axis` of a value of `rank` axes. */
export function isPerChannel(c: Tensor, rank: number, axis: number, channels: number): boolean {
  if (c.shape.length > rank || !isWeightDType(c.dtype)) return false
  return c.shape.every((n, i) => n === 1 || (i + rank - c.shape.length === axis && n === channels))
}
