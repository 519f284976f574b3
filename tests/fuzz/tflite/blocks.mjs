// Pieces of real nets, most of which mind where the channels are: `blocks[name](scene)` builds on what is there.
import { float, ints } from '../../../dist/src/ir/attribute.js'
import { countOf } from '../graphs/elements.mjs'
import { control } from '../graphs/recipes/control.mjs'
import { windowAttributes } from '../graphs/recipes/windows.mjs'

const f = 'float32'
const weights = (s, shape, range = { low: -1, high: 1 }) => s.make(f, shape, { constant: 0.9, ...range })
const one = (s, op, inputs, attrs) => s.node(op, inputs, attrs)[0]
const positive = n => n.every(d => d > 0)
/** A value that is there, else a new picture. */
export const picture = (s, least = 3, most = 5) =>
  s.take(f, {
    fits: n => n.length >= least && n.length <= most && positive(n) && countOf(n) <= 2000,
    shape: () => [s.draw.int(1, 2), s.draw.int(1, 6), ...Array.from({ length: Math.max(least, Math.min(most, s.draw.pick([3, 4, 4, 4, 4, 5]))) - 2 }, () => s.draw.int(1, 6))],
    again: s.values.length > 0 ? 0.92 : 0, constant: 0,
  })
const any = (s, least = 1, most = 5) => s.take(f, { fits: n => n.length >= least && n.length <= most && positive(n) && countOf(n) <= 2000, shape: () => s.draw.shape(least, Math.min(4, most)).map(d => Math.max(d, 1)), again: 0.95, constant: 0 })

const activations = [['Relu'], ['Sigmoid'], ['Tanh'], ['HardSwish'], ['LeakyRelu', { alpha: float(0.1) }], ['Elu'], ['Gelu'], ['Softplus'], ['Neg'], ['Abs'], ['Identity'], ['Mish'], ['HardSigmoid'], ['Erf'], ['Floor']]
const activate = (s, x) => {
  const [op, attrs] = s.draw.pick(activations)
  if (s.draw.chance(0.15)) return one(s, 'Clip', [x, s.make(f, [], { elements: [0], constant: 1 }), s.make(f, [], { elements: [6], constant: 1 })])
  return one(s, op, [x], attrs)
}
const convolve = (s, x, out = s.draw.int(1, 6), kernel = undefined, more = undefined) => {
  const [, c, ...spatial] = s.shape(x)
  const size = kernel ?? spatial.map(n => s.draw.int(1, Math.min(3, n)))
  const group = s.draw.chance(0.35) ? (s.draw.chance(0.7) ? c : s.draw.pick([1, 2, 3].filter(g => c % g === 0))) : 1
  const to = Math.ceil(out / group) * group
  const w = weights(s, [to, c / group, ...size])
  return one(s, 'Conv', [x, w, s.draw.maybe(0.6, () => weights(s, [to]))], { ...(group > 1 ? { group } : {}), ...(more ?? windowAttributes(s, size, spatial)) })
}
/** The same shape again, from the value. */
const same = (s, x) => {
  const [, c, ...spatial] = s.shape(x)
  if (s.shape(x).length < 3 || s.draw.chance(0.5)) return activate(s, x)
  const w = weights(s, [c, c, ...spatial.map(() => 3)])
  return one(s, 'Conv', [x, w], { pads: ints(spatial.concat(spatial).map(() => 1)) })
}
/** Shapes that broadcast with this one: by the channel, by the row, by the batch, of fewer and of more axes. */
const beside = (s, shape) => {
  const [n, c, ...rest] = shape
  const ones = rest.map(() => 1)
  return s.draw.pick([[], [1], [c ?? 1, ...ones], [1, c ?? 1, ...ones], [n, c ?? 1, ...ones], [n, 1, ...ones], rest, rest.slice(-1), [1, ...rest], [c ?? 1, ...rest], [...shape.map(() => 1)], [1, ...shape], shape.map(d => (s.draw.chance(0.5) ? 1 : d))].filter(to => to.length <= 5 && to.every((_, i) => [1, shape.at(-1 - i) ?? 1].includes(to.at(-1 - i)))))
}
const axisOf = (s, x) => s.draw.axis(s.shape(x).length)
const at = (axis, rank) => (axis < 0 ? axis + rank : axis)

/** Targets that keep the order: neighbours joined, one split, ones put in. */
function reshaped(s, shape) {
  const { draw } = s
  const out = [...shape]
  for (let turn = draw.int(1, 2); turn > 0; turn--) {
    const i = draw.int(0, out.length - 1)
    const way = draw.int(0, 2)
    if (way === 0 && i + 1 < out.length) out.splice(i, 2, out[i] * out[i + 1])
    else if (way === 1) {
      const p = [2, 3, 5].find(d => out[i] % d === 0 && out[i] > d)
      if (p) out.splice(i, 1, ...draw.shuffle([p, out[i] / p]))
    } else if (out.length < 5) out.splice(i, 0, 1)
  }
  return out
}
const reshape = (s, x, to) => {
  const target = [...to]
  if (s.draw.chance(0.4)) target[s.draw.int(0, target.length - 1)] = -1
  else if (s.draw.chance(0.2) && target[0] === s.shape(x)[0]) target[0] = 0
  return one(s, 'Reshape', [x, s.make('int64', [target.length], { elements: target, constant: 0.95 })])
}
const transpose = (s, x, perm) => one(s, 'Transpose', [x], { perm: ints(perm) })
const constantInts = (s, values, shape = [values.length]) => s.make('int64', shape, { elements: values, constant: 1 })

export const blocks = {
  conv: s => convolve(s, picture(s)),
  convNorm: s => {
    const x = convolve(s, picture(s))
    const c = [s.shape(x)[1]]
    return activate(s, one(s, 'BatchNormalization', [x, weights(s, c), weights(s, c), weights(s, c), weights(s, c, { low: 0.2, high: 2 })]))
  },
  norm: s => {
    const x = picture(s)
    const c = [s.shape(x)[1]]
    const way = s.draw.int(0, 3)
    if (way === 0) return one(s, 'InstanceNormalization', [x, weights(s, c), weights(s, c)])
    if (way === 1) return one(s, 'GroupNormalization', [x, weights(s, c), weights(s, c)], { num_groups: s.draw.pick([1, 2, 3].filter(g => c[0] % g === 0)) })
    if (way === 2) return one(s, 'BatchNormalization', [x, weights(s, c), weights(s, c), weights(s, c), weights(s, c, { low: 0.2, high: 2 })])
    const axes = constantInts(s, s.draw.pick([[-1], [1]]))
    const centred = one(s, 'Sub', [x, one(s, 'ReduceMean', [x, axes])])
    const variance = one(s, 'ReduceMean', [one(s, 'Mul', [centred, centred]), axes])
    return one(s, 'Div', [centred, one(s, 'Sqrt', [one(s, 'Add', [variance, s.make(f, [], { elements: [0.01], constant: 1 })])])])
  },
  layerNorm: s => {
    const x = any(s, 2, 4)
    const axis = s.draw.chance(0.7) ? -1 : axisOf(s, x)
    const shape = s.shape(x).slice(axis)
    return one(s, 'LayerNormalization', [x, weights(s, shape), s.draw.maybe(0.6, () => weights(s, shape))], { axis })
  },
  upward: s => {
    const x = picture(s)
    const [, c, ...spatial] = s.shape(x)
    const kernel = spatial.map(() => s.draw.int(1, 3))
    const group = s.draw.chance(0.25) ? c : 1
    const w = weights(s, [c, group > 1 ? 1 : s.draw.int(1, 4), ...kernel])
    const strides = kernel.map(() => s.draw.int(1, 2))
    const pads = s.draw.chance(0.4) ? { pads: ints([...kernel.map(k => s.draw.int(0, k - 1)), ...kernel.map(k => s.draw.int(0, k - 1))]) } : {}
    const grown = spatial.every((n, i) => (n - 1) * strides[i] + kernel[i] - (pads.pads?.value[i] ?? 0) - (pads.pads?.value[i + kernel.length] ?? 0) > 0)
    return one(s, 'ConvTranspose', [x, w, s.draw.maybe(0.5, () => weights(s, [w.constant ? s.shape(w)[1] * group : s.shape(w)[1] * group]))], { ...(group > 1 ? { group } : {}), strides: ints(strides), ...(grown ? pads : {}) })
  },
  pool: s => {
    const x = picture(s)
    const spatial = s.shape(x).slice(2)
    const kernel = spatial.map(n => s.draw.int(1, Math.min(3, n)))
    const op = s.draw.pick(['MaxPool', 'AveragePool'])
    return one(s, op, [x], { kernel_shape: ints(kernel), ...windowAttributes(s, kernel, spatial, { dilates: op === 'MaxPool' }), ...(s.draw.chance(0.2) ? { ceil_mode: 1 } : {}), ...(op === 'AveragePool' && s.draw.chance(0.4) ? { count_include_pad: 1 } : {}) })
  },
  global: s => one(s, s.draw.pick(['GlobalAveragePool', 'GlobalMaxPool']), [picture(s)]),
  resize: s => {
    const x = picture(s)
    const shape = s.shape(x)
    const mode = s.draw.pick(['nearest', 'nearest', 'linear'])
    const attrs = { mode, coordinate_transformation_mode: s.draw.pick(['half_pixel', 'asymmetric', 'align_corners', 'pytorch_half_pixel']), ...(mode === 'nearest' ? { nearest_mode: s.draw.pick(['round_prefer_floor', 'floor', 'ceil', 'round_prefer_ceil']) } : {}) }
    if (s.draw.chance(0.5)) return one(s, 'Resize', [x, undefined, s.make(f, [shape.length], { elements: shape.map((_, i) => (i < 2 ? 1 : s.draw.pick([1, 2, 2, 3, 1.5, 0.5]))), constant: 1 })], attrs)
    return one(s, 'Resize', [x, undefined, undefined, constantInts(s, shape.map((n, i) => (i < 2 ? n : s.draw.int(1, 8))))], attrs)
  },
  activation: s => activate(s, any(s)),
  prelu: s => {
    const x = picture(s)
    return one(s, 'PRelu', [x, weights(s, s.draw.pick([[s.shape(x)[1], ...s.shape(x).slice(2).map(() => 1)], [1], s.shape(x).slice(1)]))])
  },
  concat: s => {
    const x = any(s, 1)
    const axis = s.draw.chance(0.5) && s.shape(x).length > 1 ? 1 : axisOf(s, x)
    const fits = n => n.length === s.shape(x).length && n.every((d, i) => i === at(axis, n.length) || d === s.shape(x)[i])
    const other = s.draw.chance(0.5) ? same(s, x) : s.take(f, { fits, shape: () => s.shape(x), again: 0.9 })
    return one(s, 'Concat', s.draw.shuffle(s.draw.chance(0.3) ? [x, other, activate(s, x)] : [x, other]), { axis })
  },
  splitJoin: s => {
    const x = any(s, 2)
    const axis = s.draw.chance(0.5) ? 1 : axisOf(s, x)
    const size = s.shape(x)[at(axis, s.shape(x).length)]
    const count = s.draw.int(1, Math.min(3, size))
    const cuts = s.draw.shuffle(Array.from({ length: size - 1 }, (_, i) => i + 1)).slice(0, count - 1).sort((a, b) => a - b)
    const sizes = [...cuts, size].map((c, i) => c - (i === 0 ? 0 : cuts[i - 1]))
    const parts = s.node('Split', [x, constantInts(s, sizes)], { axis }, count)
    const worked = parts.map(p => (s.draw.chance(0.5) ? activate(s, p) : p))
    if (s.draw.chance(0.3) && sizes.every(n => n === sizes[0]) && count > 1) return one(s, 'Mul', worked.slice(0, 2))
    return s.draw.chance(0.7) ? one(s, 'Concat', s.draw.shuffle(worked), { axis }) : worked[0]
  },
  slice: s => {
    const x = any(s, 1)
    const rank = s.shape(x).length
    const axes = s.draw.axes(rank, 1)
    const backwards = s.draw.chance(0.15)
    const bounds = axes.map(a => {
      const n = s.shape(x)[at(a, rank)]
      const start = s.draw.int(0, n - 1)
      return backwards ? [start, -n - 1, -s.draw.int(1, 2)] : [s.draw.chance(0.2) ? start - n : start, s.draw.chance(0.3) ? 2 ** 31 - 1 : s.draw.int(start + 1, n), s.draw.pick([1, 1, 2])]
    })
    return one(s, 'Slice', [x, ...[0, 1].map(k => constantInts(s, bounds.map(b => b[k]))), constantInts(s, axes), constantInts(s, bounds.map(b => b[2]))])
  },
  pad: s => {
    const x = any(s, 1)
    const mode = s.draw.pick(['constant', 'constant', 'reflect', 'edge'])
    const shape = s.shape(x)
    const most = n => (mode === 'reflect' ? Math.min(2, n - 1) : 2)
    const spatial = i => shape.length < 3 || i >= 2 || s.draw.chance(0.2)
    const amount = () => shape.map((n, i) => (spatial(i) ? s.draw.int(0, most(n)) : 0))
    return one(s, 'Pad', [x, constantInts(s, [...amount(), ...amount()]), mode === 'constant' ? s.draw.maybe(0.5, () => s.make(f, [], { constant: 0.9 })) : undefined], { mode })
  },
  reduce: s => {
    const x = any(s, 1)
    const rank = s.shape(x).length
    const axes = s.draw.chance(0.5) && rank >= 3 ? s.draw.pick([[1], [-1], [2, rank - 1].slice(0, rank > 3 ? 2 : 1), [0], [1, 2], Array.from({ length: rank - 2 }, (_, i) => i + 2)]) : s.draw.axes(rank, 1)
    const op = s.draw.pick(['ReduceMean', 'ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceProd', 'ReduceL2', 'ReduceL1', 'ReduceSumSquare', 'ReduceLogSumExp'])
    return one(s, op, [x, constantInts(s, axes)], s.draw.chance(0.6) ? { keepdims: s.draw.int(0, 1) } : {})
  },
  softmax: s => {
    const x = any(s, 1)
    return one(s, s.draw.pick(['Softmax', 'Softmax', 'LogSoftmax']), [x], { axis: s.draw.chance(0.4) && s.shape(x).length > 1 ? 1 : axisOf(s, x) })
  },
  reshape: s => {
    const x = any(s, 1)
    return reshape(s, x, reshaped(s, s.shape(x)))
  },
  transpose: s => {
    const x = any(s, 2)
    const rank = s.shape(x).length
    const order = Array.from({ length: rank }, (_, i) => i)
    const last = [0, ...order.slice(2), 1]
    return transpose(s, x, s.draw.pick([last, [0, rank - 1, ...order.slice(1, -1)], s.draw.shuffle(order)]))
  },
  flatten: s => one(s, 'Flatten', [any(s, 1)], s.draw.chance(0.5) ? { axis: s.draw.int(0, 1) } : {}),
  squeeze: s => {
    const x = any(s, 1, 4)
    const rank = s.shape(x).length
    const wide = one(s, 'Unsqueeze', [x, constantInts(s, [s.draw.int(-rank - 1, rank)])])
    return s.draw.chance(0.5) ? wide : one(s, 'Squeeze', [activate(s, wide), constantInts(s, [s.shape(wide).indexOf(1)])])
  },
  residual: s => {
    const x = any(s, 1)
    return activate(s, one(s, s.draw.pick(['Add', 'Add', 'Sub', 'Max']), s.draw.shuffle([x, same(s, x)])))
  },
  broadcast: s => {
    const x = any(s, 1)
    const other = s.make(f, beside(s, s.shape(x)), { constant: 0.5, low: 0.25, high: 2 })
    return one(s, s.draw.pick(['Add', 'Mul', 'Sub', 'Div', 'Max', 'Min', 'Pow']), s.draw.chance(0.6) ? [x, other] : s.draw.shuffle([x, other]).map((v, i, both) => (i === 0 && v !== x ? other : both[i])))
  },
  where: s => {
    const x = any(s, 1)
    const mask = one(s, s.draw.pick(['Greater', 'Less', 'GreaterOrEqual']), [x, s.make(f, beside(s, s.shape(x)))])
    return one(s, 'Where', [mask, ...s.draw.shuffle([x, s.draw.chance(0.5) ? same(s, x) : s.make(f, beside(s, s.shape(x)))])])
  },
  excite: s => {
    const x = picture(s)
    const [, c, ...spatial] = s.shape(x)
    const mean = s.draw.chance(0.5) ? one(s, 'GlobalAveragePool', [x]) : one(s, 'ReduceMean', [x, constantInts(s, spatial.map((_, i) => i + 2))])
    if (s.draw.chance(0.5)) return one(s, 'Mul', [x, one(s, s.draw.pick(['Sigmoid', 'HardSigmoid']), [convolve(s, mean, c, spatial.map(() => 1), {})])]
      .map((v, i) => (i === 1 && s.shape(v)[1] !== c ? mean : v)))
    const flat = one(s, 'Flatten', [mean])
    const gate = one(s, 'Sigmoid', [one(s, 'Gemm', [flat, weights(s, [c, c]), weights(s, [c])], s.draw.chance(0.5) ? { transB: 1 } : {})])
    return one(s, 'Mul', [reshape(s, gate, [s.shape(x)[0], c, ...spatial.map(() => 1)]), x])
  },
  attention: s => {
    const x = picture(s)
    const [n, c, ...spatial] = s.shape(x)
    const length = countOf(spatial)
    const rows = s.draw.chance(0.5) ? transpose(s, reshape(s, x, [n, c, length]), [0, 2, 1]) : reshape(s, x, [n, length, c])
    const heads = s.draw.int(1, 2)
    const d = heads * s.draw.int(1, 3)
    const [q, k, v] = [0, 1, 2].map(() => {
      const made = one(s, 'MatMul', [rows, weights(s, [c, d])])
      const biased = s.draw.chance(0.5) ? one(s, 'Add', [made, weights(s, [d])]) : made
      return heads > 1 ? transpose(s, reshape(s, biased, [n, length, heads, d / heads]), [0, 2, 1, 3]) : biased
    })
    const r = s.shape(k).length
    const turned = transpose(s, k, [...Array.from({ length: r - 2 }, (_, i) => i), r - 1, r - 2])
    let scores = one(s, 'Mul', [one(s, 'MatMul', [q, turned]), s.make(f, [], { elements: [0.5], constant: 1 })])
    if (s.draw.chance(0.4)) scores = one(s, 'Add', [scores, weights(s, [length, length])])
    const mixed = one(s, 'MatMul', [one(s, 'Softmax', [scores], { axis: -1 }), v])
    const joined = heads > 1 ? reshape(s, transpose(s, mixed, [0, 2, 1, 3]), [n, length, d]) : mixed
    const out = one(s, 'MatMul', [joined, weights(s, [d, c])])
    return s.draw.chance(0.5) ? one(s, 'Add', [rows, out]) : reshape(s, transpose(s, out, [0, 2, 1]), [n, c, ...spatial])
  },
  dense: s => {
    const x = any(s, 1)
    const last = s.shape(x).at(-1)
    const out = s.draw.int(1, 5)
    const made = one(s, 'MatMul', [x, weights(s, [last, out])])
    return s.draw.chance(0.6) ? activate(s, one(s, 'Add', [made, weights(s, [out])])) : made
  },
  product: s => {
    const x = any(s, 2, 4)
    const shape = s.shape(x)
    const other = s.make(f, [...s.draw.pick([[], shape.slice(0, -2), shape.slice(0, -2).map(() => 1)]), shape.at(-1), s.draw.int(1, 4)], { constant: 0.3 })
    return one(s, 'MatMul', [x, other])
  },
  classify: s => {
    const x = picture(s)
    const flat = s.draw.chance(0.5) ? one(s, 'Flatten', [x]) : reshape(s, x, [s.shape(x)[0], countOf(s.shape(x).slice(1))])
    const [rows, out] = [s.shape(flat)[1], s.draw.int(1, 5)]
    const turned = s.draw.chance(0.5)
    return one(s, 'Gemm', [flat, weights(s, turned ? [out, rows] : [rows, out]), s.draw.maybe(0.7, () => weights(s, [out]))], turned ? { transB: 1 } : {})
  },
  einsum: s => {
    const x = picture(s, 4, 4)
    const [n, c, h, w] = s.shape(x)
    const [equation, other] = s.draw.pick([['bchw,dc->bdhw', [2, c]], ['bchw,bcvw->bchv', [n, c, 3, w]], ['bchw,wk->bchk', [w, 2]], ['bchw,bchk->bcwk', [n, c, h, 2]], ['bchw,c->bhw', [c]]])
    return one(s, 'Einsum', [x, s.make(f, other, { constant: 0.5 })], { equation })
  },
  gather: s => {
    const x = any(s, 1)
    const axis = axisOf(s, x)
    const size = s.shape(x)[at(axis, s.shape(x).length)]
    const shape = s.draw.pick([[], [1], [2], [3], [2, 2]])
    return one(s, 'Gather', [x, s.make('int64', shape, { elements: Array.from({ length: countOf(shape) }, () => s.draw.int(0, size - 1)), constant: 0.7 })], { axis })
  },
  shapes: s => {
    const x = any(s, 2, 4)
    const sizes = one(s, 'Shape', [x])
    const first = one(s, 'Gather', [sizes, constantInts(s, [0], [])], { axis: 0 })
    const target = one(s, 'Concat', [one(s, 'Unsqueeze', [first, constantInts(s, [0])]), constantInts(s, [-1])], { axis: 0 })
    return s.draw.chance(0.7) ? one(s, 'Reshape', [x, target]) : one(s, 'Expand', [s.make(f, [1]), sizes])
  },
  shuffle: s => {
    const x = picture(s, 4, 4)
    const [n, c, h, w] = s.shape(x)
    const g = s.draw.pick([1, 2, 3].filter(d => c % d === 0))
    return reshape(s, transpose(s, reshape(s, x, [n, g, c / g, h, w]), [0, 2, 1, 3, 4]), [n, c, h, w])
  },
  depth: s => {
    const x = picture(s, 4, 4)
    const [, c, h, w] = s.shape(x)
    if (c % 4 === 0) return one(s, 'DepthToSpace', [x], { blocksize: 2, ...(s.draw.chance(0.5) ? { mode: 'CRD' } : {}) })
    return h % 2 === 0 && w % 2 === 0 ? one(s, 'SpaceToDepth', [x], { blocksize: 2 }) : activate(s, x)
  },
  expand: s => {
    const x = any(s, 1, 4)
    if (s.draw.chance(0.5)) return one(s, 'Tile', [x, constantInts(s, s.shape(x).map(() => s.draw.pick([1, 1, 2])))])
    return one(s, 'Expand', [x, constantInts(s, s.shape(x).map(n => (n === 1 ? s.draw.int(1, 3) : n)))])
  },
  best: s => {
    const x = any(s, 1)
    return one(s, s.draw.pick(['ArgMax', 'ArgMin']), [x], { axis: axisOf(s, x), ...(s.draw.chance(0.5) ? { keepdims: 0 } : {}) })
  },
  running: s => {
    const x = any(s, 1)
    return one(s, 'CumSum', [x, constantInts(s, [axisOf(s, x)], [])], s.draw.chance(0.4) ? { exclusive: 1 } : {})
  },
  branch: s => control.If(s, 'If'),
  loop: s => control.Loop(s, 'Loop'),
}
