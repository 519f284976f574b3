import type { Value } from '../../../src/ir/model.ts'
import { bytesOf } from '../../../src/ir/tensor.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { tensorType } from '../../../src/ir/types.ts'
import { dtypeOf, intOf, numbersOf, shapeOf, sizesOf } from '../../../src/passes/kit/values.ts'
import { asInt32, castTo, int32s, onNode } from './kit.ts'

/** Classes of all images beyond which a node is not written out. */
const mostLists = 256

/** The next float32 above one of 0 or more. */
function justAbove(x: number): number {
  const words = new Uint32Array(Float32Array.of(x).buffer)
  words[0]! += 1
  return new Float32Array(words.buffer)[0]!
}

const lowestFloat = -3.4028234663852886e38

/** The least float32 above a threshold; undefined for one below 0, which no overlap is. */
function aboveOverlap(b: Builder, overlap: Value, lone: (v: Value) => Value): Value | undefined {
  const known = numbersOf(overlap)?.[0]
  if (known !== undefined) return known < 0 ? undefined : b.scalar(justAbove(known), 'float32')
  const bits = bitsAs(b, b.op('tflite::MAXIMUM', [lone(overlap), b.scalar(0, 'float32')]), 'int32')
  return bitsAs(b, b.op('tflite::ADD', [bits, b.scalar(1, 'int32')]), 'float32')
}

const bitsAs = (b: Builder, v: Value, to: 'int32' | 'float32'): Value => b.op('tflite::BITCAST', [v], { output_types: { type: 'types', value: [tensorType(to, shapeOf(v))] } })

/** Two corners of boxes [n, 4] that are given by center and size, x before y. */
function cornersOf(b: Builder, boxes: Value): Value {
  const pair = (from: number): Value => b.op('tflite::GATHER', [boxes, int32s(b, [from + 1, from])], { axis: 1 })
  const half = b.op('tflite::MUL', [pair(2), b.scalar(0.5, 'float32')])
  return b.op('tflite::CONCATENATION', [b.op('tflite::SUB', [pair(0), half]), b.op('tflite::ADD', [pair(0), half])], { axis: 1 })
}

/** The runtime works on one list of boxes and drops at the threshold, not above it; each class of each image is a list. */
export const nonMaxSuppression = onNode('non-max-suppression', 'NonMaxSuppression', (node, b, refuse) => {
  const [boxes, scores, limit, overlap, least] = node.inputs as [Value, Value, Value?, Value?, Value?]
  const sizes = sizesOf(scores)
  if (sizes?.length !== 3 || sizesOf(boxes) === undefined || dtypeOf(boxes) !== 'float32') return refuse('it takes float32 of known sizes')
  const [images, classes, count] = sizes as [number, number, number]
  if (images * classes > mostLists || images * classes * count === 0) return refuse(`${images * classes} lists of ${count} boxes`)
  if (limit === undefined) return refuse('it keeps no box')
  const known = numbersOf(limit)?.[0]
  const lone = (v: Value): Value => b.op('tflite::RESHAPE', [v, b.bytes('int32', [0], new Uint8Array())])
  const most = known === undefined ? b.op('tflite::MINIMUM', [lone(asInt32(b, limit)), b.scalar(count, 'int32')]) : b.scalar(Math.max(0, Math.min(known, count)), 'int32')
  const above = overlap ? aboveOverlap(b, overlap, lone) : b.scalar(justAbove(0), 'float32')
  if (above === undefined) return refuse('its threshold is below 0')
  const floor = least === undefined || numbersOf(least) ? b.scalar(Math.max((least && numbersOf(least)?.[0]) ?? -Infinity, lowestFloat), 'float32') : b.op('tflite::MAXIMUM', [lone(least), b.scalar(lowestFloat, 'float32')])
  const rows: Value[] = []
  for (let image = 0; image < images; image++) {
    const pick = (v: Value, begin: readonly number[], size: readonly number[], shape: readonly number[]): Value =>
      b.op('tflite::RESHAPE', [b.op('tflite::SLICE', [v, int32s(b, begin), int32s(b, size)]), int32s(b, shape)])
    const given = pick(boxes, [image, 0, 0], [1, count, 4], [count, 4])
    const corners = intOf(node, 'center_point_box', 0) === 1 ? cornersOf(b, given) : given
    for (let of = 0; of < classes; of++) {
      const list = pick(scores, [image, of, 0], [1, 1, count], [count])
      const [places, found] = b.ops('tflite::NON_MAX_SUPPRESSION_V4', [corners, list, most, above, floor], 2) as [Value, Value]
      const kept = b.op('tflite::STRIDED_SLICE', [places, int32s(b, [0]), b.op('tflite::EXPAND_DIMS', [found, int32s(b, [0], [])]), int32s(b, [1])])
      const column = b.op('tflite::EXPAND_DIMS', [kept, int32s(b, [1], [])])
      const name = b.bytes('int32', [1, 3], bytesOf(Int32Array.of(image, of, 0)))
      const place = b.op('tflite::MUL', [column, b.bytes('int32', [1, 3], bytesOf(Int32Array.of(0, 0, 1)))])
      rows.push(b.op('tflite::ADD', [place, name]))
    }
  }
  const all = rows.length === 1 ? rows[0]! : b.op('tflite::CONCATENATION', rows, { axis: 0 })
  return castTo(b, all, dtypeOf(node.outputs[0]) ?? 'int64')
})
