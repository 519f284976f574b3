import type { Dim } from '../ir/dim.ts'
import type { Graph, Node, Value } from '../ir/model.ts'
import { shapeEquals } from '../ir/types.ts'
import type { Builder } from '../ops/builder.ts'
import { builderAt, graphsOf, removeDead, replaceNode } from '../rewrite/edit.ts'
import { reshapeTo } from './kit/shapes.ts'
import { intOf, numbersOf, permOf, rankOf, shapeOf, sizesOf } from './kit/values.ts'
import type { Pass } from './pass.ts'

const name = 'hoist-moves'

type Move = { readonly perm: readonly number[] } | { readonly shape: readonly Dim[] }
interface Step {
  readonly node: Node
  /** What the node does; none of a product with one number, which moves may pass. A transposition that turns matrices for a product is two. */
  readonly moves: readonly Move[]
}
/** A place of an axis, and what becomes of it. */
interface Branch {
  readonly place: number
  readonly steps: readonly Step[]
}

const same = (a: Move, b: Move): boolean => ('perm' in a ? 'perm' in b && a.perm.join() === b.perm.join() : 'shape' in b && shapeEquals(a.shape, b.shape))

function onlyUser(v: Value): Node | undefined {
  const [use] = v.uses
  return v.uses.size === 1 && use && 'node' in use && (use.index === 0 || use.node.qualified === 'Mul') ? use.node : undefined
}

function movesOf(node: Node): readonly Move[] | undefined {
  const y = node.outputs[0]!
  const shape = shapeOf(y)
  if (node.domain !== '' || shape === undefined) return undefined
  if (node.op === 'Mul') return node.inputs.some(v => v?.isConstant && sizesOf(v)?.every(d => d === 1) && sizesOf(v)!.length <= shape.length) ? [] : undefined
  if (node.op === 'Transpose') {
    const perm = permOf(node, shape.length)
    const [use] = y.uses
    const turned = y.uses.size === 1 && use && 'node' in use && use.node.qualified === 'MatMul' && use.index === 1 && perm.at(-2) === perm.length - 1
    const order = perm.map((_, i) => i)
    return turned ? [{ perm: [...perm.slice(0, -2), perm.at(-1)!, perm.at(-2)!] }, { perm: [...order.slice(0, -2), order.at(-1)!, order.at(-2)!] }] : [{ perm }]
  }
  return ['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten'].includes(node.op) ? [{ shape }] : undefined
}

function branchFrom(place: number, v: Value): Branch {
  const steps: Step[] = []
  for (let node = onlyUser(v); node; node = onlyUser(node.outputs[0]!)) {
    const moves = movesOf(node)
    if (!moves) break
    steps.push({ node, moves })
  }
  return { place, steps }
}

/** The moves that all branches begin with. */
function commonTo(branches: readonly Branch[]): readonly Move[] {
  const [first, ...rest] = branches.map(b => b.steps.flatMap(s => s.moves))
  const end = first!.findIndex((m, i) => rest.some(r => r[i] === undefined || !same(r[i]!, m)))
  return end < 0 ? first! : first!.slice(0, end)
}

/** Does to the places of an axis at once what would be done to each; they come to lie along the first axis. */
function moveAll(b: Builder, x: Value, axis: number, moves: readonly Move[]): Value | undefined {
  const rank = rankOf(x)!
  let y: Value | undefined = axis === 0 ? x : b.op('Transpose', [x], { perm: [axis, ...Array.from({ length: rank }, (_, i) => i).filter(i => i !== axis)] })
  for (const move of moves) {
    const shape: readonly Dim[] | undefined = y && shapeOf(y)
    if (!y || !shape) return undefined
    y = 'perm' in move ? b.op('Transpose', [y], { perm: [0, ...move.perm.map(p => p + 1)] }) : reshapeTo(b, y, shape, [shape[0]!, ...move.shape])
  }
  return y
}

/** Repeats what a branch does beside the first `count` moves, and lets the result stand for it. */
function rejoin(b: Builder, all: Value, { place, steps }: Branch, count: number): void {
  let y = b.op('Gather', [all, b.int(place)], { axis: 0 })
  let left = count
  for (const { node, moves } of steps) {
    if (moves.length === 0) y = b.op('Mul', node.inputs.map(v => (v!.isConstant ? v : y)))
    for (const move of moves.slice(left)) y = 'perm' in move ? b.op('Transpose', [y], { perm: move.perm }) : y
    left = Math.max(0, left - moves.length)
    if (left === 0) return replaceNode(node, [y], v => v === y)
  }
}

interface Source {
  readonly x: Value
  readonly axis: number
  readonly branches: readonly Branch[]
  /** A value whose places along `axis` these are. */
  stack(b: Builder): Value | undefined
}

/** Gathers of one place each. */
function gathered(node: Node): Source | undefined {
  const x = node.inputs[0]!
  const axisOf = (n: Node): number => intOf(n, 'axis', 0) + (intOf(n, 'axis', 0) < 0 ? (rankOf(x) ?? 0) : 0)
  const branches: Branch[] = []
  for (const use of x.uses) {
    const gather = 'node' in use && use.index === 0 ? use.node : undefined
    const place = gather?.qualified === 'Gather' && rankOf(gather.inputs[1]) === 0 && gather.inputs[1]!.isConstant && axisOf(gather) === axisOf(node) && gather.graph === node.graph ? numbersOf(gather.inputs[1])?.[0] : undefined
    if (place === undefined) return undefined
    branches.push(branchFrom(place, gather!.outputs[0]!))
  }
  return { x, axis: axisOf(node), branches, stack: () => x }
}

/** A Split in three or more equal parts. */
function divided(node: Node): Source | undefined {
  const x = node.inputs[0]!
  const shape = shapeOf(x)
  const given = intOf(node, 'axis', 0)
  const axis = given + (given < 0 ? (shape?.length ?? 0) : 0)
  const sizes = node.outputs.map(v => v && shapeOf(v)?.[axis])
  const [each] = sizes
  if (shape === undefined || typeof each !== 'number' || sizes.length < 3 || sizes.some(s => s !== each)) return undefined
  const branches = node.outputs.map((v, place) => branchFrom(place, v!))
  if (!commonTo(branches).some(m => 'perm' in m)) return undefined
  return { x, axis, branches, stack: b => reshapeTo(b, x, shape, [...shape.slice(0, axis), sizes.length, each, ...shape.slice(axis + 1)]) }
}

function hoistIn(graph: Graph): boolean {
  let changed = false
  for (const node of [...graph.nodes()]) {
    if (node.graph !== graph || (node.qualified !== 'Gather' && node.qualified !== 'Split')) continue
    const source = node.op === 'Gather' ? gathered(node) : divided(node)
    const moves = source && source.branches.length > 1 ? commonTo(source.branches) : []
    if (!source || moves.length === 0 || moves.some(m => ('perm' in m ? m.perm : m.shape).length > 5)) continue
    const b = builderAt(node, name, source.branches.flatMap(({ steps }) => steps.map(s => s.node)))
    const stacked = source.stack(b)
    const all = stacked && moveAll(b, stacked, source.axis, moves)
    if (!all) {
      for (const made of [...b.made].reverse()) removeDead(made)
      continue
    }
    const replaced = [...[...source.x.uses].flatMap(u => ('node' in u ? [u.node] : [])), ...source.branches.flatMap(({ steps }) => steps.map(s => s.node))]
    for (const branch of source.branches) rejoin(b, all, branch, moves.length)
    for (const one of replaced.reverse()) removeDead(one)
    changed = true
  }
  return changed
}

/** Where each place of an axis, or each part of a Split, is reshaped and transposed in the same way, all of them are at once, before they part: queries, keys and values of attention. */
export const hoistMoves: Pass = {
  name,
  run: model => ({ changed: [...graphsOf(model)].map(hoistIn).some(Boolean) }),
}
