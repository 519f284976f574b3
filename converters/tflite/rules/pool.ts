import type { AttributeInit } from '../../../src/ir/attribute.ts'
import type { Dim } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import { float32Tensor } from '../../../src/ir/tensor.ts'
import { numberOfDType } from '../../../src/ops/kit/datatype.ts'
import { dtypeOf, intOf, intsOf, rankOf, shapeOf, sizesOf, stringOf } from '../../../src/passes/kit/values.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { int32s, onNode, runtimeShape } from './kit.ts'
import type { Windows } from './window.ts'
import { narrowAgain, padSpatial, paddingName, statedWindows, widen, widened, windowsOf } from './window.ts'

const filter = (w: Windows) => ({ filter_height: w.kernel[0]!, filter_width: w.kernel[1]!, stride_h: w.strides[0]!, stride_w: w.strides[1]! })

/** Three spatial axes as two and one: greatest and mean elements of a box are those of rows of rectangles. */
const boxes = onNode('pool-3d', ['lapidary::NhwcMaxPool', 'lapidary::NhwcAveragePool'], (node, b, refuse) => {
  const x = node.inputs[0]!
  const [shape, out] = [sizesOf(x), sizesOf(node.outputs[0])]
  if (shape?.length !== 5 || out === undefined) return refuse('it takes three spatial axes of known sizes')
  if (node.outputs[1] && node.outputs[1].uses.size > 0) return refuse('it gives no indices')
  const part = (axes: readonly number[], lead: boolean): Record<string, AttributeInit> => {
    const made: Record<string, AttributeInit> = { ...node.attributes }
    for (const [name, otherwise] of [['kernel_shape', 1], ['strides', 1], ['dilations', 1]] as const) {
      const given = intsOf(node, name)
      made[name] = [...axes.map(a => given?.[a] ?? otherwise), ...(lead ? [1] : [])]
    }
    const pads = intsOf(node, 'pads')
    if (pads) made['pads'] = [...axes.map(a => pads[a]!), ...(lead ? [0] : []), ...axes.map(a => pads[a + 3]!), ...(lead ? [0] : [])]
    return made
  }
  const [n, d, h, w, c] = shape as [number, number, number, number, number]
  const rectangles = b.op(node.qualified, [b.op('tflite::RESHAPE', [x, int32s(b, [n * d, h, w, c])])], part([1, 2], false))
  const rows = b.op(node.qualified, [b.op('tflite::RESHAPE', [rectangles, int32s(b, [n, d, out[2]! * out[3]!, c])])], part([0], true))
  return [b.op('tflite::RESHAPE', [rows, int32s(b, out)]), undefined]
})

export const maxPool = onNode('max-pool', 'lapidary::NhwcMaxPool', (node, b, refuse) => {
  const [x, kernel] = [node.inputs[0]!, intsOf(node, 'kernel_shape')]
  const shape = shapeOf(x)
  if (kernel === undefined || shape === undefined || kernel.length > 2) return refuse('it takes one or two spatial axes of a known rank')
  if (node.outputs[1] && node.outputs[1].uses.size > 0) return refuse('it gives no indices')
  const read = windowsOf(node, kernel)
  if (typeof read === 'string') return refuse(read)
  if (read.dilations.some(d => d !== 1)) return refuse('it has no dilations')
  const padding = paddingName(read, shape.slice(1, -1))
  const padded = padding === undefined ? padSpatial(b, x, read.before, read.after, b.scalar(-Infinity, 'float32')) : x
  const flat = kernel.length === 1
  const y = b.op('tflite::MAX_POOL_2D', [flat ? widen(b, padded) : padded], { padding: padding ?? 'VALID', ...filter(flat ? widened(read) : read) })
  return [flat ? narrowAgain(b, y) : y, undefined]
})

/** float32 holds integers of 8 bits: the greatest of them is the same. */
const maxPoolOfIntegers = onNode('max-pool-integers', 'lapidary::NhwcMaxPool', (node, b, refuse) => {
  const dtype = dtypeOf(node.inputs[0])
  if ((dtype !== 'int8' && dtype !== 'uint8') || (node.outputs[1] && node.outputs[1].uses.size > 0)) return refuse('it is not of integers of 8 bits')
  const real = b.op('Cast', [node.inputs[0]], { to: numberOfDType('float32') })
  return [b.op('Cast', [b.op(node.qualified, [real], node.attributes)], { to: numberOfDType(dtype) }), undefined]
})

/**
 * The runtime divides by the elements that are there, as ONNX does without `count_include_pad`. With it, or with pads
 * that are no SAME: zeros are put round the image, and what was divided by too much is scaled back by a constant map.
 */
export const averagePool = onNode('average-pool', 'lapidary::NhwcAveragePool', (node, b, refuse) => {
  const [x, kernel] = [node.inputs[0]!, intsOf(node, 'kernel_shape')]
  const shape = shapeOf(x)
  if (kernel === undefined || shape === undefined || kernel.length > 2) return refuse('it takes one or two spatial axes of a known rank')
  const read = windowsOf(node, kernel)
  if (typeof read === 'string') return refuse(read)
  if (read.dilations.some(d => d !== 1)) return refuse('it has no dilations')
  const withPads = intOf(node, 'count_include_pad', 0) === 1
  const padding = paddingName(read, shape.slice(1, -1))
  const flat = kernel.length === 1
  const stated = withPads ? statedWindows(read, shape.slice(1, -1)) : read
  if (stated === undefined) return refuse('counted pads of an image whose size is not known')
  const w = flat ? widened(stated) : stated
  const pool = (data: Value, name: 'SAME' | 'VALID'): Value => b.op('tflite::AVERAGE_POOL_2D', [data], { padding: name, ...filter(w) })
  const wide = flat ? widen(b, x) : x
  const finish = (y: Value): Value => (flat ? narrowAgain(b, y) : y)
  if (padding === 'VALID' || (padding === 'SAME' && !withPads)) return finish(pool(wide, padding))
  const y = pool(padSpatial(b, wide, w.before, w.after), 'VALID')
  const sizes: readonly Dim[] = flat ? [1, shape[1]!] : shape.slice(1, -1)
  const pads = intsOf(node, 'pads') ?? []
  // automatic pads leave nothing to round up
  const ceil = intOf(node, 'ceil_mode', 0) === 1 && !stringOf(node, 'auto_pad', 'NOTSET').startsWith('SAME')
  if (withPads && !ceil) return finish(y)
  if (!sizes.every(n => typeof n === 'number')) {
    if (withPads) return refuse('ceil_mode with counted pads on an image whose size is not known')
    // the share of each window that lies on the image: the same pooling of an image of ones
    const like = b.op('tflite::ADD', [b.op('tflite::MUL', [runtimeShape(b, wide), int32s(b, [0, 1, 1, 0])]), int32s(b, [1, 0, 0, 1])])
    const ones = b.op('tflite::FILL', [like, b.scalar(1, 'float32')])
    return finish(b.op('tflite::DIV', [y, pool(padSpatial(b, ones, w.before, w.after), 'VALID')]))
  }
  // with pads counted, what ceil_mode adds beyond the stated pads still does not count
  const end = (axis: number): number => (withPads ? (sizes[axis] as number) + (flat ? (axis === 0 ? 0 : (pads[1] ?? 0)) : (pads[axis + 2] ?? 0)) : (sizes[axis] as number))
  const counts = (axis: number): number[] => {
    const [size, k, s, p, q] = [sizes[axis] as number, w.kernel[axis]!, w.strides[axis]!, w.before[axis]!, w.after[axis]!]
    const low = withPads ? -p : 0
    return Array.from({ length: writtenOut(Math.floor((size + p + q - k) / s) + 1) }, (_, o) => Math.min(o * s - p + k, end(axis)) - Math.max(o * s - p, low))
  }
  const [rows, columns] = [counts(0), counts(1)]
  const whole = w.kernel[0]! * w.kernel[1]!
  const map = rows.flatMap(r => columns.map(c => whole / (r * c)))
  return finish(map.every(m => m === 1) ? y : b.op('tflite::MUL', [y, b.constant(float32Tensor(map, [1, rows.length, columns.length, 1]))]))
})

const globalPool = (name: string, op: string, by: string) =>
  onNode(name, `lapidary::${op}`, (node, b, refuse) => {
    const rank = rankOf(node.inputs[0])
    if (rank === undefined) return refuse('the rank is not known')
    return b.op(by, [node.inputs[0], int32s(b, Array.from({ length: rank - 2 }, (_, i) => i + 1))], { keep_dims: 1 })
  })

export const poolRules = [boxes, maxPool, maxPoolOfIntegers, averagePool, globalPool('global-average-pool', 'NhwcGlobalAveragePool', 'tflite::MEAN'), globalPool('global-max-pool', 'NhwcGlobalMaxPool', 'tflite::REDUCE_MAX')]
