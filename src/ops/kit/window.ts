import type { Buffer, Expr } from '../../expr/expr.ts'
import { constant, read, select } from '../../expr/expr.ts'
import type { Dim } from '../../ir/dim.ts'
import { addDims, ceilDivDims, floorDivDims, minDims, mulDims, subDims } from '../../ir/dim.ts'
import type { AttributeReader, InferContext } from '../operator.ts'

/** How the windows of a convolution or pooling lie on an image: one entry for each spatial axis. */
export interface Window {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Elements of padding before the first and after the last element. */
  readonly before: readonly number[]
  readonly after: readonly number[]
}

interface Fails {
  readonly attributes: AttributeReader
  fail(message: string): never
}

/** A list attribute with an entry for each spatial axis; `otherwise` when it is missing. */
export function perAxis(k: Fails, name: string, rank: number, otherwise: number, least = 1): readonly number[] {
  const values = k.attributes.ints(name) ?? Array.from({ length: rank }, () => otherwise)
  if (values.length !== rank || values.some(v => v < least)) k.fail(`${name} [${values.join()}] for ${rank} spatial axes`)
  return values
}

const padsOf = (k: Fails, rank: number): readonly number[] => {
  const pads = k.attributes.ints('pads') ?? Array.from({ length: 2 * rank }, () => 0)
  return pads.length === 2 * rank ? pads : k.fail(`pads [${pads.join()}] for ${rank} spatial axes`)
}

export type AutoPad = 'NOTSET' | 'VALID' | 'SAME_UPPER' | 'SAME_LOWER'

/** How windows are padded without `pads`; fails for a name that is none. */
export function autoPadOf(k: Fails): AutoPad {
  const mode = k.attributes.string('auto_pad', 'NOTSET')
  if (mode === 'NOTSET' || mode === '' || mode === 'VALID' || mode === 'SAME_UPPER' || mode === 'SAME_LOWER') return mode === '' ? 'NOTSET' : mode
  return k.fail(`auto_pad ${mode}`)
}

/** The stretch that a window covers. */
export const extentOf = (kernel: Dim, dilation: number): Dim => addDims(mulDims(dilation, subDims(kernel, 1)), 1)

/**
 * How many windows fit on each spatial axis (ONNX, Conv and the pooling operators). With `ceil` a last window may hang
 * over the end, if it starts inside the image or the padding before it.
 */
export function windowCounts(ctx: InferContext, image: readonly Dim[], kernel: readonly Dim[], ceil = false): readonly Dim[] {
  const rank = image.length
  const [mode, pads, strides, dilations] = [autoPadOf(ctx), padsOf(ctx, rank), perAxis(ctx, 'strides', rank, 1), perAxis(ctx, 'dilations', rank, 1)]
  return image.map((size, i) => {
    const stride = strides[i]!
    const extent = extentOf(kernel[i]!, dilations[i]!)
    const [before, after] = mode === 'NOTSET' ? [pads[i]!, pads[i + rank]!] : [0, 0]
    const count = mode === 'SAME_UPPER' || mode === 'SAME_LOWER'
      ? ceilDivDims(size, stride)
      : ceil
        ? ceilDivDims(addDims(size, before, minDims(0, subDims(after + stride, extent))), stride)
        : addDims(floorDivDims(subDims(addDims(size, before, after), extent), stride), 1)
    if (typeof count === 'number' && count < 0) ctx.fail(`a window of ${extent} does not fit on ${addDims(size, before, after)}`)
    return count
  })
}

/** Where the windows lie, all sizes known. */
export function windowOf(k: Fails, image: readonly number[], kernel: readonly number[], counts: readonly number[]): Window {
  const rank = image.length
  const [mode, pads, strides, dilations] = [autoPadOf(k), padsOf(k, rank), perAxis(k, 'strides', rank, 1), perAxis(k, 'dilations', rank, 1)]
  const sides = image.map((size, i): [number, number] => {
    if (mode === 'NOTSET') return [pads[i]!, pads[i + rank]!]
    if (mode === 'VALID') return [0, 0]
    const total = Math.max(0, (counts[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - size)
    const half = Math.floor(total / 2)
    return mode === 'SAME_UPPER' ? [half, total - half] : [total - half, half]
  })
  return { kernel, strides, dilations, before: sides.map(s => s[0]), after: sides.map(s => s[1]) }
}

/** For each spatial axis and window, how many of the window's elements lie in the image, or in what surrounds it by `pads` too. */
export const placesInside = (w: Window, image: readonly number[], counts: readonly number[], padded: boolean): readonly (readonly number[])[] =>
  counts.map((count, a) =>
    Array.from({ length: count }, (_, o) => {
      const [low, high] = padded ? [-w.before[a]!, image[a]! + w.after[a]!] : [0, image[a]!]
      const places = Array.from({ length: w.kernel[a]! }, (_, t) => o * w.strides[a]! + t * w.dilations[a]! - w.before[a]!)
      return places.filter(p => p >= low && p < high).length
    }))

/** The place in the image of tap `t` of window `o`, on one axis. */
export const placeOf = (w: Window, axis: number, o: Expr, t: Expr): Expr =>
  o.mul(w.strides[axis]!).add(t.mul(w.dilations[axis]!)).sub(w.before[axis]!)

/** Whether the taps `t` of windows `o` lie in the image; only the tests that can fail are made. */
export function insideImage(w: Window, image: readonly number[], counts: readonly number[], o: readonly Expr[], t: readonly Expr[]): Expr {
  let inside: Expr = constant(true, 'bool')
  image.forEach((size, axis) => {
    const place = placeOf(w, axis, o[axis]!, t[axis]!)
    const last = (counts[axis]! - 1) * w.strides[axis]! + (w.kernel[axis]! - 1) * w.dilations[axis]! - w.before[axis]!
    if (w.before[axis]! > 0) inside = inside.and(place.ge(0))
    if (last >= size) inside = inside.and(place.lt(size))
  })
  return inside
}

/** Reads the image at taps of windows; `fill` where they lie outside. `map` is applied to what is read. */
export function readWindow(
  x: Buffer,
  w: Window,
  counts: readonly number[],
  lead: readonly Expr[],
  o: readonly Expr[],
  t: readonly Expr[],
  fill: number,
  map: (e: Expr) => Expr = e => e,
): Expr {
  const inside = insideImage(w, x.shape.slice(lead.length), counts, o, t)
  return select(inside, map(read(x, [...lead, ...o.map((v, axis) => placeOf(w, axis, v, t[axis]!))])), fill)
}
