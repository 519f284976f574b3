import type { Dim } from '../ir/dim.ts'
import { divideExactly } from '../ir/dim.ts'
import type { Node, Value } from '../ir/model.ts'
import { shapeEquals } from '../ir/types.ts'
import type { Builder } from '../ops/builder.ts'
import type { Place } from '../rewrite/pattern.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import type { Moved } from './kit/atoms.ts'
import { axesOfRuns, reshapeAtoms, runsOf, transposeAtoms, unmoved } from './kit/atoms.ts'
import { reshapeTo } from './kit/shapes.ts'
import { permOf, shapeOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

const reshapes = 'Reshape|Flatten|Squeeze|Unsqueeze'
const moves = `${reshapes}|Transpose`

/** A transposition moves every element, a reshape none. */
const costOf = (nodes: readonly Pick<Node, 'op'>[]): number => nodes.reduce((n, { op }) => n + (op === 'Transpose' ? 1.5 : 1), 0)

function follow(state: Moved | undefined, node: Node): Moved | undefined {
  const shape = shapeOf(node.outputs[0])
  if (state === undefined || shape === undefined) return undefined
  if (node.op !== 'Transpose') return reshapeAtoms(state, shape)
  return shape.length === state.axes.length ? transposeAtoms(state, permOf(node, shape.length)) : undefined
}

const sameMove = (a: Moved, b: Moved): boolean => {
  const [p, q] = [runsOf(a), runsOf(b)]
  return shapeEquals(p.sizes, q.sizes) && p.order.join() === q.order.join()
}

/** What a DepthToSpace or SpaceToDepth between these shapes does to the elements. */
function blocksOf(op: string, mode: string, [n, c, h, w]: readonly [Dim, Dim, Dim, Dim], size: number): Moved | undefined {
  const state = unmoved([n, c, h, w])
  if (op === 'DepthToSpace') {
    const depth = divideExactly(c, size * size)
    if (depth === undefined || state === undefined) return undefined
    const cut = reshapeAtoms(state, mode === 'CRD' ? [n, depth, size, size, h, w] : [n, size, size, depth, h, w])
    return cut && transposeAtoms(cut, mode === 'CRD' ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2])
  }
  const [rows, columns] = [divideExactly(h, size), divideExactly(w, size)]
  if (rows === undefined || columns === undefined || state === undefined) return undefined
  const cut = reshapeAtoms(state, [n, c, rows, size, columns, size])
  return cut && transposeAtoms(cut, mode === 'CRD' ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4])
}

/** Says a move by one operator of blocks of pixels. */
function asBlocks(make: Builder, x: Value, state: Moved, from: readonly Dim[], to: readonly Dim[]): Value | undefined {
  if (from.length !== 4 || to.length !== 4) return undefined
  const [up, down] = [divideExactly(to[3]!, from[3]!), divideExactly(from[3]!, to[3]!)]
  for (const [op, size] of [['DepthToSpace', up], ['SpaceToDepth', down]] as const)
    for (const mode of ['DCR', 'CRD']) {
      if (typeof size !== 'number' || size < 2) continue
      const blocks = blocksOf(op, mode, from as readonly [Dim, Dim, Dim, Dim], size)
      if (blocks === undefined || !sameMove(blocks, state)) continue
      const y = make.op(op, [x], { blocksize: size, ...(mode === 'CRD' && { mode }) })
      if (shapeEquals(shapeOf(y), to)) return y
    }
  return undefined
}

/** A permutation that puts axes in this order, those of size 1 where `to` has some, else in front. */
function permFor(order: readonly number[], shape: readonly Dim[], to: readonly Dim[]): number[] {
  const [moving, single] = [[...order], shape.flatMap((d, i) => (d === 1 ? [i] : []))]
  const perm: number[] = []
  for (const d of to) {
    const next = d === 1 ? single.shift() : moving.shift()
    if (next !== undefined) perm.push(next)
  }
  return [...single, ...perm, ...moving]
}

/** Reshapes where the shape changes at all. */
const shaped = (make: Builder, x: Value, from: readonly Dim[], to: readonly Dim[]): Value | undefined => (shapeEquals(from, to) ? x : reshapeTo(make, x, from, to))

/** A transposition with a reshape before or after it, as few of them as say the move. */
function asTranspose(make: Builder, x: Value, state: Moved, from: readonly Dim[], to: readonly Dim[]): Value | undefined {
  const { sizes, order } = runsOf(state)
  const before = axesOfRuns(from, sizes)
  if (before) {
    const perm = permFor(order.flatMap(i => before[i]!), from, to)
    return shaped(make, make.op('Transpose', [x], { perm }), perm.map(p => from[p]!), to)
  }
  const after = axesOfRuns(to, order.map(i => sizes[i]!))
  if (after) {
    const begun = sizes.flatMap((_, i) => after[order.indexOf(i)]!)
    const single = to.flatMap((d, i) => (d === 1 ? [i] : []))
    const axes = [...single, ...begun]
    const cut = reshapeTo(make, x, from, axes.map(a => to[a]!))
    return cut && make.op('Transpose', [cut], { perm: to.map((_, i) => axes.indexOf(i)) })
  }
  const cut = reshapeTo(make, x, from, sizes)
  return cut && shaped(make, make.op('Transpose', [cut], { perm: order }), order.map(i => sizes[i]!), to)
}

const names = ['third', 'second', 'first']

/** Reshapes and transpositions one after the other, `length` of them, and what says the same in less; in `blocks` of pixels where these have their channels first. */
const chain = (length: number, blocks: boolean): Rule =>
  rule(`merge-moves-${length}`, p => {
    let place = p.op(moves, p.x).rest().shared().as(names[0]!)
    for (let i = 1; i < length - 1; i++) place = p.op(moves, place).rest().shared().as(names[i]!) as Place<'x'>
    return p.op(moves, place).rest()
  }, ({ root, nodes, x }, make, refuse) => {
    const list = [...names.slice(0, length - 1).map(n => nodes[n]!), root]
    const [from, to] = [shapeOf(x), shapeOf(root.outputs[0])]
    const state = from && list.reduce(follow, unmoved(from))
    if (from === undefined || to === undefined || state === undefined) return refuse('how the elements move is not known')
    // nodes that others use stay
    const kept = list.findLastIndex((node, i) => i < list.length - 1 && node.outputs[0]!.uses.size > 1)
    const now = costOf(list.slice(kept + 1))
    const { order } = runsOf(state)
    if (order.every((p, i) => p === i)) return now > 1 || shapeEquals(from, to) ? (shaped(make, x, from, to) ?? refuse('more than one size would have to be found at run time')) : refuse('it is one reshape')
    const known = make.made.length
    const y = (blocks ? asBlocks(make, x, state, from, to) : undefined) ?? asTranspose(make, x, state, from, to)
    if (y === undefined) return refuse('more than one size would have to be found at run time')
    const made = make.made.slice(known)
    const axes = (n: readonly Node[]): number => Math.max(...n.map(m => (m.op === 'Transpose' ? shapeOf(m.outputs[0])!.length : 0)))
    if (axes(made) > Math.max(5, axes(list))) return refuse('the transposition would have more axes')
    return costOf(made) < now ? y : refuse('it is said in as little already')
  })

const rulesOf = (blocks: boolean): readonly Rule[] => [4, 3, 2].map(length => chain(length, blocks))

/** Says reshapes and transpositions that follow each other as one transposition, DepthToSpace or SpaceToDepth, where they come to that. */
export const mergeMoves: Pass = rulesPass('merge-moves', rulesOf(true))

/** The same where channels may lie last: as one transposition only. */
export const mergeMovesOfAnyLayout: Pass = rulesPass('merge-moves-of-any-layout', rulesOf(false))
