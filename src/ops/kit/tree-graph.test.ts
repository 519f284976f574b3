import { describe, expect, it } from 'vitest'
import type { AttributeInit } from '../../ir/attribute.ts'
import { attributes as attributesOf, floats } from '../../ir/attribute.ts'
import type { Value } from '../../ir/model.ts'
import { Model, Node } from '../../ir/model.ts'
import type { Datum, Tensor } from '../../ir/tensor.ts'
import { float32Tensor, peekNumbers } from '../../ir/tensor.ts'
import { sym } from '../../ir/dim.ts'
import { tensorType } from '../../ir/types.ts'
import { Builder } from '../builder.ts'
import { evaluateNode } from '../evaluate.ts'
import { inferNode } from '../infer.ts'
import { operatorOf } from '../registry.ts'

// as the operators' own evaluation, which agrees with onnxruntime (fixtures of ai.onnx.ml), walks from node to node
type Attributes = Record<string, AttributeInit>
const features = 5

/** Trees of up to four steps; `named` says of which targets a leaf of a tree speaks. */
function forest(prefix: 'target' | 'class', trees: number, named: (tree: number, leaf: number) => readonly number[], modes: readonly string[], positive = false): Attributes {
  const lists: Record<string, number[]> = {}
  const add = (name: string, n: number): number => (lists[name] ??= []).push(n)
  const kinds: string[] = []
  let drawn = 1
  const random = (below: number): number => Math.floor(((drawn = (drawn * 48271) % 2147483647) / 2147483647) * below)
  for (let tree = 0; tree < trees; tree++) {
    let [next, leaves] = [0, 0]
    const grow = (depth: number): number => {
      const id = next++
      const at = kinds.length
      const ends = depth === 4 || (depth > 0 && random(4) === 0)
      kinds.push(ends ? 'LEAF' : modes[random(modes.length)]!)
      for (const [name, n] of [['nodes_treeids', tree], ['nodes_nodeids', id], ['nodes_featureids', ends ? 0 : random(features)], ['nodes_missing_value_tracks_true', random(2)], ['nodes_values', ends ? 0 : (random(9) - 4) / 2], ['nodes_truenodeids', 0], ['nodes_falsenodeids', 0]] as const) add(name, n)
      if (!ends) {
        lists['nodes_truenodeids']![at] = grow(depth + 1)
        lists['nodes_falsenodeids']![at] = grow(depth + 1)
      } else for (const target of named(tree, leaves++)) for (const [name, n] of [['treeids', tree], ['nodeids', id], ['ids', target], ['weights', (random(41) - (positive ? 0 : 20)) / 16]] as const) add(`${prefix}_${name}`, n)
      return id
    }
    grow(0)
  }
  const real = ['nodes_values', `${prefix}_weights`]
  return { ...Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, real.includes(name) ? floats(list) : list])), nodes_modes: { type: 'strings', value: kinds } }
}

function agree(op: string, attributes: Attributes): void {
  const numbers = Float32Array.from({ length: 40 * features }, (_, i) => (i % 17 === 3 ? NaN : Math.round(8 * Math.sin(1.7 * i)) / 4))
  const x = float32Tensor(numbers, [40, features])
  for (const rows of [40, sym('rows')]) {
    const model = new Model()
    const value = model.graph.addInput(model.graph.value('x', tensorType('float32', [rows, features])))
    const node = model.graph.insert(new Node({ op, domain: 'ai.onnx.ml', inputs: [value], attributes: attributesOf(attributes) }))
    const outputs = op === 'TreeEnsembleClassifier' ? 2 : 1
    for (let o = 0; o < outputs; o++) node.setOutput(o, model.graph.value('y'))
    inferNode(node)
    const own = evaluateNode(node, [x]) as readonly Tensor[]
    const b = new Builder(model.graph, node)
    const made = operatorOf(node)!.decompose!(b, node)!
    const known = new Map<Value, Datum>([[value, x]])
    for (const part of b.made) evaluateNode(part, part.inputs.map(v => v && (v.constant ?? known.get(v)))).forEach((d, i) => known.set(part.outputs[i]!, d))
    own.forEach((want, o) => {
      const got = known.get(made[o]!) as Tensor
      expect([got.dtype, got.shape]).toEqual([want.dtype, want.shape])
      const [p, q] = [peekNumbers(want)!, peekNumbers(got)!]
      p.forEach((n, i) => expect(q[i]).toBeCloseTo(n, 5))
    })
  }
}

const every = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ']

describe('TreeEnsembleRegressor', () => {
  it.each(['SUM', 'AVERAGE', 'MIN', 'MAX'])('%s', how => {
    agree('TreeEnsembleRegressor', { ...forest('target', 5, tree => [tree % 2, 2], every), n_targets: 3, aggregate_function: how, base_values: floats([0.5, -1, 0]) })
    agree('TreeEnsembleRegressor', { ...forest('target', 2, (_, leaf) => (leaf % 3 === 0 ? [] : [leaf % 2]), ['BRANCH_LEQ']), n_targets: 2, aggregate_function: how, post_transform: 'LOGISTIC' })
  })
  it('one target', () => agree('TreeEnsembleRegressor', { ...forest('target', 3, () => [0], ['BRANCH_LT']), n_targets: 1, post_transform: 'SOFTMAX' }))
})

describe('TreeEnsembleClassifier', () => {
  const labels = { classlabels_int64s: [7, 3, 11] }
  it('of classes that every leaf, every tree or no tree for sure speaks of', () => {
    agree('TreeEnsembleClassifier', { ...forest('class', 4, () => [0, 1, 2], every), ...labels, post_transform: 'SOFTMAX' })
    agree('TreeEnsembleClassifier', { ...forest('class', 6, tree => [tree % 3], ['BRANCH_LT']), ...labels, post_transform: 'LOGISTIC' })
    agree('TreeEnsembleClassifier', { ...forest('class', 2, (_, leaf) => (leaf % 4 === 0 ? [] : [leaf % 3]), ['BRANCH_LEQ']), ...labels })
    agree('TreeEnsembleClassifier', { ...forest('class', 4, tree => [tree % 3], ['BRANCH_LEQ']), ...labels, base_values: floats([0.25, 0, -0.5]) })
  })
  it.each([[0, false], [0, true], [1, false], [1, true]])('of two classes that speak of %i alone, positive %s', (only, positive) => {
    for (const post_transform of ['NONE', 'LOGISTIC']) agree('TreeEnsembleClassifier', { ...forest('class', 3, () => [only], ['BRANCH_LEQ'], positive), classlabels_int64s: [4, 9], post_transform, base_values: floats([0.125]) })
  })
  it('of one class', () => agree('TreeEnsembleClassifier', { ...forest('class', 3, () => [0], ['BRANCH_LEQ']), classlabels_int64s: [5] }))
})

it('a tree whose branches meet again stays', () => {
  const attributes = { ...forest('target', 1, () => [0], ['BRANCH_LEQ']), n_targets: 1 }
  const node = (given: Attributes): Node => {
    const model = new Model()
    const value = model.graph.addInput(model.graph.value('x', tensorType('float32', [1, features])))
    return model.graph.insert(new Node({ op: 'TreeEnsembleRegressor', domain: 'ai.onnx.ml', inputs: [value], attributes: attributesOf(given) }))
  }
  const round = node({ ...attributes, nodes_falsenodeids: attributesOf(attributes)['nodes_truenodeids']! })
  expect(() => operatorOf(round)!.decompose!(new Builder(round.graph!, round), round)).toThrow('goes round in circles')
})
