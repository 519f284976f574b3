import type { Dim } from '../../../src/ir/dim.ts'
import { divideExactly } from '../../../src/ir/dim.ts'
import { Graph, Node } from '../../../src/ir/model.ts'
import type { Value } from '../../../src/ir/model.ts'
import { Names } from '../../../src/ir/names.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { float32Tensor, int64Tensor, reshapedTensor } from '../../../src/ir/tensor.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { evaluateNode } from '../../../src/ops/evaluate.ts'
import { inferNode } from '../../../src/ops/infer.ts'
import { dtypeOf, intOf, intsOf, numbersOf, shapeOf, stringOf } from '../../../src/passes/kit/values.ts'
import { int32s, onNode, runtimeShape } from './kit.ts'

interface Axis {
  /** Undefined when the size is not known. */
  readonly from: number | undefined
  readonly to: number | undefined
  /** Output to input, as ONNX has it. */
  readonly scale: number | undefined
}

/** Where an output element lies in the input, before it is rounded (ONNX, Resize). */
function placeOf(mode: string, i: number, { from, to, scale }: Axis): number {
  const s = scale!
  if (mode === 'align_corners') {
    // the size may be a fraction before it is cut
    const width = Math.abs(s * from! - to!) < 1e-6 ? to! : s * from!
    return width === 1 ? 0 : (i * (from! - 1)) / (width - 1)
  }
  if (mode === 'asymmetric') return i / s
  if (mode === 'pytorch_half_pixel' && to === 1) return 0
  if (mode === 'half_pixel_symmetric') return from! / 2 - ((from! / 2) * (from! * s)) / (from! * s) + (i + 0.5) / s - 0.5
  return (i + 0.5) / s - 0.5
}

const roundings: Readonly<Record<string, (x: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: x => Math.ceil(x - 0.5),
  round_prefer_ceil: x => Math.floor(x + 0.5),
}

/** What the runtime's nearest neighbor takes for an output element, in float32 as its kernel computes. */
function runtimeNearest(i: number, from: number, to: number, align: boolean, half: boolean): number {
  const scale = Math.fround(align && to > 1 ? Math.fround(from - 1) / Math.fround(to - 1) : Math.fround(from) / Math.fround(to))
  const at = Math.fround(Math.fround(i + (half ? 0.5 : 0)) * scale)
  const rounded = align ? Math.sign(at) * Math.floor(Math.abs(at) + 0.5) : Math.floor(at)
  return Math.max(0, Math.min(from - 1, rounded))
}

/** Sizes of an open axis at which the runtime is checked to take what ONNX takes. */
const trials = [1, 2, 3, 5, 8, 13, 31, 64, 100, 333, 1024]

function nearestAgrees(mode: string, rounding: string, axis: Axis, align: boolean, half: boolean): boolean {
  // what the runtime takes for floor(i / 2^n) is exact in float32
  if (mode === 'asymmetric' && rounding === 'floor' && !align && !half && Number.isInteger(Math.log2(axis.scale ?? 0))) return true
  const sizes = axis.from === undefined ? trials.map(n => ({ from: n, to: n * axis.scale!, scale: axis.scale })) : [axis]
  for (const a of sizes) for (let i = 0; i < a.to!; i++) if (nearest(mode, rounding, i, a) !== runtimeNearest(i, a.from!, a.to!, align, half)) return false
  return true
}

const nearest = (mode: string, rounding: string, i: number, axis: Axis): number => Math.max(0, Math.min(axis.from! - 1, roundings[rounding]!(placeOf(mode, i, axis))))

/** The one scale of all axes where sizes keep the aspect ratio (ONNX, Resize, keep_aspect_ratio_policy). */
function uniformScale(node: Node, shape: readonly Dim[], axes: readonly number[]): number | undefined {
  const policy = stringOf(node, 'keep_aspect_ratio_policy', 'stretch')
  const asked = policy === 'stretch' || !node.inputs[3] ? undefined : numbersOf(node.inputs[3])
  const ratios = asked?.map((size, i) => size / Number(shape[axes[i]!]))
  return ratios && (policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios))
}

/**
 * Height and width of N, H, W, C. The nearest neighbor goes to the runtime's kernel where that takes the same elements,
 * else to a GATHER by a table; linear where scale and sizes agree. All else is a product with a table of weights.
 */
const resize = onNode('resize', 'lapidary::NhwcResize', (node, b, refuse) => {
  const x = node.inputs[0]!
  const shape = shapeOf(x)
  if (shape?.length !== 4) return refuse('it takes four axes')
  const out = shapeOf(node.outputs[0])
  const axes = intsOf(node, 'axes')?.map(a => (a < 0 ? a + 4 : a)) ?? [0, 1, 2, 3]
  const given = node.inputs[2] && numbersOf(node.inputs[2])
  if (node.inputs[2] && !given && shapeOf(node.inputs[2])?.[0] !== 0) return refuse('the scales must be constant')
  const scales = given && given.length > 0 ? [0, 1, 2, 3].map(i => given[axes.indexOf(i)] ?? 1) : undefined
  const uniform = uniformScale(node, shape, axes)
  const of = (i: number): Axis => {
    const [from, to] = [shape[i], out?.[i]]
    const [f, t] = [typeof from === 'number' ? from : undefined, typeof to === 'number' ? to : undefined]
    const ratio = from !== undefined && to !== undefined ? (f !== undefined && t !== undefined ? t / f : divideExactly(to, from)) : undefined
    return { from: f, to: t, scale: scales?.[i] ?? (axes.includes(i) ? uniform : undefined) ?? (typeof ratio === 'number' ? ratio : undefined) }
  }
  const [n, h, w, c] = [of(0), of(1), of(2), of(3)]
  if ([n, c].some(a => !(a.scale === 1 || (a.from !== undefined && a.from === a.to))) && !(scales === undefined && out && String(out[0]) === String(shape[0]) && String(out[3]) === String(shape[3]))) return refuse('it takes height and width alone')
  const known = [h, w].every(a => a.from !== undefined && a.to !== undefined)
  const whole = [h, w].every(a => a.scale !== undefined && Number.isInteger(a.scale))
  if (!known && !whole) return refuse('scales that are not whole numbers, of a size that is not known')
  const mode = stringOf(node, 'mode', 'nearest')
  if (mode !== 'nearest' && uniform !== undefined && !(known && (h.to! * w.from!) === (w.to! * h.from!))) return refuse('sizes that keep the aspect ratio only nearly')
  const at = stringOf(node, 'coordinate_transformation_mode', 'half_pixel')
  if (at === 'tf_crop_and_resize') return refuse('tf_crop_and_resize has no counterpart')
  const sizes = known ? int32s(b, [h.to!, w.to!]) : runtimeSizes(b, x, [h.scale!, w.scale!])
  if (mode === 'nearest') {
    for (const a of [h, w]) writtenOut(a.to ?? 0)
    const rounding = stringOf(node, 'nearest_mode', 'round_prefer_floor')
    for (const [align, half] of [[false, false], [false, true], [true, false]] as const) {
      if (![h, w].every(a => (align && a.from === undefined ? false : nearestAgrees(at, rounding, a, align, half)))) continue
      return b.op('tflite::RESIZE_NEAREST_NEIGHBOR', [x, sizes], { align_corners: align || undefined, half_pixel_centers: half || undefined })
    }
    if (!known) return refuse(`the mode ${at} with ${rounding}, of a size that is not known`)
    const take = (v: Value, axis: number, a: Axis): Value => b.op('tflite::GATHER', [v, int32s(b, Array.from({ length: a.to! }, (_, i) => nearest(at, rounding, i, a)))], { axis })
    return take(take(x, 1, h), 2, w)
  }
  const smooth = intOf(node, 'antialias', 0) === 1
  const one = [h, w].some(a => a.to === 1 && a.from !== 1)
  const exact = [h, w].every(a => a.from === undefined || Math.abs(a.from * a.scale! - a.to!) < 1e-6)
  if (mode === 'linear' && !smooth && !one) {
    if (exact && at === 'align_corners' && known) return b.op('tflite::RESIZE_BILINEAR', [x, sizes], { align_corners: 1 })
    if (exact && ['half_pixel', 'pytorch_half_pixel', 'half_pixel_symmetric'].includes(at)) return b.op('tflite::RESIZE_BILINEAR', [x, sizes], { half_pixel_centers: 1 })
    if (exact && at === 'asymmetric') return b.op('tflite::RESIZE_BILINEAR', [x, sizes])
  }
  if (!known || n.from === undefined || c.from === undefined || dtypeOf(x) !== 'float32') return refuse(`the mode ${mode}, ${at}, of float32 of known sizes only`)
  const rows = h.from === h.to ? x : b.op('tflite::BATCH_MATMUL', [interpolation(b, node, h), b.op('tflite::RESHAPE', [x, int32s(b, [n.from, h.from!, w.from! * c.from])])])
  const columns = b.op('tflite::RESHAPE', [rows, int32s(b, [n.from * h.to!, w.from!, c.from])])
  const y = w.from === w.to ? columns : b.op('tflite::BATCH_MATMUL', [interpolation(b, node, w), columns])
  return b.op('tflite::RESHAPE', [y, int32s(b, [n.from, h.to!, w.to!, c.from])])
})

/** What each output element takes of each input element along one axis, [1, to, from]: the operator itself, run on the unit matrix. */
function interpolation(b: Builder, node: Node, { from, to, scale }: Axis): Value {
  writtenOut(from! * Math.max(from!, to!))
  const graph = new Graph(new Names())
  const unit = float32Tensor(Float32Array.from({ length: from! * from! }, (_, i) => Number(i % (from! + 1) === 0)), [from!, from!])
  const byScale = node.inputs[2] !== undefined && numbersOf(node.inputs[2])?.length !== 0
  const factor = byScale ? float32Tensor([scale!, 1]) : undefined
  const size = byScale ? undefined : int64Tensor([to!, from!])
  const { axes: _axes, keep_aspect_ratio_policy: _policy, ...attributes } = node.attributes
  const tensors = [unit, undefined, factor, size]
  const resizing = new Node({ op: 'Resize', inputs: tensors.map(t => t && graph.constant(t)), attributes, origin: node.origin })
  graph.insert(resizing)
  resizing.setOutput(0, graph.value('matrix'))
  inferNode(resizing)
  const [matrix] = evaluateNode(resizing, tensors)
  return b.constant(reshapedTensor(matrix as Tensor, [1, to!, from!]))
}

/** Height and width while the model runs, times whole numbers. */
function runtimeSizes(b: Builder, x: Value, scales: readonly number[]): Value {
  const sizes = b.op('tflite::STRIDED_SLICE', [runtimeShape(b, x), int32s(b, [1]), int32s(b, [3]), int32s(b, [1])])
  return b.op('tflite::MUL', [sizes, int32s(b, scales)])
}

const blocks = (name: string, op: string, to: string) =>
  onNode(name, `lapidary::${op}`, (node, b, refuse) => {
    if (stringOf(node, 'mode', 'DCR') !== 'DCR') return refuse('the mode CRD orders channels otherwise')
    return b.op(to, [node.inputs[0]], { block_size: intOf(node, 'blocksize', 1) })
  })

export const resizeRules = [resize, blocks('depth-to-space', 'NhwcDepthToSpace', 'tflite::DEPTH_TO_SPACE'), blocks('space-to-depth', 'NhwcSpaceToDepth', 'tflite::SPACE_TO_DEPTH')]
