import type { Value } from '../../../src/ir/model.ts'
import { bytesOf } from '../../../src/ir/tensor.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { dtypeOf, intOf, numbersOf, sizesOf } from '../../../src/passes/kit/values.ts'
import { asInt32, castTo, int32s, onNode } from './kit.ts'

/** Classes of all images beyond which a node is not written out. */
const mostLists = 256

/** The next float32 above one of 0 or more. */
function justAbove(x: number): number {
  const words = new Uint32Array(Float32Array.of(x).buffer)
  words[0]! += 1
  return new Float32Array(words.buffer)[0]!
}

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
  const [threshold, lowest] = [overlap ? numbersOf(overlap)?.[0] : 0, least ? numbersOf(least)?.[0] : -3.4028234663852886e38]
  if (limit === undefined) return refuse('it keeps no box')
  if (threshold === undefined || threshold < 0 || lowest === undefined) return refuse('its thresholds must be constant')
  const known = numbersOf(limit)?.[0]
  const lone = (v: Value): Value => b.op('tflite::RESHAPE', [v, b.bytes('int32', [0], new Uint8Array())])
  const most = known === undefined ? b.op('tflite::MINIMUM', [lone(asInt32(b, limit)), b.scalar(count, 'int32')]) : b.scalar(Math.max(0, Math.min(known, count)), 'int32')
  const rows: Value[] = []
  for (let image = 0; image < images; image++) {
    const pick = (v: Value, begin: readonly number[], size: readonly number[], shape: readonly number[]): Value =>
      b.op('tflite::RESHAPE', [b.op('tflite::SLICE', [v, int32s(b, begin), int32s(b, size)]), int32s(b, shape)])
    const given = pick(boxes, [image, 0, 0], [1, count, 4], [count, 4])
    const corners = intOf(node, 'center_point_box', 0) === 1 ? cornersOf(b, given) : given
    for (let of = 0; of < classes; of++) {
      const list = pick(scores, [image, of, 0], [1, 1, count], [count])
      const numbers = [most, b.scalar(justAbove(threshold), 'float32'), b.scalar(Math.max(lowest, -3.4028234663852886e38), 'float32')]
      const [places, found] = b.ops('tflite::NON_MAX_SUPPRESSION_V4', [corners, list, ...numbers], 2) as [Value, Value]
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
