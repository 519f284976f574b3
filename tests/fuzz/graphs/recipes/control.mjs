// If, Loop and Scan with small bodies, which see the values around them.
import { ints } from '../../../../dist/src/ir/attribute.js'
import { Graph } from '../../../../dist/src/ir/model.js'
import { tensorType } from '../../../../dist/src/ir/types.js'
import { elementwise } from './elementwise.mjs'
import { reduction } from './reduction.mjs'

const inside = ['Add', 'Mul', 'Sub', 'Relu', 'Neg', 'Sigmoid', 'Where', 'Max', 'Abs', 'Clip', 'ReduceSum', 'Softmax', 'Floor', 'Less', 'CumSum']
const table = { ...elementwise, ...reduction }

/** Up to three nodes on what is in sight. */
function some(s) {
  for (let n = s.draw.int(0, 3); n > 0; n--) {
    const op = s.draw.pick(inside)
    table[op](s, op)
  }
}
/** The same shape and dtype as the value, from it. */
function step(s, value) {
  const dtype = s.dtypeOf(value)
  const way = s.draw.int(0, 3)
  if (!/float32|int64|float64|int32/.test(dtype) || way === 0) return s.node('Identity', [value])[0]
  const one = s.make(dtype, [], { low: -2, high: 2 })
  return s.node(way === 1 ? 'Add' : way === 2 ? 'Sub' : 'Max', [value, one])[0]
}
function bodyInput(s, name, datum, shape = datum.shape) {
  const value = s.graph.addInput(s.graph.value(name, s.draw.chance(0.8) ? tensorType(datum.dtype, shape) : undefined))
  s.root.data.set(value, datum)
  s.values.push(value)
  return value
}
const stateType = s => s.draw.pick(['float32', 'float32', 'int64', 'int32', 'float64', 'bool'])
const graph = value => ({ type: 'graph', value })
const scalar = (s, dtype, value) => s.make(dtype, s.draw.chance(0.95) ? [] : [1], { elements: [value] })

export const control = {
  If: async (s, op) => {
    const { draw } = s
    const dtypes = Array.from({ length: draw.int(1, 2) }, () => stateType(s))
    const branch = name => {
      const body = new Graph(s.model.names, name)
      const inner = s.inner(body)
      some(inner)
      for (const dtype of dtypes) {
        const out = inner.take(dtype)
        // an output must be made in the branch
        body.addOutput(inner.node('Identity', [out])[0])
      }
      return graph(body)
    }
    await s.control(op, [scalar(s, 'bool', draw.int(0, 1))], { then_branch: branch('then'), else_branch: branch('else') }, dtypes.length)
  },
  Loop: async (s, op) => {
    const { draw } = s
    const states = Array.from({ length: draw.int(0, 2) }, () => s.take(stateType(s)))
    const body = new Graph(s.model.names, 'body')
    const inner = s.inner(body)
    const turn = bodyInput(inner, 'i', s.datum(s.make('int64', [], { elements: [0], constant: 1 })))
    const going = bodyInput(inner, 'going', s.datum(s.make('bool', [], { elements: [1], constant: 1 })))
    const inputs = states.map(v => bodyInput(inner, 'state', s.datum(v)))
    some(inner)
    const until = draw.chance(0.3)
    const limit = draw.int(0, 4)
    const condition = until ? inner.node('Less', [turn, inner.make('int64', [], { elements: [draw.int(0, 3)], constant: 1 })])[0] : inner.node('Identity', [going])[0]
    body.addOutput(condition)
    for (const v of inputs) body.addOutput(step(inner, v))
    const scans = Array.from({ length: draw.int(states.length === 0 ? 1 : 0, 2) }, () => inner.node('Identity', [draw.pick(inner.values)])[0])
    for (const v of scans) body.addOutput(v)
    const count = draw.chance(until ? 0.7 : 1) ? scalar(s, 'int64', limit) : undefined
    const start = draw.maybe(0.7, () => scalar(s, 'bool', draw.chance(0.9) ? 1 : 0))
    await s.control(op, [count, start, ...states], { body: graph(body) }, states.length + scans.length)
  },
  Scan: async (s, op) => {
    const { draw } = s
    const states = Array.from({ length: draw.int(0, 2) }, () => s.take(stateType(s)))
    const steps = draw.int(1, 4)
    const axes = []
    const scanned = Array.from({ length: draw.int(1, 2) }, () => {
      const shape = draw.shape(0, 2)
      const axis = draw.chance(0.6) ? 0 : draw.axis(shape.length + 1)
      axes.push(axis)
      const full = [...shape]
      full.splice(axis < 0 ? axis + shape.length + 1 : axis, 0, steps)
      return { shape, value: s.takeShape(stateType(s), full) }
    })
    const body = new Graph(s.model.names, 'body')
    const inner = s.inner(body)
    const inputs = states.map(v => bodyInput(inner, 'state', s.datum(v)))
    for (const { shape, value } of scanned) bodyInput(inner, 'slice', s.datum(inner.make(s.dtypeOf(value), shape, { constant: 1 })))
    some(inner)
    for (const v of inputs) body.addOutput(step(inner, v))
    const outs = Array.from({ length: draw.int(1, 2) }, () => inner.node('Identity', [draw.pick(inner.values)])[0])
    for (const v of outs) body.addOutput(v)
    const attrs = { body: graph(body), num_scan_inputs: scanned.length }
    if (axes.some(a => a !== 0)) attrs.scan_input_axes = ints(axes)
    if (draw.chance(0.3)) attrs.scan_input_directions = ints(scanned.map(() => draw.int(0, 1)))
    if (draw.chance(0.3)) attrs.scan_output_directions = ints(outs.map(() => draw.int(0, 1)))
    if (draw.chance(0.3)) attrs.scan_output_axes = ints(outs.map(v => draw.axis(s.shape(v).length + 1)))
    await s.control(op, [...states, ...scanned.map(x => x.value)], attrs, states.length + outs.length)
  },
}
