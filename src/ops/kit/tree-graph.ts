import type { Node, Value } from '../../ir/model.ts'
import { bytesOf, float32Tensor } from '../../ir/tensor.ts'
import type { Builder } from '../builder.ts'
import type { AttributeReader } from '../operator.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './algebra.ts'
import { asFloats, asRows, castTo, refuse, transformed } from './ml-graph.ts'
import type { PostTransform } from './scores.ts'
import { labelsOf, postTransformOf } from './scores.ts'
import type { Aggregate, Forest } from './trees.ts'
import { floatsOf, forestOfLists, isLeaf, targetCount } from './trees.ts'
import { writtenOut } from './written-out.ts'

/** Steps from a root to a leaf beyond which a forest is not taken apart. */
const mostSteps = 128

/** What a step of a forest reads of a node, in the order of `branchModes`. */
const comparisons = ['LessOrEqual', 'Less', 'GreaterOrEqual', 'Greater', 'Equal'] as const

export interface Fails {
  readonly attributes: AttributeReader
  fail(message: string): never
}

/** The attributes of a node, and failures that name it. */
export const readerOf = (node: Node): Fails => ({ attributes: nodeAttributes(node), fail: message => refuse(node, message) })

interface Walk {
  /** The most steps from a root to a leaf. */
  readonly steps: number
  /** The leaves of each tree. */
  readonly leaves: readonly (readonly number[])[]
}

function walk(forest: Forest, fail: (message: string) => never): Walk {
  let steps = 0
  const leaves = forest.roots.map(root => {
    const found: number[] = []
    const left: [number, number][] = [[root, 0]]
    for (let seen = 0; left.length > 0; seen++) {
      if (seen > forest.mode.length) fail('a tree goes round in circles, or its branches meet again')
      const [node, depth] = left.pop()!
      if (depth > mostSteps) fail(`more than ${mostSteps} steps to a leaf`)
      steps = Math.max(steps, depth)
      if (isLeaf(forest, node)) found.push(node)
      else left.push([forest.yes[node]!, depth + 1], [forest.no[node]!, depth + 1])
    }
    return found
  })
  return { steps, leaves }
}

/** Whether the branch at each place is taken, by the tests of its nodes. */
function taken(b: Builder, forest: Forest, node: Value, x: Value): Value {
  const flagsOf = (test: (i: number) => boolean): Value => b.op('Gather', [b.bytes('bool', [forest.mode.length], Uint8Array.from(forest.mode, (_, i) => Number(test(i)))), node])
  const split = b.op('Gather', [b.constant(float32Tensor(Float32Array.from(forest.mode, (_, i) => forest.split[i] ?? 0))), node])
  const used = [...new Set(forest.mode.filter((_, i) => !isLeaf(forest, i)))]
  const tests = used.map(mode => {
    let test: Value
    if (mode < 5) test = b.op(comparisons[mode]!, [x, split])
    else if (mode === 5) test = b.op('Not', [b.op('Equal', [x, split])])
    else {
      const most = Math.max(1, ...forest.members.map(m => m?.size ?? 0))
      const table = new Float32Array(writtenOut(forest.mode.length * most)).fill(NaN)
      forest.members.forEach((m, i) => [...(m ?? [])].forEach((v, k) => (table[i * most + k] = v)))
      const each = b.op('Equal', [b.op('Unsqueeze', [x, b.ints([2])]), b.op('Gather', [b.constant(float32Tensor(table, [forest.mode.length, most])), node])])
      test = b.op('Cast', [b.op('ReduceMax', [castTo(b, each, 'int32'), b.ints([2])], { keepdims: 0 })], { to: 9 })
    }
    return used.length === 1 ? test : b.op('And', [test, flagsOf(i => forest.mode[i] === mode)])
  })
  const chosen = tests.reduce((p, q) => b.op('Or', [p, q]))
  return forest.missingTrue.some(m => m === 1) ? b.op('Or', [chosen, b.op('And', [b.op('IsNaN', [x]), flagsOf(i => forest.missingTrue[i] === 1)])]) : chosen
}

/** The leaf in which each tree ends for each row, [rows, trees]. */
function leavesOf(b: Builder, forest: Forest, rows: Value, steps: number): Value {
  const [count, features] = shapeOf(rows)! as [unknown, number]
  const trees = forest.roots.length
  const int32 = (values: Iterable<number>, shape: readonly number[]): Value => b.bytes('int32', shape, bytesOf(Int32Array.from(values)))
  const places = typeof count === 'number' ? int32(Array.from({ length: writtenOut(count) }, (_, i) => i * features), [count, 1])
    : b.op('Unsqueeze', [b.op('Mul', [b.op('Range', [b.scalar(0, 'int32'), b.op('Squeeze', [castTo(b, b.op('Shape', [rows], { start: 0, end: 1 }), 'int32')]), b.scalar(1, 'int32')]), b.scalar(features, 'int32')]), b.ints([1])])
  const flat = b.op('Reshape', [rows, b.ints([-1])])
  const [feature, yes, no] = [(i: number) => forest.feature[i] ?? 0, (i: number) => forest.yes[i]!, (i: number) => forest.no[i]!].map((of, k) =>
    int32(Array.from(forest.mode, (_, i) => (isLeaf(forest, i) ? (k === 0 ? 0 : i) : of(i))), [forest.mode.length])) as [Value, Value, Value]
  let node = b.op('Add', [b.op('Mul', [places, b.scalar(0, 'int32')]), int32(forest.roots, [1, trees])])
  for (let step = 0; step < steps; step++) {
    const x = b.op('Gather', [flat, b.op('Add', [b.op('Gather', [feature, node]), places])])
    node = b.op('Where', [taken(b, forest, node, x), b.op('Gather', [yes, node]), b.op('Gather', [no, node])])
  }
  return node
}

interface Scores {
  /** [rows, targets]. */
  readonly sums: Value
  /** The same with -Infinity for targets of which no tree spoke, where that can be. */
  readonly spoken: Value
  readonly leaves: readonly (readonly number[])[]
}

/** What the trees of a forest say together of each row of a node's input. */
function scoresOf(b: Builder, node: Node, forest: Forest, count: number, how: Aggregate, { fail }: Fails): Scores | undefined {
  const given = node.inputs[0] && dtypeOf(node.inputs[0])
  if (given === 'float64') return fail('numbers of float64 are compared as such')
  if (given === undefined) return undefined
  const rows = asRows(b, asFloats(b, node.inputs[0]!))
  const features = rows && shapeOf(rows)?.[1]
  if (!rows || typeof features !== 'number' || forest.roots.length === 0) return undefined
  if (forest.mode.some((_, i) => !isLeaf(forest, i) && !(forest.feature[i]! >= 0 && forest.feature[i]! < features))) fail(`a feature beyond ${features}`)
  const { steps, leaves } = walk(forest, fail)
  const none = how === 'MIN' ? Infinity : how === 'MAX' ? -Infinity : 0
  const table = new Float32Array(writtenOut(forest.mode.length * count)).fill(none)
  const known = new Uint8Array(table.length)
  for (const leaf of leaves.flat())
    for (let i = forest.from[leaf]!; i < forest.to[leaf]!; i++) {
      const [target, weight] = [forest.targets[i]!, forest.weights[i]!]
      if (!(target >= 0 && target < count)) fail(`target ${target} of ${count}`)
      if (!Number.isFinite(weight)) fail(`a weight of ${weight}`)
      const at = leaf * count + target
      known[at] = 1
      table[at] = how === 'MIN' ? Math.min(table[at]!, weight) : how === 'MAX' ? Math.max(table[at]!, weight) : table[at]! + weight
    }
  const at = leavesOf(b, forest, rows, steps)
  const each = b.op('Gather', [b.constant(float32Tensor(table, [forest.mode.length, count])), at])
  const reduced = b.op(how === 'MIN' ? 'ReduceMin' : how === 'MAX' ? 'ReduceMax' : 'ReduceSum', [each, b.ints([1])], { keepdims: 0 })
  const sure = Array.from({ length: count }, (_, c) => leaves.some(tree => tree.every(leaf => known[leaf * count + c] === 1)))
  const said = sure.every(Boolean) ? undefined : castTo(b, b.op('ReduceMax', [b.op('Gather', [b.bytes('int32', [forest.mode.length, count], bytesOf(Int32Array.from(known))), at]), b.ints([1])], { keepdims: 0 }), 'bool')
  const sums = none !== 0 && said ? b.op('Where', [said, reduced, b.scalar(0, 'float32')]) : how === 'AVERAGE' ? b.op('Div', [reduced, b.scalar(forest.roots.length, 'float32')]) : reduced
  return { sums, spoken: said ? b.op('Where', [said, sums, b.scalar(-Infinity, 'float32')]) : sums, leaves }
}

/** A forest's results for each target, after a transform. Undefined for transforms and inputs without simple operators. */
export function forestTargets(b: Builder, node: Node, forest: Forest, how: Aggregate, base: readonly number[], transform: PostTransform): Value | undefined {
  const reader = readerOf(node)
  const count = targetCount(reader, forest)
  if (base.length > 0 && base.length !== count) reader.fail(`${base.length} base values for ${count} targets`)
  const scores = scoresOf(b, node, forest, count, how, reader)
  const sums = scores && (base.length > 0 ? b.op('Add', [scores.sums, b.floats(base)]) : scores.sums)
  const told = sums && (count === 1 && transform !== 'PROBIT' ? sums : transformed(b, sums, transform))
  return told && castTo(b, told, dtypeOf(node.outputs[0]) ?? 'float32')
}

/** TreeEnsembleClassifier: labels and scores. */
export function forestClasses(b: Builder, node: Node): readonly Value[] | undefined {
  const reader = readerOf(node)
  const [forest, base, transform] = [forestOfLists(reader, 'class'), floatsOf(reader, 'base_values'), postTransformOf(reader)]
  const known = labelsOf(reader, 'classlabels_int64s', 'classlabels_strings')
  const { count } = known
  if (base.length > Math.max(1, count)) reader.fail(`${base.length} base values for ${count} classes`)
  const scores = scoresOf(b, node, forest, count, 'SUM', reader)
  if (!scores || transform === 'PROBIT') return undefined
  const labels = b.constant(known.of([0, 1, ...Array.from({ length: Math.max(0, count - 2) }, (_, i) => i + 2)]))
  const labelled = (places: Value): Value => b.op('Gather', [labels, places])
  const column = (v: Value, c: number): Value => b.op('Gather', [v, b.ints([c])], { axis: 1 })
  const above = (v: Value, n: number): Value => b.op('Reshape', [castTo(b, b.op('Greater', [v, b.scalar(n, 'float32')]), 'int64'), b.ints([-1])])
  const named = new Set(forest.targets)
  if (count === 2 && named.size === 1 && base.length < 2) {
    if (scores.leaves.flat().some(leaf => forest.to[leaf]! <= forest.from[leaf]!)) return undefined
    const positive = forest.weights.every(w => w >= 0)
    const first = base.length > 0 ? b.op('Add', [column(scores.sums, 0), b.floats([base[0]!])]) : column(scores.sums, 0)
    const [half, second] = [positive ? 0.5 : 0, column(scores.sums, 1)]
    if (named.has(1)) {
      const told = transformed(b, b.op('Concat', [first, second], { axis: 1 }), transform)
      return told && [labelled(above(second, half)), told]
    }
    const both = transform === 'LOGISTIC' ? [b.op('Sigmoid', [b.op('Neg', [first])]), b.op('Sigmoid', [first])] : [positive ? b.op('Sub', [b.scalar(1, 'float32'), first]) : b.op('Neg', [first]), first]
    return [labelled(above(first, half)), b.op('Concat', both, { axis: 1 })]
  }
  if (base.length > 0 && base.length !== count) return undefined
  const sums = base.length > 0 ? b.op('Add', [scores.sums, b.floats(base)]) : scores.sums
  const told = count === 1 ? sums : transformed(b, sums, transform)
  const places = count === 1 ? above(sums, 0) : b.op('ArgMax', [base.length > 0 ? sums : scores.spoken], { axis: 1, keepdims: 0 })
  return told && [labelled(places), told]
}
