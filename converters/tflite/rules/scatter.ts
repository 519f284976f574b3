import type { Value } from '../../../src/ir/model.ts'
import { elementCount } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { dtypeOf, shapeOf, sizesOf, stringOf } from '../../../src/passes/kit/values.ts'
import { asInt32, int32s, numbersIn, onNode } from './kit.ts'

const segments: Readonly<Record<string, string>> = { add: 'UNSORTED_SEGMENT_SUM', mul: 'UNSORTED_SEGMENT_PROD', max: 'UNSORTED_SEGMENT_MAX', min: 'UNSORTED_SEGMENT_MIN' }

/** Indices of places from the front, int32. */
function fromFront(b: Builder, indices: Value, sizes: readonly number[]): Value {
  const given = asInt32(b, indices)
  if (numbersIn(indices)?.every(n => n >= 0)) return given
  return b.op('tflite::SELECT_V2', [b.op('tflite::LESS', [given, b.scalar(0, 'int32')]), b.op('tflite::ADD', [given, int32s(b, sizes)]), given])
}

/** Indices as numbers of rows. */
function rowNumbers(b: Builder, places: Value, sizes: readonly number[], count: number): Value {
  const strides = sizes.map((_, i) => elementCount(sizes.slice(i + 1)))
  const weighed = sizes.length === 1 ? places : b.op('tflite::SUM', [b.op('tflite::MUL', [places, int32s(b, strides)]), int32s(b, [-1])])
  return b.op('tflite::RESHAPE', [weighed, int32s(b, [count])])
}

/**
 * The runtime scatters on zeros and adds up; ONNX writes over data. Where something is joined with what is there, data
 * and updates are one list of rows, and rows of the same number are joined.
 */
export const scatterND = onNode('scatter-nd', 'ScatterND', (node, b, refuse) => {
  const [data, indices, updates] = node.inputs as [Value, Value, Value]
  const reduction = stringOf(node, 'reduction', 'none')
  const [shape, dtype, at, given] = [sizesOf(data), dtypeOf(data), shapeOf(indices), sizesOf(updates)]
  const depth = at?.at(-1)
  if (shape === undefined || dtype === undefined || dtype === 'bool' || dtype === 'string') return refuse('it takes numbers of known shape')
  if (typeof depth !== 'number' || depth === 0 || given === undefined || given.length === 0 || elementCount(given) === 0) return refuse('the updates have no known shape')
  const sizes = shape.slice(0, depth)
  const places = fromFront(b, indices, sizes)
  const whole = int32s(b, shape)
  if (reduction === 'none' || reduction === 'add') {
    const scattered = b.op('tflite::SCATTER_ND', [places, updates, whole])
    if (reduction === 'add') return b.op('tflite::ADD', [data, scattered])
    const ones = b.op('tflite::FILL', [int32s(b, given), b.scalar(1, 'int32')])
    const untouched = b.op('tflite::EQUAL', [b.op('tflite::SCATTER_ND', [places, ones, whole]), b.scalar(0, 'int32')])
    return b.op('tflite::SELECT_V2', [untouched, data, scattered])
  }
  const op = segments[reduction]
  if (op === undefined) return refuse(`the reduction ${reduction}`)
  const [rows, inner] = [elementCount(sizes), elementCount(shape.slice(depth))]
  if (rows === 0 || inner === 0) return refuse('nothing to join')
  const count = elementCount(given) / inner
  const list = (v: Value, n: number): Value => b.op('tflite::RESHAPE', [v, int32s(b, [n, inner])])
  const all = b.op('tflite::CONCATENATION', [list(data, rows), list(updates, count)], { axis: 0 })
  const own = b.op('tflite::RANGE', [b.scalar(0, 'int32'), b.scalar(rows, 'int32'), b.scalar(1, 'int32')])
  const ids = b.op('tflite::CONCATENATION', [own, rowNumbers(b, places, sizes, count)], { axis: 0 })
  return b.op('tflite::RESHAPE', [b.op(`tflite::${op}`, [all, ids, b.scalar(rows, 'int32')]), whole])
})
