import { substituteDim, symbolsOf } from '../../ir/dim.ts'
import { bitsOf } from '../../ir/dtype.ts'
import type { Graph, Node, Use, Value } from '../../ir/model.ts'
import { channelsFirst, channelsLast } from '../../ops/kit/nhwc.ts'
import { dtypeOf, permOf, rankOf, shapeOf } from '../../passes/kit/values.ts'
import { carryAxes } from './axes.ts'
import type { Carry, Port } from './carry.ts'
import { carryElementwise } from './elementwise.ts'
import { Cut } from './min-cut.ts'
import { carryReshape } from './reshape.ts'
import { carrySpatial } from './spatial.ts'

const carryOf = (node: Node): Carry | undefined => carrySpatial(node) ?? carryElementwise(node) ?? carryAxes(node) ?? carryReshape(node)

/** Which values and nodes have their channels last. */
export interface Plan {
  readonly carries: ReadonlyMap<Node, Carry>
  readonly lastNodes: ReadonlySet<Node>
  /** Values that lie channel-last where they are made. */
  readonly lastValues: ReadonlySet<Value>
  /** Outputs of the graph that are given channel-last, by index. */
  readonly lastOutputs: ReadonlySet<number>
  /** How a Transpose reads and writes. */
  readonly turns: ReadonlyMap<Node, { readonly input: boolean; readonly output: boolean }>
}

/** What a size stands for when costs are compared and it is not known. */
const typicalSize = 64
const hard = 2 ** 50

/** Bytes that a transposition moves; next to nothing when no element changes its place. */
function costOf(v: Value): number {
  const sizes = shapeOf(v)!.map(d => {
    if (typeof d === 'number') return d
    const n = substituteDim(d, new Map([...symbolsOf(d)].map(s => [s, typicalSize])))
    return typeof n === 'number' ? Math.max(1, n) : typicalSize
  })
  const still = shapeOf(v)![1] === 1 || shapeOf(v)!.slice(2).every(d => d === 1)
  const dtype = dtypeOf(v)
  return still ? 1 : 1024 + (sizes.reduce((a, b) => a * b, 1) * (dtype ? bitsOf(dtype) : 32)) / 8
}

const applies = (v: Value | undefined): v is Value => v !== undefined && (rankOf(v) ?? 0) >= 3

/** Chooses for each value of a graph whether channels come second or last, so that the bytes of the transposes between are least. */
export function planLayout(graph: Graph, freeBorders: boolean): Plan {
  const cut = new Cut()
  const [last, first] = [0, 1]
  const carries = new Map<Node, Carry>()
  const vertexOf = new Map<Node, number>()
  const turning = new Map<Node, { input: number; output: number }>()
  const inputVertex = new Map<Value, number>()
  const outputVertex = new Map<number, number>()
  for (const v of graph.inputs) if (applies(v)) inputVertex.set(v, freeBorders ? cut.vertex() : first)
  graph.outputs.forEach((v, i) => applies(v) && outputVertex.set(i, freeBorders ? cut.vertex() : first))
  for (const node of graph.nodes()) {
    if (node.op === 'Transpose' && node.domain === '' && applies(node.inputs[0])) {
      const [input, output] = [cut.vertex(), cut.vertex()]
      turning.set(node, { input, output })
      const rank = rankOf(node.inputs[0])!
      const perm = permOf(node, rank).join()
      const cost = costOf(node.inputs[0])
      if (perm === channelsLast(rank).join()) {
        cut.cost(last, input, cost)
        cut.cost(output, first, cost)
      } else if (perm === channelsFirst(rank).join()) {
        cut.cost(input, first, cost)
        cut.cost(last, output, cost)
      }
      continue
    }
    const carry = carryOf(node)
    if (carry === undefined) continue
    carries.set(node, carry)
    const vertex = cut.vertex()
    vertexOf.set(node, vertex)
    if (carry.fixed) cut.cost(last, vertex, hard)
  }
  const portOf = (node: Node, ports: (c: Carry) => readonly Port[], index: number, turn: 'input' | 'output'): number | undefined => {
    const t = turning.get(node)
    if (t) return t[turn]
    const carry = carries.get(node)
    if (carry === undefined) return first
    const port = ports(carry)[index] ?? 'first'
    return port === 'any' ? undefined : port === 'first' ? first : vertexOf.get(node)!
  }
  const made = (v: Value): number | undefined => (v.inputOf ? (v.inputOf === graph ? inputVertex.get(v) : first) : v.producer ? portOf(v.producer.node, c => c.outputs, v.producer.index, 'output') : undefined)
  const read = (use: Use): number | undefined => {
    if ('graph' in use) return use.graph === graph ? outputVertex.get(use.index) : first
    return use.node.graph === graph ? portOf(use.node, c => c.inputs, use.index, 'input') : first
  }
  const visit = (v: Value): void => {
    const from = made(v)
    if (from === undefined || v.isConstant || !applies(v)) return
    const cost = costOf(v)
    const readers = [...new Set([...v.uses].map(read))].filter(r => r !== undefined && r !== from) as number[]
    if (readers.length === 0) return
    const [a, b] = readers.length === 1 ? [readers[0]!, readers[0]!] : [cut.vertex(), cut.vertex()]
    cut.cost(from, a, cost)
    cut.cost(b, from, cost)
    if (readers.length > 1)
      for (const r of readers) {
        cut.cost(a, r, hard)
        cut.cost(r, b, hard)
      }
  }
  graph.inputs.forEach(visit)
  for (const node of graph.nodes()) for (const v of node.outputs) if (v) visit(v)
  const side = cut.solve()
  const lastValues = new Set<Value>()
  const note = (v: Value): void => {
    const at = made(v)
    if (applies(v) && !v.isConstant && at !== undefined && side.has(at)) lastValues.add(v)
  }
  graph.inputs.forEach(note)
  for (const node of graph.nodes()) for (const v of node.outputs) if (v) note(v)
  return {
    carries,
    lastNodes: new Set([...vertexOf].flatMap(([node, v]) => (side.has(v) ? [node] : []))),
    lastValues,
    lastOutputs: new Set([...outputVertex].flatMap(([i, v]) => (side.has(v) ? [i] : []))),
    turns: new Map([...turning].map(([node, t]) => [node, { input: side.has(t.input), output: side.has(t.output) }])),
  }
}
