// Operators that look through a window: convolutions and pools.
import { float, ints } from '../../../../dist/src/ir/attribute.js'

/** Strides, dilations and padding of a window of these sizes over these axes, each left out now and then. */
export function windowAttributes(s, kernel, input, { dilates = true, pads = true, strides = true, auto = true } = {}) {
  const { draw } = s
  const out = {}
  if (dilates && draw.chance(0.3)) out.dilations = ints(kernel.map(() => draw.int(1, 2)))
  if (strides && draw.chance(0.5)) out.strides = ints(kernel.map(() => draw.int(1, 3)))
  const span = kernel.map((k, i) => (k - 1) * (out.dilations?.value[i] ?? 1) + 1)
  if (auto && draw.chance(0.2)) out.auto_pad = draw.pick(['SAME_UPPER', 'SAME_LOWER', 'VALID', 'NOTSET'])
  const padded = out.auto_pad === undefined || out.auto_pad === 'NOTSET'
  if (pads && padded) {
    const each = kernel.map((k, i) => [draw.int(0, k - 1), draw.int(0, k - 1)].map(p => Math.max(p, draw.chance(0.9) ? Math.ceil((span[i] - input[i]) / 2) : 0)))
    if (draw.chance(0.5) || span.some((n, i) => n > input[i])) out.pads = ints([...each.map(p => p[0]), ...each.map(p => p[1])])
  }
  return out
}

/** Batch, channels and 1 to 3 spatial sizes. */
const image = (s, channels) => [s.draw.size() % 4, channels, ...Array.from({ length: s.draw.pick([1, 2, 2, 2, 3]) }, () => s.draw.int(1, 6))]
const kernelOf = (s, spatial) => spatial.map(n => s.draw.int(1, Math.min(3, n + 1)))

function convolution(s) {
  const group = s.draw.pick([1, 1, 1, 2, 3])
  const [perIn, perOut] = [s.draw.int(1, 3), s.draw.int(1, 2)]
  const shape = image(s, group * perIn)
  const kernel = kernelOf(s, shape.slice(2))
  return { group, perIn, perOut, shape, kernel, attrs: { ...(group > 1 || s.draw.chance(0.2) ? { group } : {}), ...(s.draw.chance(0.5) ? { kernel_shape: ints(kernel) } : {}) } }
}
const convIn = (s, dtype, shape) => s.take(dtype, { fits: n => n.join() === shape.join(), shape: () => shape, again: 0.3 })

const pool = (more, outputs = () => 1) => (s, op) => {
  const { draw } = s
  const x = s.take(s.dtype(op), { fits: n => n.length >= 3 && n.length <= 5 && n.slice(2).every(k => k > 0), shape: () => image(s, draw.positive(3)) })
  const spatial = s.shape(x).slice(2)
  const kernel = kernelOf(s, spatial)
  const attrs = windowAttributes(s, kernel, spatial)
  if (draw.chance(0.3)) attrs.ceil_mode = draw.int(0, 1)
  s.node(op, [x], { kernel_shape: ints(kernel), ...attrs, ...more(draw) }, outputs(draw))
}
const global = (more = () => ({})) => (s, op) => void s.node(op, [s.take(s.dtype(op), { fits: n => n.length >= 3, shape: () => image(s, s.draw.positive(3)) })], more(s.draw))

export const windows = {
  AveragePool: pool(d => (d.chance(0.5) ? { count_include_pad: d.int(0, 1) } : {})),
  MaxPool: pool(d => (d.chance(0.2) ? { storage_order: d.int(0, 1) } : {}), d => d.int(1, 2)),
  LpPool: pool(d => (d.chance(0.5) ? { p: d.int(1, 3) } : {})),
  GlobalAveragePool: global(), GlobalMaxPool: global(), GlobalLpPool: global(d => (d.chance(0.5) ? { p: d.int(1, 3) } : {})),
  Conv: (s, op) => {
    const dtype = s.dtype(op)
    const { group, perIn, perOut, shape, kernel, attrs } = convolution(s)
    const weights = s.make(dtype, [group * perOut, perIn, ...kernel], { constant: 0.7 })
    const bias = s.draw.maybe(0.5, () => s.takeShape(dtype, [group * perOut]))
    s.node(op, [convIn(s, dtype, shape), weights, bias], { ...attrs, ...windowAttributes(s, kernel, shape.slice(2)) })
  },
  ConvTranspose: (s, op) => {
    const dtype = s.dtype(op)
    const { draw } = s
    const { group, perIn, perOut, shape, kernel, attrs } = convolution(s)
    const weights = s.make(dtype, [group * perIn, perOut, ...kernel], { constant: 0.7 })
    const bias = draw.maybe(0.5, () => s.takeShape(dtype, [group * perOut]))
    const window = windowAttributes(s, kernel, shape.slice(2).map(() => 9))
    if (draw.chance(0.25)) {
      window.strides = ints(kernel.map(() => draw.int(2, 3)))
      window.output_padding = ints(kernel.map(() => draw.int(0, 1)))
    }
    s.node(op, [convIn(s, dtype, shape), weights, bias], { ...attrs, ...window })
  },
  ConvInteger: (s, op) => {
    const [t1, t2] = [s.dtype(op, 'T1'), s.dtype(op, 'T2')]
    const { group, perIn, perOut, shape, kernel, attrs } = convolution(s)
    const zero = (t, n) => s.draw.maybe(0.6, () => s.make(t, n, { constant: 0.8 }))
    const [x, w] = [s.make(t1, shape), s.make(t2, [group * perOut, perIn, ...kernel])]
    s.node(op, [x, w, zero(t1, []), zero(t2, [])], { ...attrs, ...windowAttributes(s, kernel, shape.slice(2)) })
  },
  QLinearConv: (s, op) => {
    const t1 = s.dtype(op, 'T1')
    const [t2, t3] = s.draw.chance(0.9) ? [t1 === 'int8' ? 'int8' : s.draw.pick(['int8', 'uint8']), t1] : [s.dtype(op, 'T2'), s.dtype(op, 'T3')]
    const { group, perIn, perOut, shape, kernel, attrs } = convolution(s)
    const channels = group * perOut
    const scale = n => s.make('float32', n, { low: 0.05, high: 1, constant: 0.9 })
    const zero = (t, n) => s.make(t, n, { constant: 0.9 })
    const per = s.draw.chance(0.4) ? [channels] : []
    const zeroW = s.make(t2, per, { elements: Array.from({ length: per[0] ?? 1 }, () => (t2 === 'int8' ? 0 : 3)), constant: 0.9 })
    const bias = s.draw.maybe(0.5, () => s.make('int32', [channels], { low: -100, high: 100 }))
    s.node(op, [s.make(t1, shape), scale([]), zero(t1, []), s.make(t2, [channels, perIn, ...kernel]), scale(per), zeroW, scale([]), zero(t3, []), bias], { ...attrs, ...windowAttributes(s, kernel, shape.slice(2)) })
  },
  DeformConv: (s, op) => {
    const dtype = s.dtype(op)
    const { draw } = s
    const [group, offsetGroup] = [draw.int(1, 2), draw.int(1, 2)]
    const c = group * offsetGroup
    const [n, h, w, m] = [draw.positive(2), draw.int(2, 5), draw.int(2, 5), group * draw.int(1, 2)]
    const kernel = [draw.int(1, 2), draw.int(1, 2)]
    const strides = [draw.int(1, 2), draw.int(1, 2)]
    const pads = [draw.int(0, 1), draw.int(0, 1), draw.int(0, 1), draw.int(0, 1)]
    const out = [h, w].map((size, i) => Math.floor((size + pads[i] + pads[i + 2] - kernel[i]) / strides[i]) + 1)
    const at = [n, offsetGroup * 2 * kernel[0] * kernel[1], ...out]
    const mask = draw.maybe(0.5, () => s.make(dtype, [n, offsetGroup * kernel[0] * kernel[1], ...out]))
    const x = s.takeShape(dtype, [n, c, h, w])
    s.node(op, [x, s.make(dtype, [m, c / group, ...kernel]), s.make(dtype, at), draw.maybe(0.5, () => s.make(dtype, [m])), mask], { group, offset_group: offsetGroup, strides: ints(strides), pads: ints(pads), kernel_shape: ints(kernel) })
  },
  MaxUnpool: (s, op) => {
    const { draw } = s
    const kernel = draw.pick([[2], [2, 2], [1, 2], [3, 2]])
    const shape = [draw.positive(2), draw.positive(2), ...kernel.map(k => k * draw.int(1, 3))]
    const x = s.takeShape('float32', shape)
    const [y, at] = s.node('MaxPool', [x], { kernel_shape: ints(kernel), strides: ints(kernel) }, 2)
    const size = draw.maybe(0.3, () => s.ints(shape))
    s.node(op, [y, at, size], { kernel_shape: ints(kernel), strides: ints(kernel) })
  },
  Col2Im: (s, op) => {
    const { draw } = s
    const dtype = s.dtype(op)
    const size = Array.from({ length: draw.int(1, 3) }, () => draw.int(1, 5))
    const block = size.map(n => draw.int(1, Math.min(n, 3)))
    const attrs = {}
    if (draw.chance(0.4)) attrs.strides = ints(size.map(() => draw.int(1, 2)))
    if (draw.chance(0.4)) attrs.pads = ints([...size, ...size].map(() => draw.int(0, 1)))
    if (draw.chance(0.3)) attrs.dilations = ints(size.map((n, i) => (block[i] * 2 - 1 <= n ? draw.int(1, 2) : 1)))
    const count = size.map((n, i) => Math.floor((n + (attrs.pads?.value[i] ?? 0) + (attrs.pads?.value[i + size.length] ?? 0) - (attrs.dilations?.value[i] ?? 1) * (block[i] - 1) - 1) / (attrs.strides?.value[i] ?? 1)) + 1)
    const inner = block.reduce((a, b) => a * b, 1)
    s.node(op, [s.make(dtype, [draw.positive(2), draw.int(1, 2) * inner, count.reduce((a, b) => a * b, 1)]), s.ints(size), s.ints(block)], attrs)
  },
  LRN: (s, op) => void s.node(op, [s.takeRank(s.dtype(op), s.draw.chance(0.9) ? 4 : 3, 4)], { size: s.draw.chance(0.9) ? s.draw.pick([1, 3, 5]) : s.draw.int(1, 6), ...(s.draw.chance(0.5) ? { alpha: float(0.25), beta: float(0.5), bias: float(2) } : {}) }),
}
