import { bitsOf } from '../../ir/dtype.ts'
import type { Node } from '../../ir/model.ts'
import { channelsLast } from '../../ops/kit/nhwc.ts'
import { numbersOf, rankOf, intOf, shapeOf } from '../../passes/kit/values.ts'
import { transposeTensor } from '../../passes/kit/weights.ts'
import type { Carry, Port } from './carry.ts'
import { moved, positive } from './carry.ts'
import { permuteVector } from './spatial.ts'

/** Operators with an `axis` attribute, and its default. */
const byAttribute: ReadonlyMap<string, number> = new Map(Object.entries({ Concat: 0, Split: 0, Softmax: -1, LogSoftmax: -1, Hardmax: -1, ArgMax: 0, ArgMin: 0, TopK: -1, LpNormalization: -1, Gather: 0 }))
const reduces = /^Reduce(Mean|Sum|Max|Min|Prod|L1|L2|SumSquare|LogSum|LogSumExp)$/
const isConcat = (node: Node): boolean => node.op === 'Concat'

/** Operators whose axes are named by attributes or constants. */
export function carryAxes(node: Node): Carry | undefined {
  const rank = rankOf(isConcat(node) ? node.outputs[0] : node.inputs[0])
  if (node.domain !== '' || rank === undefined || rank < 3) return undefined
  if (reduces.test(node.op)) return carryReduce(node, rank)
  const otherwise = byAttribute.get(node.op)
  if (otherwise !== undefined) return carryAttribute(node, rank, otherwise)
  if (node.op === 'Slice') return carrySlice(node, rank)
  if (node.op === 'Pad') return carryPad(node, rank)
  if (node.op === 'Tile' || node.op === 'Expand') return carryVector(node, rank)
  if (node.op === 'CumSum') return carryInput(node, rank)
  if (node.op === 'Shape') return carryShape(node, rank)
  return undefined
}

const data = (node: Node, count = 1): Port[] => node.inputs.map((_, i) => (i < count ? 'node' : 'any'))

function carryAttribute(node: Node, rank: number, otherwise: number): Carry | undefined {
  const axis = positive(intOf(node, 'axis', otherwise), rank)
  if (isConcat(node)) return carryConcat(node, rank, axis)
  if (node.op === 'Gather' && rankOf(node.inputs[1]) !== 1) return undefined
  if ((node.op === 'ArgMax' || node.op === 'ArgMin') && intOf(node, 'keepdims', 1) === 0) {
    // what is left must come in the same order
    if (axis !== 1) return undefined
    return { inputs: data(node), outputs: ['first'], apply: n => n.setAttribute('axis', { type: 'int', value: rank - 1 }) }
  }
  return {
    inputs: data(node),
    outputs: node.outputs.map(() => 'node'),
    apply: n => n.setAttribute('axis', { type: 'int', value: moved(axis, rank) }),
  }
}

function carryConcat(node: Node, rank: number, axis: number): Carry | undefined {
  if (node.inputs.some(v => rankOf(v) !== rank || (v?.constant && (v.constant.strings || bitsOf(v.constant.dtype) % 8 !== 0)))) return undefined
  return {
    inputs: node.inputs.map(v => (v?.isConstant ? 'any' : 'node')),
    outputs: ['node'],
    apply(n, make) {
      n.inputs.forEach((v, i) => v?.isConstant && n.setInput(i, make.constant(transposeTensor(v.constant!, channelsLast(rank)), v.name)))
      n.setAttribute('axis', { type: 'int', value: moved(axis, rank) })
    },
  }
}

function carryReduce(node: Node, rank: number): Carry | undefined {
  const given = node.inputs[1] ? numbersOf(node.inputs[1])?.map(a => positive(a, rank)) : []
  if (given === undefined) return undefined
  if (given.length === 0 && intOf(node, 'noop_with_empty_axes', 0) !== 0) return { inputs: data(node), outputs: ['node'], apply: () => {} }
  const axes = given.length === 0 ? Array.from({ length: rank }, (_, i) => i) : given
  const keep = intOf(node, 'keepdims', 1) !== 0
  const left = Array.from({ length: rank }, (_, i) => i).filter(a => !axes.includes(a))
  // without the reduced axes: in the order of channels last, is it that of channels second, or channels last again?
  const last = [...left].sort((a, b) => moved(a, rank) - moved(b, rank))
  const same = last.join() === left.join()
  const stillLast = left[0] === 0 && left[1] === 1
  if (!keep && !same && !stillLast) return undefined
  return {
    inputs: data(node),
    outputs: [keep ? 'node' : same ? 'first' : 'node'],
    apply(n, make) {
      if (given.length > 0) n.setInput(1, make.ints(axes.map(a => moved(a, rank)).sort((a, b) => a - b)))
    },
  }
}

function carrySlice(node: Node, rank: number): Carry | undefined {
  const count = shapeOf(node.inputs[1])?.[0]
  const axes = node.inputs[3] ? numbersOf(node.inputs[3]) : typeof count === 'number' ? Array.from({ length: count }, (_, i) => i) : undefined
  if (axes === undefined) return undefined
  return { inputs: data(node), outputs: ['node'], apply: (n, make) => n.setInput(3, make.ints(axes.map(a => moved(positive(a, rank), rank)))) }
}

function carryPad(node: Node, rank: number): Carry | undefined {
  const axes = node.inputs[3] ? numbersOf(node.inputs[3]) : []
  if (axes === undefined) return undefined
  return {
    inputs: data(node),
    outputs: ['node'],
    apply(n, make) {
      if (n.inputs[3]) n.setInput(3, make.ints(axes.map(a => moved(positive(a, rank), rank))))
      else n.setInput(1, permuteVector(make, n.inputs[1]!, rank, 2))
    },
  }
}

/** Tile and Expand, whose second input has an entry for each axis. */
function carryVector(node: Node, rank: number): Carry | undefined {
  if (shapeOf(node.inputs[1])?.[0] !== rank) return undefined
  return { inputs: data(node), outputs: ['node'], apply: (n, make) => n.setInput(1, permuteVector(make, n.inputs[1]!, rank)) }
}

function carryInput(node: Node, rank: number): Carry | undefined {
  const axis = numbersOf(node.inputs[1])?.[0]
  return axis === undefined ? undefined : { inputs: data(node), outputs: ['node'], apply: (n, make) => n.setInput(1, make.int(moved(positive(axis, rank), rank))) }
}

/** The sizes are asked for in the order of channels last and put in the order of channels second again. */
function carryShape(node: Node, rank: number): Carry | undefined {
  const start = Math.max(0, positive(intOf(node, 'start', 0), rank))
  const end = Math.min(rank, positive(intOf(node, 'end', rank), rank))
  const wanted = Array.from({ length: Math.max(0, end - start) }, (_, i) => moved(i + start, rank))
  return {
    inputs: ['node'],
    outputs: ['any'],
    apply(n, make) {
      const sizes = make.op('Shape', [n.inputs[0]])
      n.op = 'Gather'
      n.attributes = {}
      n.setInputs([sizes, make.ints(wanted)])
    },
  }
}
