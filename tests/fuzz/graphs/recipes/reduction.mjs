// What brings an axis down to one element, or runs along it.
import { ints, float } from '../../../../dist/src/ir/attribute.js'

const reduce = (s, op) => {
  const x = s.take(s.dtype(op))
  const rank = s.shape(x).length
  const axes = s.draw.maybe(0.7, () => s.draw.axes(rank))
  const noop = s.draw.chance(0.2)
  s.node(op, [x, axes && s.ints(axes)], { ...(s.draw.chance(0.6) ? { keepdims: s.draw.int(0, 1) } : {}), ...(noop ? { noop_with_empty_axes: 1 } : {}) })
}
const argument = (s, op) => {
  const x = s.takeRank(s.dtype(op), 1)
  const { draw } = s
  s.node(op, [x], { axis: draw.axis(s.shape(x).length), ...(draw.chance(0.5) ? { keepdims: draw.int(0, 1) } : {}), ...(draw.chance(0.4) ? { select_last_index: draw.int(0, 1) } : {}) })
}
const along = (more = () => ({}), least = 1) => (s, op) => {
  const x = s.takeRank(s.dtype(op), least)
  s.node(op, [x], { ...(s.draw.chance(0.75) ? { axis: s.draw.axis(s.shape(x).length) } : {}), ...more(s.draw) })
}
const cumulate = (s, op) => {
  const x = s.takeRank(s.dtype(op, op === 'CumSum' ? 'T' : 'T'), 1)
  const { draw } = s
  const axis = s.ints([draw.axis(s.shape(x).length)], { dtype: draw.pick(['int64', 'int32']), shape: draw.pick([[], [], [1]]) })
  s.node(op, [x, axis], { ...(draw.chance(0.5) ? { exclusive: draw.int(0, 1) } : {}), ...(draw.chance(0.5) ? { reverse: draw.int(0, 1) } : {}) })
}

export const reduction = {
  ...Object.fromEntries(['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'].map(n => [`Reduce${n}`, reduce])),
  ArgMax: argument, ArgMin: argument, Softmax: along(), LogSoftmax: along(), Hardmax: along(), LpNormalization: along(d => (d.chance(0.5) ? { p: d.int(1, 2) } : {})),
  CumSum: cumulate, CumProd: cumulate,
  MeanVarianceNormalization: (s, op) => {
    const axes = s.draw.maybe(0.5, () => [...new Set(s.draw.axes(4, 1).map(a => (a < 0 ? a + 4 : a)))])
    s.node(op, [s.takeRank(s.dtype(op), 4, 4)], axes ? { axes: ints(axes) } : {})
  },
  LayerNormalization: (s, op) => {
    const dtype = s.dtype(op)
    const x = s.takeRank(dtype, 1)
    const axis = s.draw.axis(s.shape(x).length)
    const inner = s.shape(x).slice(axis)
    s.node(op, [x, s.takeShape(dtype, inner), s.draw.maybe(0.6, () => s.takeShape(dtype, inner))], { ...(axis === -1 && s.draw.chance(0.5) ? {} : { axis }), ...(s.draw.chance(0.3) ? { epsilon: float(0.01) } : {}) }, s.draw.pick([1, 1, 2, 3]))
  },
  RMSNormalization: (s, op) => {
    const dtype = s.dtype(op)
    const x = s.takeRank(dtype, 1)
    const axis = s.draw.axis(s.shape(x).length)
    s.node(op, [x, s.takeShape(dtype, s.shape(x).slice(axis))], { ...(axis === -1 && s.draw.chance(0.5) ? {} : { axis }), ...(s.draw.chance(0.3) ? { epsilon: float(0.01) } : {}) })
  },
  InstanceNormalization: (s, op) => {
    const dtype = s.dtype(op)
    const x = s.takeRank(dtype, 3, 5)
    const c = [s.shape(x)[1]]
    s.node(op, [x, s.takeShape(dtype, c), s.takeShape(dtype, c)], s.draw.chance(0.3) ? { epsilon: float(0.01) } : {})
  },
  GroupNormalization: (s, op) => {
    const dtype = s.dtype(op)
    const groups = s.draw.int(1, 3)
    const x = s.take(dtype, { fits: n => n.length >= 3 && n[1] % groups === 0 && n[1] > 0, shape: () => [s.draw.positive(2), groups * s.draw.int(1, 2), ...s.draw.shape(1, 2)] })
    const c = [s.shape(x)[1]]
    s.node(op, [x, s.takeShape(dtype, c), s.takeShape(dtype, c)], { num_groups: groups, ...(s.draw.chance(0.3) ? { epsilon: float(0.01) } : {}) })
  },
  BatchNormalization: (s, op) => {
    const dtype = s.dtype(op)
    const x = s.takeRank(dtype, 2, 5)
    const c = [s.shape(x)[1]]
    const one = (variable, range = {}) => s.takeShape(s.draw.chance(0.9) ? dtype : s.dtype(op, variable), c, range)
    const [scale, bias] = [s.takeShape(dtype, c), s.takeShape(dtype, c)]
    s.node(op, [x, scale, bias, one('T2'), s.takeShape(dtype, c, { low: 0.1, high: 3 })], s.draw.chance(0.3) ? { epsilon: float(0.01), momentum: float(0.5) } : {})
  },
}
