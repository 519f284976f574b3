import type { DimensionMetadata, SparseIndexVector, SparsityParameters } from '../../proto/tflite.gen.ts'
import type { Origin } from '../../src/diag/origin.ts'
import type { DType } from '../../src/ir/dtype.ts'
import { bitsOf } from '../../src/ir/dtype.ts'
import type { Value } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { deferredTensor } from '../../src/ir/tensor.ts'
import { elementCount } from '../../src/ir/types.ts'
import { tensorInvalid } from './diagnostics.ts'

/** Sparse weights as a file holds them: the values that are there, along an axis of their own, and where they go. */
export interface SparseForm {
  readonly sparsity: SparsityParameters
  readonly values: Tensor
}

/** One step of the walk over the elements: an axis, or the places within a block of one. */
interface Level {
  /** How far one place is from the next, in elements of the dense weights. */
  readonly stride: number
  readonly size: number
  /** Of a compressed level: where the places below each position begin and end, and the places. */
  readonly segments?: ArrayLike<number>
  readonly indices?: ArrayLike<number>
}

/** Elements of dense weights that one value of sparse ones may stand for at most, where there are more elements than `freeElements`: a file that claims more holds no weights. */
const sparsestWeights = 256
const freeElements = 2 ** 24

const forms = new WeakMap<Tensor, SparseForm>()
let serial = 0

/** How a tensor lies in the file it came from, if it was sparse there. */
export const sparseFormOf = (tensor: Tensor | undefined): SparseForm | undefined => (tensor ? forms.get(tensor) : undefined)

/** How a value is written: sparse where only DENSIFY reads it. */
export const sparseFormOfValue = (value: Value): SparseForm | undefined =>
  [...value.uses].every(use => 'node' in use && use.node.qualified === 'tflite::DENSIFY') ? sparseFormOf(value.constant) : undefined

/**
 * Sparse weights as the dense tensor they stand for, filled in when its bytes are asked for (tensorflow/lite/schema/schema.fbs, SparsityParameters:
 * the axes in the order of the walk, then the blocks', each dense or compressed as rows are in CSR). `valuesOf` gives that many values as the file
 * has them. Throws `tflite.import.tensor`.
 */
export function densified(dtype: DType, shape: readonly number[], sparsity: SparsityParameters, valuesOf: (count: number) => Tensor | undefined, name: string, at: Origin): Tensor | undefined {
  const size = bitsOf(dtype) / 8
  if (!Number.isInteger(size)) throw tensorInvalid(at, `the weights ${name} are sparse and of ${dtype}, which is not read`)
  const levels = levelsOf(shape, sparsity, name, at)
  const stored = levels.reduce((n, level) => level.indices?.length ?? n * level.size, 1)
  const count = elementCount(shape)
  if (count > Math.max(freeElements, sparsestWeights * stored)) throw tensorInvalid(at, `the sparse weights ${name} hold ${stored} values for [${shape.join()}]`)
  const values = valuesOf(stored)
  if (values === undefined) return undefined
  const tensor = deferredTensor(dtype, shape, [values], `densify-${serial++}`, ([bytes]) => {
    const dense = new Uint8Array(count * size)
    placesOf(levels).forEach((to, from) => dense.set(bytes!.subarray(from * size, (from + 1) * size), to * size))
    return dense
  })
  forms.set(tensor, { sparsity, values })
  return tensor
}

const numbersOf = (vector: SparseIndexVector | undefined): ArrayLike<number> => (vector?.value as { readonly values?: ArrayLike<number> } | undefined)?.values ?? []

function levelsOf(shape: readonly number[], sparsity: SparsityParameters, name: string, at: Origin): readonly Level[] {
  const wrong = (what: string): never => {
    throw tensorInvalid(at, `the sparse weights ${name} of [${shape.join()}] have ${what}`)
  }
  const { traversal_order: order = [], block_map: blocks = [], dim_metadata: metadata = [] } = sparsity
  const rank = shape.length
  if (metadata.length !== rank + blocks.length || order.length !== metadata.length) wrong(`${order.length} axes in order, ${blocks.length} blocks and ${metadata.length} kinds of axes`)
  const place = order.map((_, i) => order.indexOf(i))
  if (place.includes(-1)) wrong(`the order ${order.join()}`)
  if (place.some((p, i) => (i < rank ? p >= rank : p < rank))) wrong(`the order ${order.join()}, where blocks do not come last`)
  if (blocks.some((axis, i) => !(axis >= 0 && axis < rank) || blocks.indexOf(axis) !== i)) wrong(`blocks along ${blocks.join()}`)
  const within = shape.map((_, axis) => (blocks.includes(axis) ? (metadata[place[rank + blocks.indexOf(axis)]!]!.dense_size ?? 0) : 1))
  if (within.some((n, axis) => n < 1 || shape[axis]! % n !== 0)) wrong(`blocks of ${within.join()}`)
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)))
  let positions = 1
  return order.map((which, i) => {
    const axis = which < rank ? which : blocks[which - rank]!
    const size = which < rank ? shape[axis]! / within[axis]! : within[axis]!
    const stride = strides[axis]! * (which < rank ? within[axis]! : 1)
    const compressed = compressedLevel(metadata[i]!, positions, size)
    if (compressed === undefined) wrong(`an axis ${which} that does not fit`)
    positions = compressed?.indices ? compressed.indices.length : positions * size
    return { stride, size, ...compressed }
  })
}

/** The places of a compressed level, nothing of a dense one; undefined when these do not fit what lies above and the size. */
function compressedLevel({ format = 'DENSE', dense_size: size = 0, array_segments, array_indices }: DimensionMetadata, positions: number, expected: number): Pick<Level, 'segments' | 'indices'> | undefined {
  if (format === 'DENSE') return size === expected ? {} : undefined
  if (format !== 'SPARSE_CSR') return undefined
  const [segments, indices] = [numbersOf(array_segments), numbersOf(array_indices)]
  if (segments.length !== positions + 1 || segments[0] !== 0 || segments[positions] !== indices.length) return undefined
  for (let i = 0; i < positions; i++) if (segments[i]! > segments[i + 1]!) return undefined
  for (let i = 0; i < indices.length; i++) if (!(indices[i]! >= 0 && indices[i]! < expected)) return undefined
  return { segments, indices }
}

/** Where each value goes among the dense weights, in the order of the values. */
function placesOf(levels: readonly Level[]): Float64Array {
  let places = new Float64Array(1)
  for (const { stride, size, segments, indices } of levels) {
    const next = new Float64Array(indices?.length ?? places.length * size)
    places.forEach((place, i) => {
      const [from, to] = segments ? [segments[i]!, segments[i + 1]!] : [i * size, (i + 1) * size]
      for (let k = from; k < to; k++) next[k] = place + stride * (indices ? indices[k]! : k - from)
    })
    places = next
  }
  return places
}
