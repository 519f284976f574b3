// Elements that change their place: joined, cut, picked, spread, padded, counted.
import { int64Tensor } from '../../../../dist/src/ir/tensor.js'
import { float, ints } from '../../../../dist/src/ir/attribute.js'
import { dtypes } from '../codes.mjs'
import { countOf, tensorOf } from '../elements.mjs'

const norm = (axis, rank) => (axis < 0 ? axis + rank : axis)
const replace = (list, at, value) => list.map((x, i) => (i === at ? value : x))
const indexType = s => s.draw.pick(['int64', 'int64', 'int32'])
/** Indices into an axis, from either end. */
const indices = (s, count, size, negative = true) => Array.from({ length: count }, () => (negative && s.draw.chance(0.25) ? -s.draw.int(1, size) : s.draw.int(0, size - 1)))

function gatherShape(s, x, axis) {
  return s.shape(x)[norm(axis, s.shape(x).length)] === 0 ? [0] : s.draw.shape(0, 2)
}

/** Factors of a count in some order, as a shape. */
function factored(s, count) {
  const out = []
  let left = count
  for (const p of [2, 2, 3, 5, 2, 3]) {
    if (left > 0 && left % p === 0 && s.draw.chance(0.7)) {
      out.push(p)
      left /= p
    }
  }
  return s.draw.shuffle(left === 1 && out.length > 0 && s.draw.chance(0.6) ? out : [...out, left])
}

export const movement = {
  Concat: (s, op) => {
    const dtype = s.dtype(op)
    const x = s.takeRank(dtype, 1)
    const rank = s.shape(x).length
    const axis = s.draw.axis(rank)
    const more = Array.from({ length: s.draw.int(0, 3) }, () => s.takeShape(dtype, replace(s.shape(x), norm(axis, rank), s.draw.size())))
    s.node(op, s.draw.shuffle([x, ...more]), { axis })
  },
  Split: (s, op) => {
    const x = s.takeRank(s.dtype(op), 1)
    const axis = s.draw.axis(s.shape(x).length)
    const size = s.shape(x)[norm(axis, s.shape(x).length)]
    const count = s.draw.int(1, Math.max(1, Math.min(4, size)))
    const way = s.draw.int(0, 1)
    if (way === 0) {
      const parts = Array.from({ length: count }, () => 0)
      for (let i = 0; i < size; i++) parts[s.draw.int(0, count - 1)]++
      return void s.node(op, [x, s.ints(parts)], { axis }, count)
    }
    s.node(op, [x], { ...(s.draw.chance(0.8) || s.shape(x)[0] < count ? { axis } : { axis: 0 }), num_outputs: count }, count)
  },
  Slice: (s, op) => {
    const x = s.takeRank(s.dtype(op), 1)
    const shape = s.shape(x)
    const axes = s.draw.axes(shape.length)
    const chosen = s.draw.chance(0.7) ? axes : undefined
    const count = (chosen ?? shape).length
    const dtype = indexType(s)
    const large = dtype === 'int64' ? [2n ** 63n - 1n, -(2n ** 63n) + 1n] : [2 ** 31 - 1, -(2 ** 31) + 1]
    const bound = () => (s.draw.chance(0.15) ? s.draw.pick(large) : s.draw.int(-7, 7))
    const list = f => s.ints(Array.from({ length: count }, f), { dtype })
    const steps = s.draw.maybe(0.6, () => list(() => s.draw.pick([1, 1, 2, 3, -1, -2])))
    s.node(op, [x, list(bound), list(bound), chosen && s.ints(chosen, { dtype }), chosen || !steps ? steps : undefined])
  },
  Gather: (s, op) => {
    const x = s.takeRank(s.dtype(op), 1)
    const axis = s.draw.axis(s.shape(x).length)
    const size = s.shape(x)[norm(axis, s.shape(x).length)]
    const shape = gatherShape(s, x, axis)
    s.node(op, [x, s.ints(indices(s, countOf(shape), size), { dtype: indexType(s), shape })], s.draw.chance(0.3) && axis === 0 ? {} : { axis })
  },
  GatherElements: (s, op) => {
    const x = s.takeRank(s.dtype(op), 1)
    const axis = s.draw.axis(s.shape(x).length)
    const at = norm(axis, s.shape(x).length)
    const size = s.shape(x)[at]
    const shape = s.shape(x).map((n, i) => (i === at ? (size === 0 ? 0 : s.draw.int(0, 4)) : s.draw.int(Math.min(n, 1), n)))
    s.node(op, [x, s.ints(indices(s, countOf(shape), size), { dtype: indexType(s), shape })], { axis })
  },
  GatherND: (s, op) => {
    const x = s.takeRank(s.dtype(op), 1)
    const shape = s.shape(x)
    const batch = s.draw.chance(0.3) && shape.length > 1 ? s.draw.int(0, shape.length - 1) : 0
    const depth = s.draw.int(1, shape.length - batch)
    const addressed = shape.slice(batch, batch + depth)
    const outer = [...shape.slice(0, batch), ...(addressed.includes(0) ? [0] : s.draw.shape(0, 2))]
    const values = Array.from({ length: countOf(outer) }, () => addressed.map(n => (s.draw.chance(0.2) ? -s.draw.int(1, n) : s.draw.int(0, n - 1)))).flat()
    s.node(op, [x, s.make('int64', [...outer, depth], { elements: values })], batch ? { batch_dims: batch } : {})
  },
  ScatterElements: scatterElements, Scatter: (s, op) => { s.root.opset = s.draw.int(9, 10); scatterElements(s, op, false) },
  ScatterND: (s, op) => {
    const dtype = s.dtype(op)
    const x = s.takeRank(dtype, 1)
    const shape = s.shape(x)
    const depth = s.draw.int(1, shape.length)
    const outer = shape.slice(0, depth).includes(0) ? [0] : [s.draw.int(0, 4)]
    const reduction = s.draw.pick(['none', 'none', 'add', 'mul', 'max', 'min'])
    const places = new Map()
    // the same place twice leaves open which update stays
    const rows = Array.from({ length: countOf(outer) }, () => shape.slice(0, depth).map(n => s.draw.int(0, n - 1))).filter(row => !places.has(row.join()) && places.set(row.join(), 0))
    const count = [outer[0] === 0 ? 0 : rows.length]
    s.node(op, [x, s.make('int64', [...count, depth], { elements: rows.flat() }), s.make(dtype, [...count, ...shape.slice(depth)])], reduction === 'none' ? {} : { reduction })
  },
  Reshape: (s, op) => {
    const x = s.take(s.dtype(op))
    const shape = s.shape(x)
    const count = countOf(shape)
    const to = factored(s, count)
    if (count > 0 && s.draw.chance(0.4)) to[s.draw.int(0, to.length - 1)] = -1
    if (s.draw.chance(0.2)) to.splice(s.draw.int(0, to.length), 0, 1)
    if (count > 0 && s.draw.chance(0.2) && to[0] === shape[0]) to[0] = 0
    s.node(op, [x, s.ints(count === 1 && s.draw.chance(0.3) ? [] : to)], to.includes(0) && count === 0 ? { allowzero: 1 } : {})
  },
  Flatten: (s, op) => {
    const x = s.take(s.dtype(op))
    const rank = s.shape(x).length
    s.node(op, [x], s.draw.chance(0.3) && rank > 0 ? {} : { axis: s.draw.int(-rank, rank) })
  },
  Squeeze: (s, op) => {
    const dtype = s.dtype(op)
    const x = s.take(dtype, { fits: shape => shape.includes(1), shape: () => s.draw.shuffle([1, ...s.draw.shape(0, 3)]) })
    const ones = s.shape(x).flatMap((n, i) => (n === 1 ? [s.draw.chance(0.4) ? i - s.shape(x).length : i] : []))
    s.node(op, [x, s.draw.maybe(0.7, () => s.ints(s.draw.shuffle(s.draw.some(ones, 0.7))))])
  },
  Unsqueeze: (s, op) => {
    const x = s.take(s.dtype(op))
    const count = s.draw.int(0, 2)
    const rank = s.shape(x).length + count
    s.node(op, [x, s.ints(s.draw.shuffle(Array.from({ length: rank }, (_, i) => i)).slice(0, count).map(a => (s.draw.chance(0.4) ? a - rank : a)))])
  },
  Transpose: (s, op) => {
    const x = s.take(s.dtype(op))
    const order = s.draw.shuffle(s.shape(x).map((_, i) => i))
    s.node(op, [x], s.draw.chance(0.8) ? { perm: ints(order) } : {})
  },
  Expand: (s, op) => {
    const x = s.take(s.dtype(op))
    const to = s.shape(x).map(n => (n === 1 ? s.draw.size() : s.draw.chance(0.3) ? 1 : n))
    s.node(op, [x, s.ints([...s.draw.shape(0, 1), ...(s.draw.chance(0.2) ? to.slice(s.draw.int(0, to.length)) : to)])])
  },
  Tile: (s, op) => {
    const x = s.take(s.dtype(op))
    s.node(op, [x, s.ints(s.shape(x).map(() => s.draw.pick([0, 1, 1, 2, 2, 3])))])
  },
  Pad: (s, op) => {
    const dtype = s.dtype(op)
    const x = s.takeRank(dtype, 1)
    const shape = s.shape(x)
    const mode = shape.includes(0) ? 'constant' : s.draw.pick(['constant', 'constant', 'reflect', 'edge', 'wrap'])
    const axes = s.draw.chance(0.4) ? s.draw.axes(shape.length, 1) : undefined
    const sizes = (axes ?? shape.map((_, i) => i)).map(a => shape.at(a))
    const pad = n => (mode === 'reflect' ? s.draw.int(0, n - 1) : mode === 'wrap' ? s.draw.int(0, n) : mode === 'constant' && s.draw.chance(0.2) ? -s.draw.int(0, Math.floor(n / 2)) : s.draw.int(0, 2))
    const pads = [...sizes.map(pad), ...sizes.map(pad)]
    s.node(op, [x, s.ints(pads), s.draw.maybe(0.5, () => s.make(dtype, [])), axes && s.ints(axes, { dtype: indexType(s) })], mode === 'constant' && s.draw.chance(0.5) ? {} : { mode })
  },
  DepthToSpace: (s, op) => {
    const b = s.draw.int(1, 3)
    const c = s.draw.int(1, 2) * b * b
    s.node(op, [s.take(s.dtype(op), { fits: n => n.length === 4 && n[1] % (b * b) === 0 && n[1] > 0, shape: () => [s.draw.size(), c, s.draw.size(), s.draw.size()] })], { blocksize: b, ...(s.draw.chance(0.6) ? { mode: s.draw.pick(['DCR', 'CRD']) } : {}) })
  },
  SpaceToDepth: (s, op) => {
    const b = s.draw.int(1, 3)
    s.node(op, [s.take(s.dtype(op), { fits: n => n.length === 4 && n[2] % b === 0 && n[3] % b === 0, shape: () => [s.draw.size(), s.draw.positive(3), s.draw.int(1, 2) * b, s.draw.int(1, 2) * b] })], { blocksize: b })
  },
  ReverseSequence: (s, op) => {
    const x = s.takeRank(s.dtype(op), 2)
    const time = s.draw.int(0, 1)
    const [steps, batch] = [s.shape(x)[time], s.shape(x)[1 - time]]
    s.node(op, [x, s.ints(Array.from({ length: batch }, () => s.draw.int(Math.min(1, steps), steps)))], { batch_axis: 1 - time, time_axis: time })
  },
  Compress: (s, op) => {
    const x = s.takeRank(s.dtype(op), 1)
    const axis = s.draw.maybe(0.6, () => s.draw.axis(s.shape(x).length))
    const size = axis === undefined ? countOf(s.shape(x)) : s.shape(x).at(axis)
    s.node(op, [x, s.make('bool', [s.draw.chance(0.7) ? size : s.draw.int(0, size)])], axis === undefined ? {} : { axis })
  },
  NonZero: (s, op) => void s.node(op, [s.take(s.dtype(op))]),
  Unique: (s, op) => {
    const x = s.takeRank(s.dtype(op), 1, 4)
    const axis = s.draw.maybe(0.5, () => s.draw.axis(s.shape(x).length))
    s.node(op, [x], { ...(axis === undefined ? {} : { axis }), ...(s.draw.chance(0.5) ? { sorted: s.draw.int(0, 1) } : {}) }, Array.from({ length: 4 }, (_, i) => i === 0 || s.draw.chance(0.6)))
  },
  TopK: (s, op) => {
    const x = s.takeRank(s.dtype(op), 1)
    const axis = s.draw.axis(s.shape(x).length)
    s.node(op, [x, s.ints([s.draw.int(0, s.shape(x).at(axis))])], { ...(s.draw.chance(0.8) || axis !== -1 ? { axis } : {}), ...(s.draw.chance(0.5) ? { largest: s.draw.int(0, 1) } : {}) }, 2)
  },
  OneHot: (s, op) => {
    const depth = s.draw.int(1, 5)
    const shape = s.draw.shape(s.draw.chance(0.9) ? 1 : 0, 3)
    const [t1, t2, t3] = [s.dtype(op, 'T1', t => !/uint|float8|bool/.test(t)), s.dtype(op, 'T2', t => t !== 'bool'), s.dtype(op, 'T3')]
    const x = s.make(t1, shape, { elements: Array.from({ length: countOf(shape) }, () => s.draw.int(-depth - 1, depth + 1)) })
    s.node(op, [x, s.make(t2, s.draw.chance(0.5) ? [] : [1], { elements: [depth], constant: 0.8 }), s.make(t3, [2])], s.draw.chance(0.7) ? { axis: s.draw.int(-shape.length - 1, shape.length) } : {})
  },
  Trilu: (s, op) => {
    const x = s.takeRank(s.dtype(op), 2)
    s.node(op, [x, s.draw.maybe(0.6, () => s.ints([s.draw.int(-5, 5)], { shape: s.draw.pick([[], [], [1]]) }))], s.draw.chance(0.6) ? { upper: s.draw.int(0, 1) } : {})
  },
  EyeLike: (s, op) => {
    const x = s.take(s.dtype(op, 'T1'), { fits: n => n.length === 2, shape: () => [s.draw.size(), s.draw.size()] })
    s.node(op, [x], { ...(s.draw.chance(0.5) ? { k: s.draw.int(-4, 4) } : {}), ...(s.draw.chance(0.5) ? { dtype: dtypes[s.dtype(op, 'T2')] } : {}) })
  },
  Shape: (s, op) => {
    const x = s.take(s.dtype(op))
    const end = () => s.draw.int(-5, 5)
    s.node(op, [x], { ...(s.draw.chance(0.4) ? { start: end() } : {}), ...(s.draw.chance(0.4) ? { end: end() } : {}) })
  },
  Size: (s, op) => void s.node(op, [s.take(s.dtype(op))]),
  ConstantOfShape: (s, op) => {
    const dtype = s.dtype(op, 'T2')
    s.node(op, [s.ints(s.draw.shape())], s.draw.chance(0.7) ? { value: tensorOf(dtype, [1], s.draw.elements(dtype, 1)) } : {})
  },
  Constant: (s, op) => {
    const { draw } = s
    const dtype = draw.pick(['float32', 'int64', 'float64', 'bool', 'string', 'float16', 'bfloat16'])
    const shape = draw.shape()
    const forms = [
      () => ({ value: tensorOf(dtype, shape, draw.elements(dtype, countOf(shape))) }), () => ({ value_float: float(draw.int(-9, 9) / 2) }), () => ({ value_int: draw.int(-9, 9) }),
      () => ({ value_floats: { type: 'floats', value: [1, 0.5, -2] } }), () => ({ value_ints: ints([3, -1]) }), () => ({ value_string: 'text' }), () => ({ value_strings: ['a', 'b'] }),
      () => ({ value: int64Tensor([draw.int(-3, 3)], []) }),
    ]
    s.node(op, [], draw.pick(forms)())
  },
  Range: (s, op) => {
    const dtype = s.dtype(op)
    const number = (low, high) => s.make(dtype, [], { elements: [s.draw.int(low, high) / (dtype.startsWith('float') ? 2 : 1)], constant: 0.6 })
    s.node(op, [number(-6, 6), number(-10, 12), s.make(dtype, [], { elements: [s.draw.pick([1, 2, 3, -1, -2])], constant: 0.7 })])
  },
  CenterCropPad: (s, op) => {
    const x = s.takeRank(s.dtype(op), 1)
    const axes = s.draw.maybe(0.5, () => s.draw.axes(s.shape(x).length, 1))
    s.node(op, [x, s.ints((axes ?? s.shape(x)).map(() => s.draw.int(1, 6)), { dtype: s.draw.chance(0.9) ? 'int64' : 'int32' })], axes ? { axes: ints(axes) } : {})
  },
  TensorScatter: (s, op) => {
    const dtype = s.dtype(op)
    const [batch, size, inner] = [s.draw.positive(3), s.draw.positive(5), s.draw.positive(3)]
    const rank4 = s.draw.chance(0.4)
    const circular = s.draw.chance(0.4)
    const length = s.draw.int(1, size)
    const full = n => (rank4 ? [batch, 2, n, inner] : [batch, n, inner])
    const write = s.draw.maybe(0.8, () => s.ints(Array.from({ length: batch }, () => s.draw.int(0, circular ? size - 1 : size - length))))
    s.node(op, [s.takeShape(dtype, full(size)), s.takeShape(dtype, full(length)), write], { ...(circular ? { mode: 'circular' } : {}), ...(s.draw.chance(0.3) ? { axis: s.draw.pick([-2, rank4 ? 2 : 1]) } : {}) })
  },
}

function scatterElements(s, op, reduces = true) {
  const dtype = s.dtype(op)
  const x = s.takeRank(dtype, 1)
  const shape = s.shape(x)
  const axis = s.draw.axis(shape.length)
  const at = norm(axis, shape.length)
  const size = shape[at]
  const updates = shape.map((n, i) => (i === at ? s.draw.int(0, size) : s.draw.int(Math.min(n, 1), n)))
  const inner = countOf(updates.slice(at + 1))
  // along the axis each place once: which of two updates stays is left open
  const orders = new Map()
  const values = Array.from({ length: countOf(updates) }, (_, i) => {
    const column = `${Math.floor(i / (inner * updates[at]))},${i % inner}`
    if (!orders.has(column)) orders.set(column, s.draw.shuffle(Array.from({ length: size }, (_, k) => k)))
    const place = orders.get(column)[Math.floor(i / inner) % updates[at]]
    return s.draw.chance(0.2) ? place - size : place
  })
  const reduction = reduces ? s.draw.pick(['none', 'none', 'add', 'mul', 'max', 'min']) : 'none'
  s.node(op, [x, s.make(indexType(s), updates, { elements: values }), s.make(dtype, updates)], { axis, ...(reduction === 'none' ? {} : { reduction }) })
}
