import type { Node, Value } from '../ir/model.ts'
import { builderAt, graphsOf, replaceNode } from '../rewrite/edit.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { shapeEquals } from '../ir/types.ts'
import { reshapeAtoms, transposeAtoms, unmoved } from './kit/atoms.ts'
import { keptBy } from './kit/cuts.ts'
import { intOf, numbersOf, permOf, shapeOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

const usersOf = (value: Value): readonly Node[] => [...value.uses].flatMap(use => ('node' in use ? [use.node] : []))

interface Piece {
  readonly node: Node
  readonly axis: number
  readonly start: number
  readonly count: number
}

/** The Slices of a value, in one graph, that lie end to end from the first entry of an axis to the last. */
function tilesOf(first: Node): readonly Piece[] | undefined {
  const pieces = usersOf(first.inputs[0]!).flatMap((node): Piece[] => {
    const kept = node.graph === first.graph && node.inputs[0] === first.inputs[0] ? keptBy(node) : undefined
    const [cut] = kept ?? []
    return cut && kept!.length === 1 && cut.step === 1 && cut.count > 0 ? [{ node, axis: cut.axis, start: cut.start, count: cut.count }] : []
  })
  const own = pieces.find(p => p.node === first)
  if (own === undefined) return undefined
  const tiles: Piece[] = []
  const size = shapeOf(first.inputs[0])![own.axis]
  for (let at = 0; at !== size; at += tiles.at(-1)!.count) {
    const next = pieces.filter(p => p.axis === own.axis && p.start === at)
    if (next.length !== 1) return undefined
    tiles.push(next[0]!)
  }
  return tiles
}

const splitName = 'recognise-split'

/** Writes Slices that take a value apart as one Split. */
export const recogniseSplit: Pass = {
  name: splitName,
  run(model, { fired }) {
    let count = 0
    for (const graph of graphsOf(model))
      for (const node of [...graph.nodes()]) {
        const tiles = node.op === 'Slice' && node.graph ? tilesOf(node) : undefined
        if (tiles === undefined || tiles.length < 2) continue
        const make = builderAt(node, splitName, tiles.map(t => t.node))
        const sizes = tiles.map(t => t.count)
        const even = sizes.every(s => s === sizes[0])
        const parts = make.ops('Split', [node.inputs[0], even ? undefined : make.ints(sizes)], tiles.length, { axis: tiles[0]!.axis, ...(even && { num_outputs: tiles.length }) })
        tiles.forEach((t, i) => replaceNode(t.node, [parts[i]], () => true))
        count++
      }
    if (count > 0) fired?.(splitName, count)
    return { changed: count > 0 }
  },
}

/** The bounds of what a Gather of one entry takes of a value that was reshaped and transposed before it, when that lies together there. */
function pieceOf(node: Node, reshape: Node, transpose: Node | undefined): { readonly axis: number; readonly start: number; readonly end: number } | undefined {
  const [from, cut, to] = [shapeOf(reshape.inputs[0]), shapeOf(reshape.outputs[0]), shapeOf(node.inputs[0])]
  const index = numbersOf(node.inputs[1])?.[0]
  if (from === undefined || cut === undefined || to === undefined || index === undefined || shapeOf(node.inputs[1])!.length !== 0) return undefined
  const state = unmoved(from)
  const reshaped = state && reshapeAtoms(state, cut)
  const moved = reshaped && (transpose ? transposeAtoms(reshaped, permOf(transpose, to.length)) : reshaped)
  const axis = intOf(node, 'axis', 0)
  const [own, ...more] = moved?.axes[axis < 0 ? axis + to.length : axis] ?? []
  if (moved === undefined || own === undefined || more.length > 0 || typeof own.size !== 'number') return undefined
  const [rest, now] = [moved.from.filter(a => a !== own), moved.axes.flat().filter(a => a !== own)]
  if (rest.some((a, i) => a !== now[i])) return undefined
  // the axis of the source that begins with the entries gathered from
  let at = 0
  for (const [i, size] of from.entries()) {
    if (size === 1) continue
    if (moved.from[at] === own && typeof size === 'number') {
      const inner = size / own.size
      const entry = index < 0 ? index + own.size : index
      return { axis: i, start: entry * inner, end: (entry + 1) * inner }
    }
    for (let product = 1; product !== size && at < moved.from.length; at++) {
      const part = moved.from[at]!.size
      if (typeof part !== 'number' || typeof size !== 'number') {
        if (size !== part) return undefined
        at++
        break
      }
      product *= part
    }
  }
  return undefined
}

const isScalarGather = (node: Node): boolean => node.op === 'Gather' && node.domain === '' && node.inputs[1]!.isConstant && shapeOf(node.inputs[1])?.length === 0

const gatherRule = (transposed: boolean): Rule =>
  rule(`slice-for-gather${transposed ? '-transposed' : ''}`, p => {
    const cut = p.op('Reshape', p.x).rest().shared().as('reshape')
    return p.op('Gather', transposed ? p.op('Transpose', cut).shared().as('transpose') : cut, p.constant('index'))
  }, ({ root, nodes, x }, make, refuse) => {
    const { reshape, transpose } = nodes as { reshape: Node; transpose?: Node }
    const last = transpose ?? reshape
    if (![reshape, ...(transpose ? [transpose] : [])].every(n => n === last || usersOf(n.outputs[0]!).length === 1) || !usersOf(last.outputs[0]!).every(isScalarGather)) return refuse('others use what is gathered from')
    const piece = pieceOf(root, reshape, transpose)
    if (piece === undefined) return refuse('the entry does not lie together')
    const y = make.Slice(x, make.ints([piece.start]), make.ints([piece.end]), make.ints([piece.axis]))
    return shapeEquals(shapeOf(y), shapeOf(root.outputs[0])) ? y : refuse('it would be reshaped')
  })

/** Cuts pieces from where they lie together, rather than where a reshape and a transposition have given them an axis of their own. */
export const sliceForGather: Pass = rulesPass('slice-for-gather', [gatherRule(true), gatherRule(false)])
