import type { Dim } from '../../../src/ir/dim.ts'
import { dimEquals, mulDims } from '../../../src/ir/dim.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import { shapeEquals } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { dtypeOf, intOf, numbersOf, shapeOf, sizesOf } from '../../../src/passes/kit/values.ts'
import { deriveTensor, pick } from '../../../src/passes/kit/weights.ts'
import { grainOf } from '../kit/grain.ts'
import { int32s, onNode } from './kit.ts'
import { noted } from './quantize-kit.ts'

export const madeBy = (v: Value | undefined, op: string): Node | undefined => (v?.producer?.node.qualified === `tflite::${op}` ? v.producer.node : undefined)
export const isAlone = (v: Value): boolean => v.uses.size === 1
const lastOf = (v: Value | undefined): Dim | undefined => shapeOf(v)?.at(-1)
const isPlain = (node: Node): boolean => node.attributes['fused_activation_function'] === undefined

/** Weights that a rewriting may change: constants of float32 that nothing else reads. */
const ownWeights = (fc: Node): Value | undefined => {
  const [, w, bias] = fc.inputs
  return w?.isConstant && isAlone(w) && dtypeOf(w) === 'float32' && (!bias || bias.isConstant) ? w : undefined
}

/** FULLY_CONNECTED works on the last axis of any shape: reshapes around it that leave that axis alone say nothing. */
const keepAxes = onNode('linear-keeps-axes', 'tflite::RESHAPE', (node, b, refuse) => {
  const fc = madeBy(node.inputs[0], 'FULLY_CONNECTED')
  const before = madeBy(fc?.inputs[0], 'RESHAPE')
  if (!fc || !before || !isAlone(fc.outputs[0]!)) return refuse('it reshapes something else')
  const x = before.inputs[0]!
  const [shape, depth, units] = [shapeOf(x), sizesOf(fc.inputs[1])?.[1], sizesOf(fc.inputs[1])?.[0]]
  if (!shape || shape.length < 2 || depth === undefined || shape.at(-1) !== depth || units === undefined) return refuse('it changes the last axis')
  const y = b.op('tflite::FULLY_CONNECTED', [x, ...fc.inputs.slice(1)], { ...fc.attributes, keep_num_dims: shape.length > 2 || undefined })
  const grain = grainOf(fc.outputs[0])
  if (grain) noted(y, grain)
  return shapeEquals([...shape.slice(0, -1), units], shapeOf(node.outputs[0])) ? y : b.op('tflite::RESHAPE', [y, node.inputs[1]], node.attributes)
})

/** The kernel can take its right side transposed: a transposition that only turns the matrices says nothing. */
const adjoint = onNode('matmul-adjoint', 'tflite::BATCH_MATMUL', (node, b, refuse) => {
  const turn = madeBy(node.inputs[1], 'TRANSPOSE')
  const perm = numbersOf(turn?.inputs[1])
  if (!turn || !perm || perm.length < 2 || !isAlone(turn.outputs[0]!) || intOf(node, 'adj_y', 0) === 1 || perm.at(-2) !== perm.length - 1 || dtypeOf(node.inputs[0]) !== 'float32') return refuse('its right side is not transposed')
  const swapped = [...perm.slice(0, -2), perm.at(-1)!, perm.at(-2)!]
  const y = swapped.every((p, i) => p === i) ? turn.inputs[0]! : b.op('tflite::TRANSPOSE', [turn.inputs[0], int32s(b, swapped)])
  return b.op('tflite::BATCH_MATMUL', [node.inputs[0], y], { ...node.attributes, adj_y: 1 })
})

/** The FULLY_CONNECTEDs that alone read a value, also reshaped or transposed with its last axis left alone; undefined when others do. */
function linearAfter(v: Value): readonly Node[] | undefined {
  const found: Node[] = []
  for (const use of v.uses) {
    if (!('node' in use) || use.index !== 0) return undefined
    const { node } = use
    if (node.qualified === 'tflite::FULLY_CONNECTED') {
      if (!ownWeights(node) || sizesOf(node.inputs[1])?.[1] !== lastOf(v)) return undefined
      found.push(node)
      continue
    }
    const y = node.outputs[0]!
    const stays = node.qualified === 'tflite::RESHAPE' ? lastOf(y) === lastOf(v) : node.qualified === 'tflite::TRANSPOSE' && numbersOf(node.inputs[1])?.at(-1) === shapeOf(y)!.length - 1
    const further = stays ? linearAfter(y) : undefined
    if (!further) return undefined
    found.push(...further)
  }
  return found
}

/** Weights and bias for input that is no longer multiplied by, or added to, one number for each place of its last axis. */
function takeIn(b: Builder, fc: Node, op: string, c: Value): void {
  const [x, w, bias] = fc.inputs as [Value, Value, Value | undefined]
  const [units, depth] = sizesOf(w) as [number, number]
  if (op === 'MUL') {
    const scaled = deriveTensor(w.constant!, [units, depth], [w.constant!, c.constant!], 'times-columns', ([from, factors], out) => from!.forEach((n, i) => (out[i] = n * pick(factors!, i % depth))))
    fc.setInput(1, b.constant(scaled, w.name))
    return
  }
  const moved = deriveTensor(w.constant!, [units], [w.constant!, c.constant!, ...(bias ? [bias.constant!] : [])], 'product-on-bias', ([from, added, old], out) => {
    for (let u = 0; u < units; u++) {
      let total = old ? old[u]! : 0
      for (let k = 0; k < depth; k++) total += from![u * depth + k]! * pick(added!, k)
      out[u] = total
    }
  })
  fc.setInputs([x, w, b.constant(moved, bias?.name ?? `${w.name}/bias`)])
}

/** One number for each place of the last axis, or one for all, added or multiplied before FULLY_CONNECTED alone: as the affine end of a normalization is. */
const affine = onNode('linear-takes-affine', ['tflite::ADD', 'tflite::MUL'], (node, b, refuse) => {
  const at = node.inputs.findIndex(v => v?.isConstant)
  const [c, x, y] = [node.inputs[at], node.inputs[1 - at], node.outputs[0]!]
  const sizes = sizesOf(c)
  if (!c || !x || !sizes || dtypeOf(x) !== 'float32' || !isPlain(node) || y.uses.size === 0) return refuse('no float32 with a constant')
  if (![1, lastOf(x)].includes(sizes.at(-1) ?? 1) || sizes.slice(0, -1).some(d => d !== 1) || !shapeEquals(shapeOf(x), shapeOf(y))) return refuse('not one number for each place')
  const linear = linearAfter(y)
  if (!linear) return refuse('others read it too')
  for (const fc of linear) takeIn(b, fc, node.op, c)
  return x
})

/** Places from `low` to `high` of one axis. */
interface Part {
  readonly axis: number
  readonly low: number
  readonly high: number
}

/** The part of a reshape's input that is a part of its output. */
function partBefore(from: readonly Dim[], to: readonly Dim[], { axis, low, high }: Part): Part | undefined {
  const ahead = mulDims(...to.slice(0, axis), 1)
  const at = from.findIndex((d, i) => d !== 1 && dimEquals(mulDims(...from.slice(0, i), 1), ahead))
  const [whole, size] = [from[at], to[axis]]
  if (typeof whole !== 'number' || typeof size !== 'number' || whole % size !== 0) return undefined
  const each = whole / size
  let inner = 1
  for (let i = axis + 1; i < to.length && inner < each; i++) inner *= typeof to[i] === 'number' ? (to[i] as number) : NaN
  return inner === each ? { axis: at, low: low * each, high: high * each } : undefined
}

/** The FULLY_CONNECTED whose elements a value holds, moved about, and which of its units. */
function linearBehind(value: Value): { readonly fc: Node; readonly low: number; readonly high: number } | undefined {
  let part: Part | undefined
  for (let v = value; isAlone(v) || v.producer?.node.outputs.length !== 1; ) {
    const node = v.producer?.node
    const shape = shapeOf(v)
    if (!node || !shape || !isAlone(v)) return undefined
    if (node.qualified === 'tflite::FULLY_CONNECTED') {
      const units = sizesOf(node.inputs[1])?.[0]
      if (units === undefined || !isPlain(node) || !ownWeights(node) || (part && part.axis !== shape.length - 1)) return undefined
      return { fc: node, low: part?.low ?? 0, high: part?.high ?? units }
    }
    const from = node.op === 'SPLIT' ? node.inputs[1] : node.inputs[0]
    const before = shapeOf(from)
    if (!from || !before) return undefined
    if (node.qualified === 'tflite::TRANSPOSE') {
      const perm = numbersOf(node.inputs[1])
      if (!perm) return undefined
      if (part) part = { ...part, axis: perm[part.axis]! }
    } else if (node.qualified === 'tflite::RESHAPE') {
      if (part && !(part = partBefore(before, shape, part))) return undefined
    } else if (node.qualified === 'tflite::UNPACK' && !part) {
      part = { axis: intOf(node, 'axis', 0), low: v.producer!.index, high: v.producer!.index + 1 }
    } else if (node.qualified === 'tflite::SPLIT' && !part) {
      const axis = numbersOf(node.inputs[0])?.[0]
      const size = axis === undefined ? undefined : shape.at(axis)
      if (axis === undefined || typeof size !== 'number') return undefined
      part = { axis: axis < 0 ? axis + shape.length : axis, low: v.producer!.index * size, high: (v.producer!.index + 1) * size }
    } else return undefined
    if (part && part.axis < 0) return undefined
    v = from
  }
  return undefined
}

/** A product with one number, as of queries and keys with their scale, goes into the weights. */
const scale = onNode('linear-takes-scale', 'tflite::MUL', (node, b, refuse) => {
  const at = node.inputs.findIndex(v => v?.isConstant && sizesOf(v)?.every(d => d === 1))
  const factor = at < 0 ? undefined : numbersOf(node.inputs[at])?.[0]
  const x = node.inputs[1 - at]
  const source = factor === undefined || !x || !isPlain(node) || dtypeOf(x) !== 'float32' ? undefined : linearBehind(x)
  if (!source || factor === undefined || !x || !shapeEquals(shapeOf(x), shapeOf(node.outputs[0]))) return refuse('it is not of one product')
  const { fc, low, high } = source
  const times = (v: Value, width: number): Value => {
    const scaled = deriveTensor(v.constant!, v.constant!.shape, [v.constant!], `times-${factor}-from-${low}-to-${high}`, ([from], out) => from!.forEach((n, i) => (out[i] = i >= low * width && i < high * width ? n * factor : n)))
    return b.constant(scaled, v.name)
  }
  const [, w, bias] = fc.inputs
  fc.setInput(1, times(w!, sizesOf(w)![1]!))
  if (bias) fc.setInput(2, times(bias, 1))
  return x
})

/** Around matrix products: what their kernels do by themselves, and what their weights can hold. */
export const linearRules = [keepAxes, adjoint, affine, scale]
