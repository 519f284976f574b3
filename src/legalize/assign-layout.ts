import { Log } from '../diag/diagnostic.ts'
import type { Graph, Model, Node, Value } from '../ir/model.ts'
import { inferModel } from '../ops/infer.ts'
import { channelsFirst, channelsLast } from '../ops/kit/nhwc.ts'
import { foldBatchNormalization, separateBatchNormalization } from '../passes/fold-batch-normalization.ts'
import { foldConstants } from '../passes/fold-constants.ts'
import { composePerms, permOf, rankOf } from '../passes/kit/values.ts'
import { hoistMoves } from '../passes/hoist-moves.ts'
import { mergeMovesOfAnyLayout } from '../passes/merge-moves.ts'
import { mergeReshapes } from '../passes/merge-reshapes.ts'
import { mergeSlices } from '../passes/merge-slices.ts'
import { mergeTransposes } from '../passes/merge-transposes.ts'
import type { Pass } from '../passes/pass.ts'
import { rulesPass } from '../passes/pass.ts'
import { removeDeadCode } from '../passes/remove-dead-code.ts'
import { removeIdentities, removeNoops } from '../passes/remove-noops.ts'
import { shareSubexpressions } from '../passes/share-subexpressions.ts'
import { builderAt, graphsOf } from '../rewrite/edit.ts'
import { Builder } from '../ops/builder.ts'
import { mergeOrigins } from '../diag/origin.ts'
import { shuffleRules } from './layout/channel-shuffle.ts'
import type { Plan } from './layout/plan.ts'
import { planLayout } from './layout/plan.ts'

const name = 'assign-layout'

export interface LayoutOptions {
  /** `nhwc`: inputs and outputs of the main graph may change with the rest. `keep`: they stay as they are. */
  readonly borders: 'nhwc' | 'keep'
  readonly log?: Log
}
export interface LayoutResult {
  /** Inputs and outputs that are channel-last now, by name, and the permutation from what they were. */
  readonly permuted: ReadonlyMap<string, readonly number[]>
  /** Transposes in the result, of values of three axes or more. */
  readonly transposes: number
}

const before: readonly Pass[] = [foldConstants, removeNoops, foldBatchNormalization, separateBatchNormalization, rulesPass('gather-for-channel-shuffle', shuffleRules)]
const after: readonly Pass[] = [foldConstants, removeIdentities, removeNoops, mergeTransposes, mergeReshapes, mergeSlices, hoistMoves, mergeMovesOfAnyLayout, shareSubexpressions, removeDeadCode]

/**
 * Turns spatial operators into their channel-last forms (`lapidary::NhwcConv` ...) and chooses for every other value of
 * three axes or more whether its channels come second or last, so that the transposes that remain move the fewest bytes:
 * a minimum cut over each graph. Permutations are carried through elementwise operators, Concat, Split, Slice, Pad,
 * reductions and the like, and into constants. Types must be inferred.
 */
export function assignLayout(model: Model, options: LayoutOptions): LayoutResult {
  const ctx = { log: options.log ?? new Log() }
  const settle = (passes: readonly Pass[]): void => {
    for (let turn = 0, moved = true; moved && turn < 16; turn++) moved = passes.map(pass => pass.run(model, ctx).changed).some(Boolean)
  }
  settle(before)
  const permuted = new Map<string, readonly number[]>()
  for (const graph of [...graphsOf(model)]) applyPlan(graph, planLayout(graph, graph === model.graph && options.borders === 'nhwc'), permuted)
  inferModel(model)
  settle(after)
  const transposes = [...model.allNodes()].filter(n => n.op === 'Transpose' && n.domain === '' && (rankOf(n.inputs[0]) ?? 0) >= 3).length
  return { permuted, transposes }
}

function permuteType(v: Value): void {
  if (v.type?.kind === 'tensor' && v.type.shape) v.type = { ...v.type, shape: channelsLast(v.type.shape.length).map(a => (v.type as { shape: readonly number[] }).shape[a]!) }
}

function applyPlan(graph: Graph, plan: Plan, permuted: Map<string, readonly number[]>): void {
  const { carries, lastNodes, lastValues, lastOutputs, turns } = plan
  const ranks = new Map<Value, number>()
  const other = new Map<Value, Value>()
  for (const v of lastValues) ranks.set(v, rankOf(v)!)
  for (const v of graph.inputs)
    if (lastValues.has(v)) {
      permuteType(v)
      permuted.set(v.name, channelsLast(ranks.get(v)!))
    }
  /** The value as it is wanted, transposed before `node` when it is made otherwise. */
  const version = (v: Value, last: boolean, node: Node): Value => {
    const rank = rankOf(v)
    if (rank === undefined || rank < 3 || lastValues.has(v) === last) return v
    const known = other.get(v)
    if (known) return known
    const turned = builderAt(node, name).op('Transpose', [v], { perm: last ? channelsLast(rank) : channelsFirst(rank) })
    other.set(v, turned)
    return turned
  }
  const outer = (node: Node): void => {
    // values that graphs inside the node read lie as ONNX has them
    for (const inner of node.subgraphs())
      for (const one of inner.allNodes()) one.inputs.forEach((v, i) => v && lastValues.has(v) && one.setInput(i, version(v, false, node)))
    for (const inner of node.subgraphs()) inner.outputs.forEach((v, i) => lastValues.has(v) && inner.setOutput(i, version(v, false, node)))
  }
  for (const node of [...graph.nodes()]) {
    const turn = turns.get(node)
    if (turn) {
      retranspose(node, turn, lastValues, version)
      continue
    }
    const carry = carries.get(node)
    const last = carry !== undefined && lastNodes.has(node)
    outer(node)
    node.inputs.forEach((v, i) => {
      if (v === undefined || carry?.inputs[i] === 'any') return
      node.setInput(i, version(v, last && carry.inputs[i] === 'node', node))
    })
    if (!last) continue
    carry.apply(node, builderAt(node, name))
    node.origin = mergeOrigins([node.origin], name)
    for (const v of node.outputs) if (v && lastValues.has(v)) permuteType(v)
  }
  graph.outputs.forEach((v, i) => {
    const wanted = lastOutputs.has(i)
    if ((rankOf(v) ?? 0) < 3 || v.isConstant) return
    if (lastValues.has(v) === wanted) {
      if (wanted) permuted.set(v.name, channelsLast(rankOf(v)!))
      return
    }
    const rank = rankOf(v)!
    const old = v.name
    const turned = new Builder(graph, undefined, mergeOrigins([v.producer?.node.origin ?? { format: 'lapidary', path: '' }], name), old).op('Transpose', [v], { perm: wanted ? channelsLast(rank) : channelsFirst(rank) })
    graph.setOutput(i, turned)
    if (v.inputOf === undefined) {
      v.rename(`${old}/${wanted ? 'first' : 'last'}`)
      turned.rename(old)
    }
    if (wanted) permuted.set(turned.name, channelsLast(rank))
  })
}

/** A Transpose between values that may lie otherwise: the permutations add up. */
function retranspose(node: Node, turn: { readonly input: boolean; readonly output: boolean }, lastValues: ReadonlySet<Value>, version: (v: Value, last: boolean, node: Node) => Value): void {
  const x = node.inputs[0]!
  const y = node.outputs[0]!
  const rank = rankOf(x)!
  let perm: readonly number[] = permOf(node, rank)
  const given = version(x, turn.input, node)
  if (turn.input) perm = composePerms(channelsFirst(rank), perm)
  if (turn.output) perm = composePerms(perm, channelsLast(rank))
  if (turn.output && lastValues.has(y)) permuteType(y)
  node.setInput(0, given)
  node.setAttribute('perm', { type: 'ints', value: perm })
}

