import { kindOf } from '../ir/dtype.ts'
import type { DType } from '../ir/dtype.ts'
import { scalarTensor } from '../ops/scalar.ts'
import type { Dim } from '../ir/dim.ts'
import { substituteDim, symbolsOf } from '../ir/dim.ts'
import type { Model, Value } from '../ir/model.ts'
import { inlineTensor, peekNumbers } from '../ir/tensor.ts'
import type { Tensor } from '../ir/tensor.ts'
import { LapidaryError } from '../diag/diagnostic.ts'
import { elementCount, typeToString } from '../ir/types.ts'
import { byteLengthOf } from '../ir/dtype.ts'
import { Random } from './random.ts'

/** Sizes for the symbols in a model's inputs. */
export type Sizes = ReadonlyMap<string, number>

const sampleUnmade = (value: Value, why: string): LapidaryError =>
  new LapidaryError({
    code: 'validate.sample.unmade',
    severity: 'error',
    message: `no sample can be made for input "${value.name}" (${typeToString(value.type)}): ${why}`,
    help: 'Give one with --feed NAME=FILE.npy, or its shape with --input NAME=SHAPE.',
  })

/** The inputs a caller must give: those without a default. */
export const requiredInputs = (model: Model): readonly Value[] => model.graph.inputs.filter(v => v.constant === undefined)

/**
 * Sizes for every symbol in the inputs: 1 for a first axis, else unequal multiples of 32 (never a square, so that
 * exchanged axes show); draw 1, 2 ... give larger ones. `given` wins.
 */
export function chooseSizes(model: Model, draw = 0, given: Sizes = new Map()): Map<string, number> {
  const sizes = new Map(given)
  let next = 2 + draw
  for (const value of requiredInputs(model)) {
    if (value.type?.kind !== 'tensor') continue
    value.type.shape?.forEach((dim, axis) => {
      for (const name of symbolsOf(dim)) if (!sizes.has(name)) sizes.set(name, axis === 0 ? 1 : 32 * next++)
    })
  }
  return sizes
}

/** What an integer input is used for decides which values make sense. */
function integerRange(value: Value): readonly [number, number] | readonly number[] {
  const compared: number[] = []
  let rows = Infinity
  for (const use of value.uses) {
    if (!('node' in use)) continue
    const { node } = use
    if (node.op === 'Gather' && use.index === 1) {
      const table = node.inputs[0]?.type
      const axis = node.attributes['axis']
      const size = table?.kind === 'tensor' ? table.shape?.at(axis?.type === 'int' ? Number(axis.value) : 0) : undefined
      if (typeof size === 'number') rows = Math.min(rows, size)
    }
    if (node.op === 'Equal') compared.push(...(peekNumbers(node.inputs[1 - use.index]?.constant) ?? []))
  }
  if (compared.length > 0) return compared
  return [0, Math.min(rows, 10)]
}

function fill(value: Value, dtype: DType, shape: readonly number[], random: Random): Tensor {
  const kind = kindOf(dtype)
  const count = elementCount(shape)
  if (count > 2 ** 30) throw sampleUnmade(value, `[${shape.join(', ')}] is too large`)
  const width = byteLengthOf(dtype, 1)
  if (kind === 'string' || kind === 'complex' || byteLengthOf(dtype, 8) !== 8 * width) throw sampleUnmade(value, `there is no generator for ${dtype}`)
  const range = integerRange(value)
  const draw = (): number => {
    if (kind === 'float') return random.uniform() * 2 - 1
    if (kind === 'bool') return random.integer(0, 2)
    return range.length === 2 && value.type?.kind === 'tensor' && range[0] === 0 ? random.integer(0, range[1]!) : range[0]!
  }
  const bytes = new Uint8Array(count * width)
  if (dtype === 'float32' && isPicture(shape)) paint(new Float32Array(bytes.buffer), shape, random)
  else if (dtype === 'float32') {
    const view = new Float32Array(bytes.buffer)
    for (let i = 0; i < count; i++) view[i] = draw()
  } else for (let i = 0; i < count; i++) bytes.set(scalarTensor(dtype, draw()).peek()!, i * width)
  return inlineTensor(dtype, shape, bytes)
}

/** [N, C, H, W] or [N, H, W, C] with one, three or four channels. */
const isPicture = (shape: readonly number[]): boolean => shape.length === 4 && ([1, 3, 4].includes(shape[1]!) || [1, 3, 4].includes(shape[3]!)) && shape.every(n => n > 0)

/**
 * Pictures in [-1, 1): a light slope with dark bars of all sizes and lines of made-up letters, and a little noise. White
 * noise would leave most vision models cold: detectors find nothing in it, and next to nothing is all that is compared.
 */
function paint(out: Float32Array, shape: readonly number[], random: Random): void {
  const last = ![1, 3, 4].includes(shape[1]!)
  const [count, channels, height, width] = last ? [shape[0]!, shape[3]!, shape[1]!, shape[2]!] : (shape as [number, number, number, number])
  const plane = new Float32Array(height * width)
  const bar = (top: number, left: number, tall: number, wide: number, value: number): void => {
    for (let y = top; y < Math.min(height, top + tall); y++) plane.fill(value, y * width + Math.min(left, width), y * width + Math.min(left + wide, width))
  }
  for (let n = 0; n < count; n++) {
    const [across, down] = [random.uniform() - 0.5, random.uniform() - 0.5]
    for (let i = 0; i < plane.length; i++) plane[i] = 0.6 + 0.3 * (across * ((i % width) / width) + down * (i / plane.length))
    for (let i = 0; i < 8; i++) bar(random.integer(0, height), random.integer(0, width), random.integer(1, 2 + (height >> 3)), random.integer(1, 2 + (width >> 3)), random.uniform() * 1.6 - 0.8)
    for (let top = random.integer(2, 8); top + 10 < height; ) {
      const dot = random.integer(2, Math.max(4, Math.min(8, Math.floor(height / 6))))
      for (let left = random.integer(2, 2 + (width >> 2)); left + 3 * dot < width; left += 4 * dot) {
        if (random.uniform() < 0.15) continue
        for (let row = 0; row < 5; row++) for (let column = 0; column < 3; column++) if (random.uniform() < 0.6) bar(top + row * dot, left + column * dot, dot, dot, -0.9)
      }
      top += 5 * dot + random.integer(6, 24)
    }
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < plane.length; i++) {
        const value = plane[i]! * (1 - 0.08 * c) + random.uniform() * 0.1 - 0.05
        out[last ? (n * plane.length + i) * channels + c : (n * channels + c) * plane.length + i] = value
      }
  }
}

/**
 * Seeded inputs that respect dtypes, shapes and, for integers, use: indices stay within the table they look up, values
 * that are compared with constants are one of these. Floats lie in [-1, 1): pictures where the shape is a picture's, else uniform. Throws `validate.sample.unmade`.
 */
export function makeSample(model: Model, seed: number, sizes: Sizes = chooseSizes(model)): Map<string, Tensor> {
  const random = new Random(seed)
  const known = new Map<string, Dim>(sizes)
  const feeds = new Map<string, Tensor>()
  for (const value of requiredInputs(model)) {
    const { type } = value
    if (type?.kind !== 'tensor' || type.shape === undefined) throw sampleUnmade(value, 'its shape is not known')
    const shape = type.shape.map(d => substituteDim(d, known))
    if (!shape.every(d => typeof d === 'number')) throw sampleUnmade(value, 'some of its sizes are not known')
    feeds.set(value.name, fill(value, type.dtype, shape as readonly number[], random))
  }
  return feeds
}
