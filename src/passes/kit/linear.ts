import type { Node, Value } from '../../ir/model.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { residentLimit } from '../../ir/tensor.ts'
import { elementCount } from '../../ir/types.ts'
import type { AttributeInit } from '../../ir/attribute.ts'
import type { Builder } from '../../ops/builder.ts'
import { constantOf, floatOf, intOf, rankOf } from './values.ts'
import { deriveTensor, isWeightDType, pick } from './weights.ts'

type Doubles = Float64Array | Float32Array
type Arrays = readonly Doubles[]

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
  /** How the weight lies: `blocks` of `runs` of `length` elements; the elements of a run share their channels. */
  readonly blocks: number
  readonly runs: number
  readonly length: number
  /** The output channel, and the input channel, of a block's first run; one of them grows by 1 with each run of a block. */
  channelOf(block: number): number
  inputOf(block: number): number
  readonly grows: 'channel' | 'input'
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
    const perGroup = a / group
    const lies = { node, weight, bias, beta: 1, axis: 1, blocks: a, runs: b, length: inner }
    const groupStart = (block: number): number => Math.floor(block / perGroup) * b
    if (node.op === 'Conv') return { ...lies, channels: a, inputs: b * group, channelOf: i => i, inputOf: groupStart, grows: 'input' }
    return { ...lies, channels: b * group, inputs: a, channelOf: groupStart, inputOf: i => i, grows: 'channel' }
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
  const lies = { node, weight, bias, beta: node.op === 'Gemm' ? floatOf(node, 'beta', 1) : 1, axis: rank - 1, blocks: rows, runs: columns, length: 1 }
  if (turned) return { ...lies, channels: rows, inputs: columns, channelOf: i => i, inputOf: () => 0, grows: 'input' }
  return { ...lies, channels: columns, inputs: rows, channelOf: () => 0, inputOf: i => i, grows: 'channel' }
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

/** Multiplies each element with the factor of its output or input channel. */
function scaleBy({ blocks, runs, length, channelOf, inputOf, grows }: Linear, by: 'channel' | 'input', factors: Float64Array, from: Doubles, out: Doubles): void {
  const [count, size] = by === grows ? [runs, length] : [1, runs * length]
  let at = 0
  for (let block = 0; block < blocks; block++) {
    const first = by === 'channel' ? channelOf(block) : inputOf(block)
    for (let run = 0; run < count; run++) {
      const factor = factors[first + run]!
      for (const end = at + size; at < end; at++) out[at] = from[at]! * factor
    }
  }
}

/** Adds to each output channel what a constant in each input channel makes of it. */
function sumShifts({ blocks, runs, length, channelOf, inputOf, grows }: Linear, alpha: number, shifts: Float64Array, from: Doubles, out: Doubles): void {
  const [channelStep, inputStep] = grows === 'channel' ? [1, 0] : [0, 1]
  let at = 0
  for (let block = 0; block < blocks; block++) {
    let channel = channelOf(block)
    let input = inputOf(block)
    for (let run = 0; run < runs; run++, channel += channelStep, input += inputStep) {
      const shift = shifts[input]!
      let sum = out[channel]!
      for (const end = at + length; at < end; at++) sum += alpha * from[at]! * shift
      out[channel] = sum
    }
  }
}

const perChannel = (count: number, f: (channel: number) => number): Float64Array => {
  const out = new Float64Array(count)
  for (let c = 0; c < count; c++) out[c] = f(c)
  return out
}

/** Says a linear operator again with weights that include what follows it; a reason when that can't be. */
export function foldAfter(make: Builder, linear: Linear, affine: Affine): Value | string {
  const { node, weight, channels } = linear
  if (node.op === 'MatMul' && affine.shift && rankOf(node.outputs[0]) !== 2) return 'a product of more than two axes has no bias'
  const scaled = affine.scale
    ? deriveTensor(weight, weight.shape, [...affine.from, weight], `scale:${affine.what}:${node.op}:${intOf(node, 'group', 1)}:${intOf(node, 'transB', 0)}`, (arrays, out) => {
        const own = arrays[arrays.length - 1]!
        scaleBy(linear, 'channel', perChannel(channels, c => affine.scale!(arrays, c)), own, out)
      })
    : weight
  return rebuild(make, linear, scaled, newBias(linear, affine))
}

/** Says a linear operator again with weights that include what comes before it: scale(c) * x + shift(c) by input channel c. */
export function foldBefore(make: Builder, linear: Linear, x: Value, affine: Affine): Value | string {
  const { node, weight, bias, beta, channels, inputs } = linear
  if (node.op === 'ConvTranspose' && affine.shift) return 'at its borders fewer inputs are added up'
  if (node.op === 'MatMul' && affine.shift && rankOf(node.outputs[0]) !== 2) return 'a product of more than two axes has no bias'
  const what = `${affine.what}:${node.op}:${intOf(node, 'group', 1)}:${intOf(node, 'transB', 0)}`
  const from = [...affine.from, weight]
  const scaled = affine.scale
    ? deriveTensor(weight, weight.shape, from, `scale-in:${what}`, (arrays, out) => {
        const own = arrays[arrays.length - 1]!
        scaleBy(linear, 'input', perChannel(inputs, c => affine.scale!(arrays, c)), own, out)
      })
    : weight
  const alpha = node.op === 'Gemm' ? floatOf(node, 'alpha', 1) : 1
  const shifted = affine.shift
    ? deriveTensor(weight, [channels], bias ? [...from, bias] : from, `bias-in:${what}:${alpha}:${beta}`, (arrays, out) => {
        const own = arrays[affine.from.length]!
        const old = bias ? arrays[arrays.length - 1]! : undefined
        sumShifts(linear, alpha, perChannel(inputs, c => affine.shift!(arrays, c)), own, out)
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
