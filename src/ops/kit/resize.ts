import type { Buffer, Expr } from '../../expr/expr.ts'
import { constant, read, select, stage, sum } from '../../expr/expr.ts'
import type { Dim } from '../../ir/dim.ts'
import { floorDivDims, mulDims, unknownDim } from '../../ir/dim.ts'
import type { AttributeReader } from '../operator.ts'

/** How one axis is resized. */
export interface ResizeAxis {
  readonly axis: number
  readonly from: number
  readonly to: number
  /** Of float32 where scales were given. */
  readonly scale: number
  /** Start and end of the region, in parts of the axis. */
  readonly region: readonly [number, number]
}

export interface ResizeStyle {
  readonly mode: string
  readonly transformation: string
  readonly nearest: string
  readonly cubic: number
  readonly excludeOutside: boolean
  readonly antialias: boolean
}

export const resizeStyle = (a: AttributeReader): ResizeStyle => ({
  mode: a.string('mode', 'nearest'),
  transformation: a.string('coordinate_transformation_mode', 'half_pixel'),
  nearest: a.string('nearest_mode', 'round_prefer_floor'),
  cubic: a.float('cubic_coeff_a', -0.75),
  excludeOutside: a.int('exclude_outside', 0) === 1,
  antialias: a.int('antialias', 0) === 1,
})

const known = {
  mode: ['nearest', 'linear', 'cubic'],
  transformation: ['half_pixel', 'half_pixel_symmetric', 'pytorch_half_pixel', 'align_corners', 'asymmetric', 'tf_crop_and_resize'],
  nearest: ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'],
} as const

/** What of a style is none of ONNX's; undefined when all is. */
export function unknownStyle(style: ResizeStyle): string | undefined {
  for (const [key, names] of Object.entries(known) as [keyof typeof known, readonly string[]][]) if (!names.includes(style[key])) return `${key} ${style[key]}, not ${names.join(', ')}`
  return undefined
}

/** A size scaled: the floor of the product in float32, as runtimes have it. Symbols are followed for scales that are short binary fractions. */
export function scaledSize(size: Dim, scale: number): Dim {
  if (typeof size === 'number') return Math.floor(Math.fround(size * scale))
  for (let [above, below] = [scale, 1]; below <= 1024; above *= 2, below *= 2) {
    if (Number.isInteger(above) && above < 2 ** 16) return floorDivDims(mulDims(size, above), below)
  }
  return unknownDim()
}

const real = (x: number): Expr => constant(x, 'double')

/** The place in the input that an element of the output stands for (ONNX, Resize, coordinate_transformation_mode). */
function coordinate(a: ResizeAxis, mode: string, i: Expr): Expr {
  const x = i.to('double')
  const width = a.scale * a.from
  switch (mode) {
    case 'align_corners': return width === 1 ? real(0) : x.mul(a.from - 1).div(width - 1)
    case 'asymmetric': return x.div(a.scale)
    case 'tf_crop_and_resize': {
      const [start, end] = a.region
      const first = start * (a.from - 1)
      return width === 1 ? real(((end - start) * (a.from - 1)) / 2 + first) : x.mul((end - start) * (a.from - 1)).div(width - 1).add(first)
    }
    case 'pytorch_half_pixel': return a.to === 1 ? real(0) : x.add(0.5).div(a.scale).sub(0.5)
    case 'half_pixel_symmetric': return x.add(0.5).div(a.scale).sub(0.5).add((a.from / 2) * (1 - a.to / width))
    default: return x.add(0.5).div(a.scale).sub(0.5)
  }
}

function nearestIndex(mode: string, x: Expr): Expr {
  switch (mode) {
    case 'floor': return x.apply('floor')
    case 'ceil': return x.apply('ceil')
    case 'round_prefer_ceil': return x.add(0.5).apply('floor')
    default: return x.sub(0.5).apply('ceil')
  }
}

/** Keys's cubic kernel (IEEE ASSP 29, 1981) at a distance, in double precision. */
export function cubicWeight(a: number, d: Expr): Expr {
  const near = d.mul(a + 2).sub(a + 3).mul(d).mul(d).add(1)
  const far = d.mul(a).sub(5 * a).mul(d).add(8 * a).mul(d).sub(4 * a)
  return select(d.le(1), near, select(d.lt(2), far, real(0)))
}

/** What one axis of the output is made of: for each place the indices into the input and their weights. */
export interface AxisTable {
  readonly axis: number
  readonly taps: number
  /** [to, taps], int32. */
  readonly index: Buffer
  /** [to, taps], float64; absent where a single element is taken. */
  readonly weight?: Buffer
  /** [to], bool: the place is outside the input, where that matters. */
  readonly outside?: Buffer
}

/** The tables of one axis, worked out in double precision. */
export function axisTable(a: ResizeAxis, style: ResizeStyle): AxisTable {
  const place = stage([a.to], 'float64', i => coordinate(a, style.transformation, i!))
  const at = (i: Expr): Expr => read(place, [i])
  const last = a.from - 1
  const cropped = style.transformation === 'tf_crop_and_resize'
  const outside = cropped ? { outside: stage([a.to], 'bool', i => at(i!).lt(0).or(at(i!).gt(last))) } : {}
  if (style.mode === 'nearest') {
    return { axis: a.axis, taps: 1, index: stage([a.to, 1], 'int32', i => nearestIndex(style.nearest, at(i!)).clamp(0, last).to('int')), ...outside }
  }
  const reach = style.mode === 'cubic' ? 2 : 1
  const squeeze = style.antialias ? Math.min(a.scale, 1) : 1
  const start = Math.floor(-reach / squeeze) + 1
  const taps = 2 - 2 * start
  // the left neighbour is strictly left of the place
  const left = (i: Expr): Expr => at(i).apply('ceil').sub(1)
  const tapAt = (i: Expr, t: Expr): Expr => left(i).add(t.add(start).to('double'))
  const raw = stage([a.to, taps], 'float64', (i, t) => {
    const distance = tapAt(i!, t!).sub(at(i!)).abs().mul(squeeze)
    const weight = style.mode === 'cubic' ? cubicWeight(style.cubic, distance) : real(1).sub(distance).max(0)
    return style.excludeOutside ? select(tapAt(i!, t!).ge(0).and(tapAt(i!, t!).le(last)), weight, real(0)) : weight
  })
  const weight = style.antialias || style.excludeOutside ? normalised(raw, a.to, taps) : raw
  return { axis: a.axis, taps, index: stage([a.to, taps], 'int32', (i, t) => tapAt(i!, t!).clamp(0, last).to('int')), weight, ...outside }
}

function normalised(raw: Buffer, to: number, taps: number): Buffer {
  const total = stage([to], 'float64', i => sum([taps], t => read(raw, [i!, t!])))
  return stage([to, taps], 'float64', (i, t) => {
    const all = read(total, [i!])
    return read(raw, [i!, t!]).div(select(all.eq(0), real(1), all))
  })
}
