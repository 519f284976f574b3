import { peekNumbers } from '../../ir/tensor.ts'
import type { AttributeReader, EvaluateContext } from '../operator.ts'
import { heldTensor } from './attribute-tensors.ts'
import type { Rows } from './scores.ts'

interface Fails {
  readonly attributes: AttributeReader
  fail(message: string): never
}

/** How a node of a tree compares; the numbers are those of TreeEnsemble's `nodes_modes`. */
export const branchModes = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ', 'BRANCH_MEMBER'] as const
const leaf = 7

/** Trees in one numbering of their nodes. A leaf's results lie from `from` to `to` in `targets` and `weights`. */
export interface Forest {
  readonly roots: readonly number[]
  readonly mode: Uint8Array
  readonly feature: Int32Array
  readonly split: Float64Array
  readonly members: readonly (ReadonlySet<number> | undefined)[]
  readonly missingTrue: Uint8Array
  readonly yes: Int32Array
  readonly no: Int32Array
  readonly from: Int32Array
  readonly to: Int32Array
  readonly targets: Int32Array
  readonly weights: Float64Array
}

/** Whether a tree ends in a node. */
export const isLeaf = (forest: Forest, node: number): boolean => forest.mode[node] === leaf

/** The numbers of a tensor that an attribute holds. */
export function tensorNumbers(ctx: Fails, name: string): readonly number[] | undefined {
  const tensor = ctx.attributes.tensor(name)
  return tensor && peekNumbers(heldTensor(tensor, ctx.fail))
}

/** A list of floats that may be given as a tensor instead. */
export const floatsOf = (ctx: Fails, name: string): readonly number[] => tensorNumbers(ctx, `${name}_as_tensor`) ?? ctx.attributes.floats(name) ?? []

/** A number that is too large for any use stays wrong as an integer of 32 bits. */
const small = (n: number): number => (Math.abs(n) < 2 ** 31 ? n : -1)

function chooses(forest: Forest, node: number, x: number): boolean {
  const split = forest.split[node]!
  switch (forest.mode[node]) {
    case 1: return x < split
    case 2: return x >= split
    case 3: return x > split
    case 4: return x === split
    case 5: return x !== split
    default: return forest.members[node]!.has(x)
  }
}

/** Calls `see` with the node in which each tree ends for a row. Fails for a tree that goes round in circles. */
export function eachLeaf(ctx: EvaluateContext, forest: Forest, { numbers, features }: Rows, row: number, see: (node: number) => void): void {
  const { mode, feature, split, yes, no, missingTrue } = forest
  const start = row * features
  for (const root of forest.roots) {
    let node = root
    for (let steps = 0; mode[node] !== leaf; steps++) {
      if (steps > mode.length) ctx.fail('a tree goes round in circles')
      const f = feature[node]!
      if (f < 0 || f >= features) ctx.fail(`feature ${f} of ${features}`)
      const x = numbers[start + f]!
      const chosen = (mode[node] === 0 ? x <= split[node]! : chooses(forest, node, x)) || (x !== x && missingTrue[node] === 1)
      node = chosen ? yes[node]! : no[node]!
    }
    see(node)
  }
}

/** The trees of TreeEnsembleClassifier and TreeEnsembleRegressor, whose results are in attributes that begin with `prefix`. */
export function forestOfLists(ctx: Fails, prefix: 'class' | 'target'): Forest {
  const { attributes } = ctx
  const ints = (name: string): readonly number[] => attributes.ints(name) ?? []
  const [trees, ids, feature, yesIds, noIds] = [ints('nodes_treeids'), ints('nodes_nodeids'), ints('nodes_featureids'), ints('nodes_truenodeids'), ints('nodes_falsenodeids')]
  const [modes, split, missing] = [attributes.strings('nodes_modes') ?? [], floatsOf(ctx, 'nodes_values'), ints('nodes_missing_value_tracks_true')]
  const count = ids.length
  for (const list of [trees, feature, yesIds, noIds, modes, split]) if (list.length !== count) ctx.fail(`${list.length} entries for ${count} nodes`)
  const places = new Map<number, Map<number, number>>()
  for (let i = 0; i < count; i++) {
    let tree = places.get(trees[i]!)
    if (tree === undefined) places.set(trees[i]!, (tree = new Map()))
    if (tree.has(ids[i]!)) ctx.fail(`node ${ids[i]} of tree ${trees[i]} is there twice`)
    tree.set(ids[i]!, i)
  }
  const place = (tree: number, id: number): number => places.get(tree)?.get(id) ?? ctx.fail(`no node ${id} in tree ${tree}`)
  const mode = Uint8Array.from(modes, m => (m === 'LEAF' ? leaf : branchModes.indexOf(m as 'BRANCH_LEQ')))
  const child = new Uint8Array(count)
  const follow = (to: readonly number[]): Int32Array =>
    Int32Array.from(to, (id, i) => {
      if (mode[i] === leaf) return 0
      const at = place(trees[i]!, id)
      child[at] = 1
      return at
    })
  if (mode.some(m => m > leaf || m === 6)) ctx.fail('a mode that is not known')
  const [yes, no] = [follow(yesIds), follow(noIds)]

  const [ofTree, ofNode, ids_, values] = [ints(`${prefix}_treeids`), ints(`${prefix}_nodeids`), ints(`${prefix}_ids`), floatsOf(ctx, `${prefix}_weights`)]
  for (const list of [ofNode, ids_, values]) if (list.length !== ofTree.length) ctx.fail(`${list.length} entries for ${ofTree.length} results`)
  const owners = ofTree.map((tree, i) => place(tree, ofNode[i]!))
  const order = [...owners.keys()].sort((a, b) => owners[a]! - owners[b]! || a - b)
  const [from, to] = [new Int32Array(count), new Int32Array(count)]
  order.forEach((entry, at) => {
    const node = owners[entry]!
    if (to[node] === 0) from[node] = at
    to[node] = at + 1
  })
  const roots = [...mode.keys()].filter(i => child[i] === 0)
  if (roots.length === 0 && count > 0) ctx.fail('no tree has a root')
  return {
    roots,
    mode,
    feature: Int32Array.from(feature, small),
    split: Float64Array.from(split),
    members: [],
    missingTrue: Uint8Array.from(mode, (_, i) => (missing[i] === 1 ? 1 : 0)),
    yes,
    no,
    from,
    to,
    targets: Int32Array.from(order, i => small(ids_[i]!)),
    weights: Float64Array.from(order, i => values[i]!),
  }
}

/** The trees of TreeEnsemble: leaves have lists of their own. */
export function forestOfEnsemble(ctx: Fails): Forest {
  const { attributes } = ctx
  const ints = (name: string): readonly number[] => attributes.ints(name) ?? []
  const numbers = (name: string): readonly number[] => tensorNumbers(ctx, name) ?? []
  const [feature, yesIds, noIds, yesLeaf, noLeaf, modes, split] = [ints('nodes_featureids'), ints('nodes_truenodeids'), ints('nodes_falsenodeids'), ints('nodes_trueleafs'), ints('nodes_falseleafs'), numbers('nodes_modes'), numbers('nodes_splits')]
  const [targets, weights, missing] = [ints('leaf_targetids'), numbers('leaf_weights'), ints('nodes_missing_value_tracks_true')]
  const [count, leaves] = [modes.length, targets.length]
  for (const list of [feature, yesIds, noIds, yesLeaf, noLeaf, split]) if (list.length !== count) ctx.fail(`${list.length} entries for ${count} nodes`)
  if (weights.length !== leaves) ctx.fail(`${weights.length} weights for ${leaves} leaves`)
  if (modes.some(m => !Number.isInteger(m) || m < 0 || m > 6)) ctx.fail('a mode that is not known')

  const sets = setsOf(numbers('membership_values'))
  let next = 0
  const members = modes.map(m => (m === 6 ? (sets[next++] ?? ctx.fail('too few sets of members')) : undefined))
  const total = count + leaves
  const follow = (to: readonly number[], isLeaf: readonly number[]): Int32Array =>
    Int32Array.from({ length: total }, (_, i) => {
      if (i >= count) return 0
      const id = to[i]!
      return id >= 0 && id < (isLeaf[i] ? leaves : count) ? id + (isLeaf[i] ? count : 0) : ctx.fail(`no ${isLeaf[i] ? 'leaf' : 'node'} ${id}`)
    })
  const mode = Uint8Array.from({ length: total }, (_, i) => (i < count ? modes[i]! : leaf))
  const within = (shift: number) => Int32Array.from({ length: total }, (_, i) => (i < count ? 0 : i - count + shift))
  const roots = ints('tree_roots')
  if (roots.some(r => r < 0 || r >= count)) ctx.fail('a root that is not there')
  return {
    roots,
    mode,
    feature: Int32Array.from(feature, small),
    split: Float64Array.from(split),
    members,
    missingTrue: Uint8Array.from(modes, (_, i) => (missing[i] === 1 ? 1 : 0)),
    yes: follow(yesIds, yesLeaf),
    no: follow(noIds, noLeaf),
    from: within(0),
    to: within(1),
    targets: Int32Array.from(targets, small),
    weights: Float64Array.from(weights),
  }
}

/** Sets of numbers, each ended by a NaN. */
function setsOf(values: readonly number[]): Set<number>[] {
  const out = [new Set<number>()]
  for (const v of values) {
    if (Number.isNaN(v)) out.push(new Set())
    else out.at(-1)!.add(v)
  }
  return out
}

/** More targets than any ensemble has: beyond this a number comes from a broken file. */
const targetLimit = 2 ** 16

/** Targets of an ensemble: as the attribute says, else as many as its leaves name. */
export function targetCount(ctx: Fails, forest: Forest): number {
  const count = ctx.attributes.int('n_targets') ?? Array.from(forest.targets).reduce((n, t) => Math.max(n, t + 1), 1)
  return count >= 1 && count <= targetLimit ? count : ctx.fail(`${count} targets`)
}

/** How the results of trees for one target become one. */
export type Aggregate = 'AVERAGE' | 'SUM' | 'MIN' | 'MAX'
export const aggregates: readonly Aggregate[] = ['AVERAGE', 'SUM', 'MIN', 'MAX']

/** The results of all trees for a row, by target, and of which targets any tree spoke. */
export function sumLeaves(ctx: EvaluateContext, forest: Forest, rows: Rows, row: number, count: number, how: Aggregate): { readonly scores: number[]; readonly spoken: boolean[] } {
  const scores = Array.from({ length: count }, () => 0)
  const spoken = Array.from({ length: count }, () => false)
  eachLeaf(ctx, forest, rows, row, node => {
    for (let i = forest.from[node]!; i < forest.to[node]!; i++) {
      const [target, weight] = [forest.targets[i]!, forest.weights[i]!]
      if (target < 0 || target >= count) ctx.fail(`target ${target} of ${count}`)
      const first = !spoken[target]
      spoken[target] = true
      scores[target] = how === 'MIN' ? (first ? weight : Math.min(scores[target]!, weight)) : how === 'MAX' ? (first ? weight : Math.max(scores[target]!, weight)) : scores[target]! + weight
    }
  })
  return { scores: how === 'AVERAGE' ? scores.map(s => s / Math.max(1, forest.roots.length)) : scores, spoken }
}
