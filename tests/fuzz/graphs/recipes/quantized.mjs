// Between floats and few bits.
import { dtypes } from '../codes.mjs'

/** Shape of scale and zero point: one, one an axis, or one a block. */
function grain(s, shape, may = true) {
  const { draw } = s
  const kind = may && shape.length > 0 ? draw.pick(['tensor', 'tensor', 'axis', 'block']) : 'tensor'
  if (kind === 'tensor') return { shape: draw.chance(0.7) ? [] : [1], attrs: {} }
  const axis = draw.axis(shape.length)
  const at = axis < 0 ? axis + shape.length : axis
  if (kind === 'axis') return { shape: [shape[at]], attrs: { axis } }
  const block = draw.int(1, Math.max(1, shape[at]))
  return { shape: shape.map((n, i) => (i === at ? Math.ceil(n / block) : n)), attrs: { axis, block_size: block } }
}

export const quantized = {
  QuantizeLinear: (s, op) => {
    const { draw } = s
    const [t1, t3] = [s.dtype(op, 'T1', t => t !== 'int32' || draw.chance(0.1)), s.dtype(op, 'T3')]
    const x = s.take(t1)
    const { shape, attrs } = grain(s, s.shape(x))
    const zero = draw.maybe(0.7, () => (/float/.test(t3) ? s.make(t3, shape, { elements: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0) }) : s.make(t3, shape, { temper: 'plain' })))
    s.node(op, [x, s.make(draw.chance(0.9) ? t1 : s.dtype(op, 'T2'), shape, { low: 0.05, high: 2 }), zero], { ...attrs, ...(zero ? {} : { output_dtype: dtypes[t3] }) })
  },
  DequantizeLinear: (s, op) => {
    const { draw } = s
    const [t1, t2] = [s.dtype(op, 'T1'), s.dtype(op, 'T2')]
    const x = s.take(t1)
    const { shape, attrs } = grain(s, s.shape(x))
    const zero = draw.maybe(0.7, () => (/float|int32/.test(t1) ? s.make(t1, shape, { elements: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0) }) : s.make(t1, shape, { temper: 'plain' })))
    s.node(op, [x, s.make(t2, shape, { low: 0.05, high: 2 }), zero], { ...attrs, ...(draw.chance(0.2) ? { output_dtype: dtypes[t2] } : {}) })
  },
  DynamicQuantizeLinear: (s, op) => void s.node(op, [s.take('float32', { fits: n => !n.includes(0), shape: () => s.draw.shape().map(n => Math.max(n, 1)) })], {}, 3),
}
