// Pictures, boxes and losses.
import { float, ints } from '../../../../dist/src/ir/attribute.js'
import { countOf } from '../elements.mjs'

const boxes = (s, count, size) => Array.from({ length: count }, () => {
  const [a, b, c, d] = Array.from({ length: 4 }, () => s.draw.int(0, 4 * size) / 4)
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)]
}).flat()

const loss = (s, op) => {
  const { draw } = s
  const dtype = s.dtype(op)
  const [n, c, more] = [draw.positive(3), draw.int(2, 4), draw.shape(0, 2)]
  const labels = Array.from({ length: n * countOf(more) }, () => draw.int(0, c - 1))
  const attrs = { ...(draw.chance(0.7) ? { reduction: draw.pick(['none', 'sum', 'mean']) } : {}), ...(draw.chance(0.4) ? { ignore_index: draw.int(-1, c - 1) } : {}) }
  const scores = s.takeShape(dtype, [n, c, ...more], { temper: 'wide' })
  s.node(op, [scores, s.make(draw.pick(['int64', 'int32']), [n, ...more], { elements: labels }), draw.maybe(0.4, () => s.make(dtype, [c], { low: 0.1, high: 2 }))], attrs, op === 'SoftmaxCrossEntropyLoss' ? draw.int(1, 2) : 1)
}

function resize(s, op) {
  const { draw } = s
  const mode = draw.pick(['nearest', 'nearest', 'linear', 'cubic'])
  const rank = mode === 'nearest' ? draw.int(1, 4) : draw.pick([2, 4, 4])
  const x = s.take(s.dtype(op, 'T1'), { fits: n => n.length === rank && n.every(k => k > 0), shape: () => Array.from({ length: rank }, () => draw.positive(4)) })
  const shape = s.shape(x)
  // linear and cubic look at the last two axes
  const axes = draw.chance(0.3) ? (mode === 'nearest' ? draw.axes(rank, 1).map(a => (a < 0 ? a + rank : a)).sort() : [rank - 2, rank - 1]) : undefined
  const coordinates = draw.pick(['half_pixel', 'asymmetric', 'align_corners', 'pytorch_half_pixel', 'half_pixel_symmetric', 'tf_crop_and_resize'])
  const over = axes ?? shape.map((_, i) => i)
  const changes = i => mode === 'nearest' || i >= rank - 2
  const attrs = { mode, ...(axes ? { axes: ints(axes) } : {}), ...(draw.chance(0.7) || coordinates === 'tf_crop_and_resize' ? { coordinate_transformation_mode: coordinates } : {}) }
  if (mode === 'nearest' && draw.chance(0.7)) attrs.nearest_mode = draw.pick(['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'])
  if (mode === 'cubic') Object.assign(attrs, draw.chance(0.4) ? { cubic_coeff_a: float(-0.5) } : {}, draw.chance(0.3) ? { exclude_outside: 1 } : {})
  if (mode !== 'nearest' && draw.chance(0.25)) attrs.antialias = 1
  if (draw.chance(0.2)) attrs.extrapolation_value = float(7)
  const roi = attrs.coordinate_transformation_mode === 'tf_crop_and_resize' ? s.make('float32', [2 * over.length], { elements: [...over.map(i => (changes(i) ? draw.pick([0, 0.25, -0.25]) : 0)), ...over.map(i => (changes(i) ? draw.pick([1, 0.75, 1.25]) : 1))] }) : undefined
  if (draw.chance(0.5)) return void s.node(op, [x, roi, s.make('float32', [over.length], { elements: over.map(i => (changes(i) ? draw.pick([0.5, 0.75, 1, 1.5, 2, 2.5]) : 1)), constant: 0.8 })], attrs)
  if (draw.chance(0.2)) attrs.keep_aspect_ratio_policy = draw.pick(['not_larger', 'not_smaller', 'stretch'])
  if (attrs.keep_aspect_ratio_policy && mode !== 'nearest') attrs.axes = ints([rank - 2, rank - 1])
  const sized = attrs.axes?.value ?? over
  s.node(op, [x, attrs.coordinate_transformation_mode === 'tf_crop_and_resize' && sized.length !== over.length ? s.make('float32', [2 * sized.length], { elements: sized.map(() => 0).concat(sized.map(() => 1)) }) : roi, undefined, s.ints(sized.map(i => (changes(i) ? draw.int(1, 6) : shape[i])))], attrs)
}

export const images = {
  Resize: resize,
  Upsample: (s, op) => {
    s.root.opset = 9
    const mode = s.draw.pick(['nearest', 'linear'])
    const x = s.take(s.dtype(op), { fits: n => n.length === 4 && n.every(k => k > 0), shape: () => [s.draw.positive(2), s.draw.positive(2), s.draw.positive(4), s.draw.positive(4)] })
    s.node(op, [x, s.make('float32', [4], { elements: [1, 1, s.draw.pick([1, 2, 1.5]), s.draw.pick([1, 2, 2.5])], constant: 0.9 })], { mode })
  },
  GridSample: (s, op) => {
    const { draw } = s
    const dtype = s.dtype(op, 'T1', t => t !== 'string')
    const spatial = draw.pick([2, 2, 3])
    const mode = draw.pick(spatial === 3 ? ['linear', 'nearest'] : ['linear', 'nearest', 'cubic'])
    const [n, out] = [draw.positive(2), Array.from({ length: spatial }, () => draw.positive(3))]
    const x = s.make(dtype, [n, draw.positive(2), ...out.map(() => draw.positive(4))], { temper: draw.pick(['plain', 'wide']) })
    const grid = s.make(s.dtype(op, 'T2'), [n, ...out, spatial], { low: -1.5, high: 1.5 })
    s.node(op, [x, grid], { mode, padding_mode: draw.pick(['zeros', 'border', 'reflection']), ...(draw.chance(0.5) ? { align_corners: draw.int(0, 1) } : {}) })
  },
  AffineGrid: (s, op) => {
    const { draw } = s
    const spatial = draw.int(2, 3)
    const n = draw.positive(2)
    s.node(op, [s.make(s.dtype(op, 'T1'), [n, spatial, spatial + 1]), s.ints([n, draw.positive(3), ...Array.from({ length: spatial }, () => draw.positive(4))])], draw.chance(0.5) ? { align_corners: draw.int(0, 1) } : {})
  },
  RoiAlign: (s, op) => {
    const { draw } = s
    const dtype = s.dtype(op, 'T1')
    const [n, c, h, w, count] = [draw.positive(2), draw.positive(2), draw.int(2, 5), draw.int(2, 5), draw.int(0, 3)]
    const x = s.takeShape(dtype, [n, c, h, w])
    const rois = s.make(dtype, [count, 4], { elements: boxes(s, count, Math.min(h, w)) })
    const batch = s.make('int64', [count], { elements: Array.from({ length: count }, () => draw.int(0, n - 1)) })
    const attrs = { output_height: draw.int(1, 3), output_width: draw.int(1, 3), sampling_ratio: draw.int(0, 2), spatial_scale: float(draw.pick([1, 0.5])) }
    s.node(op, [x, rois, batch], { ...attrs, ...(draw.chance(0.4) ? { mode: draw.pick(['avg', 'max']) } : {}), ...(draw.chance(0.4) ? { coordinate_transformation_mode: draw.pick(['half_pixel', 'output_half_pixel']) } : {}) })
  },
  MaxRoiPool: (s, op) => {
    const { draw } = s
    const dtype = s.dtype(op)
    const [n, h, w, count] = [draw.positive(2), draw.int(2, 5), draw.int(2, 5), draw.int(1, 3)]
    const rows = Array.from({ length: count }, () => {
      const [y1, x1] = [draw.int(0, h - 1), draw.int(0, w - 1)]
      return [draw.int(0, n - 1), x1, y1, draw.int(x1, w - 1), draw.int(y1, h - 1)]
    }).flat()
    s.node(op, [s.takeShape(dtype, [n, draw.positive(2), h, w]), s.make(dtype, [count, 5], { elements: rows })], { pooled_shape: ints([draw.int(1, 3), draw.int(1, 3)]), ...(draw.chance(0.4) ? { spatial_scale: float(0.5) } : {}) })
  },
  NonMaxSuppression: (s, op) => {
    const { draw } = s
    const [n, classes, count] = [draw.positive(2), draw.positive(2), draw.int(1, 6)]
    const scores = s.make('float32', [n, classes, count], { low: 0, high: 1 })
    const given = [s.make('float32', [n, count, 4], { elements: boxes(s, n * count, 2) }), scores]
    const scalar = values => s.make('float32', draw.pick([[], [1]]), { elements: [draw.pick(values)] })
    s.node(op, [...given, draw.maybe(0.85, () => s.ints([draw.int(0, 4)], { shape: draw.pick([[], [1]]) })), draw.maybe(0.6, () => scalar([0, 0.3, 0.5, 1])), draw.maybe(0.5, () => scalar([0, 0.2, 0.5]))], draw.chance(0.4) ? { center_point_box: draw.int(0, 1) } : {})
  },
  NegativeLogLikelihoodLoss: loss, SoftmaxCrossEntropyLoss: loss,
}
