import { describe, expect, it } from 'vitest'
import type { AttributeInit } from '../../ir/attribute.ts'
import { attributes, float, floats } from '../../ir/attribute.ts'
import type { Value } from '../../ir/model.ts'
import { Graph, Node } from '../../ir/model.ts'
import { Names } from '../../ir/names.ts'
import type { Datum, Tensor } from '../../ir/tensor.ts'
import { float32Tensor, inlineTensor, int64Tensor, peekNumbers } from '../../ir/tensor.ts'
import { evaluateNode } from '../evaluate.ts'
import { inferNode } from '../infer.ts'
import { downgradeNode, upgradeNode } from '../versions.ts'

type Init = Readonly<Record<string, AttributeInit>>

function nodeOf(op: string, inputs: readonly (Tensor | Value | undefined)[], init: Init, outputs = 1): Node {
  const graph = new Graph(new Names())
  const values = inputs.map(t => t && ('dtype' in t ? graph.constant(t) : graph.addInput(t)))
  const node = new Node({ op, inputs: values, attributes: attributes(init) })
  graph.insert(node)
  for (let i = 0; i < outputs; i++) node.setOutput(i, graph.value('y'))
  return node
}

/** The numbers that the node's first output has, whatever stands before it in its graph. */
function run(node: Node): number[] {
  const known = new Map<Value, Datum>()
  let last: Datum[] = []
  for (const one of node.graph!.nodes()) {
    inferNode(one)
    last = evaluateNode(one, one.inputs.map(v => v && (v.constant ?? known.get(v))))
    one.outputs.forEach((v, i) => v && known.set(v, last[i]!))
  }
  return peekNumbers(last[0] as Tensor)!.map(x => Number(x.toFixed(4)))
}

const t = (values: readonly number[], shape?: readonly number[]): Tensor => float32Tensor(values, shape)
const logs = [1, 2, 3, 4].map(Math.log)

// expected: the operators' definitions of that time, by hand
describe('upgrades from old forms', () => {
  it.each<[string, number, string, readonly (Tensor | undefined)[], Init, number[]]>([
    ['Add of opset 1, the second along axis 1', 1, 'Add', [t([0, 0, 0, 0, 0, 0], [1, 3, 2]), t([1, 2, 3])], { broadcast: 1, axis: 1, consumed_inputs: [0, 0] }, [1, 1, 2, 2, 3, 3]],
    ['Sub of opset 6, from the right', 6, 'Sub', [t([5, 6, 7, 8], [2, 2]), t([1, 2])], { broadcast: 1 }, [4, 4, 6, 6]],
    ['PRelu of opset 6, a slope for each channel', 6, 'PRelu', [t([-1, -1, -1, 1], [1, 2, 2]), t([2, 3])], {}, [-2, -2, -3, 1]],
    ['Softmax of opset 11, all axes from 1', 11, 'Softmax', [t(logs, [1, 2, 2])], {}, [0.1, 0.2, 0.3, 0.4]],
    ['Softmax of opset 11, the last axis', 11, 'Softmax', [t(logs, [2, 2])], { axis: 1 }, [0.3333, 0.6667, 0.4286, 0.5714]],
    ['Softmax of opset 11, only ones behind the axis', 11, 'Softmax', [t(logs, [2, 2, 1, 1])], { axis: 1 }, [0.3333, 0.6667, 0.4286, 0.5714]],
    ['Hardmax of opset 11, all axes', 11, 'Hardmax', [t([1, 5, 5, 2], [2, 2])], { axis: 0 }, [0, 1, 0, 0]],
    ['LogSoftmax of opset 1', 1, 'LogSoftmax', [t(logs, [1, 2, 2])], {}, [-Number(Math.LN10.toFixed(4)), -1.6094, -1.204, -0.9163]],
    ['Clip of opset 6', 6, 'Clip', [t([-3, 0, 3])], { max: float(1) }, [-3, 0, 1]],
    ['Cast of opset 1', 1, 'Cast', [t([1.7, -1.7])], { to: 'INT32' }, [1, -1]],
    ['Selu of opset 1, with the constants of its time', 1, 'Selu', [t([1])], {}, [1.0507]],
    ['ReduceSum of opset 11', 11, 'ReduceSum', [t([1, 2, 3, 4], [2, 2])], { axes: [0], keepdims: 0 }, [4, 6]],
    ['ReduceMean of opset 13, all axes', 13, 'ReduceMean', [t([1, 2, 3, 4], [2, 2])], {}, [2.5]],
    ['Dropout of opset 6', 6, 'Dropout', [t([1, 2])], { is_test: 1, ratio: float(0.5) }, [1, 2]],
    ['BatchNormalization of opset 7, statistics for each element', 7, 'BatchNormalization', [t([1, 2, 3, 4], [1, 2, 2]), ...[[1, 2, 3, 4], [0, 0, 0, 1], [1, 1, 1, 1], [1, 1, 1, 4]].map(v => t(v, [2, 2]))], { spatial: 0, epsilon: float(0) }, [0, 2, 6, 7]],
    ['GroupNormalization of opset 18, a scale for each group', 18, 'GroupNormalization', [t([1, 3, 1, 3], [1, 4, 1]), t([1, 10]), t([0, 5])], { num_groups: 2, epsilon: float(0) }, [-1, 1, -5, 15]],
  ])('%s', (_, opset, op, inputs, init, expected) => {
    const node = nodeOf(op, inputs, init)
    upgradeNode(node, opset)
    expect(run(node)).toEqual(expected)
  })
  it('keep the saved statistics of BatchNormalization from being lost', () => {
    const five = [t([1], [1, 1]), t([1]), t([1]), t([1]), t([1])]
    const node = nodeOf('BatchNormalization', five, {}, 5)
    upgradeNode(node, 9)
    expect([node.outputs.length, node.attributes['training_mode']]).toEqual([3, { type: 'int', value: 1 }])
    const used = nodeOf('BatchNormalization', five, {}, 5)
    used.graph!.addOutput(used.outputs[4]!)
    expect(() => upgradeNode(used, 9)).toThrow(expect.objectContaining({ code: 'ops.version.unsayable' }))
  })
})

describe('downgrades', () => {
  it.each<[string, number, string, readonly (Tensor | undefined)[], Init, string, string[]]>([
    ['bounds to attributes', 6, 'Clip', [t([1]), t([0], []), t([2], [])], {}, 'Clip', ['max', 'min']],
    ['axes to an attribute', 11, 'ReduceSum', [t([1]), int64Tensor([0])], { keepdims: 0 }, 'ReduceSum', ['axes', 'keepdims']],
    ['reducing nothing', 11, 'ReduceMax', [t([1])], { noop_with_empty_axes: 1 }, 'Identity', []],
    ['the last index of a maximum', 11, 'ArgMax', [t([1])], { select_last_index: 1 }, 'Sub', []],
    ['maxima of two shapes', 7, 'Max', [t([1]), t([2, 3])], {}, 'Max', []],
    ['a comparison of floats', 10, 'Equal', [t([1]), t([1])], {}, 'And', []],
    ['an axis to the end', 12, 'Softmax', [t([1, 2, 3, 4], [2, 2])], { axis: 0 }, 'Transpose', ['perm']],
    ['the last axis', 12, 'Softmax', [t([1, 2, 3, 4], [2, 2])], {}, 'Softmax', ['axis']],
    ['the ratio to an attribute', 10, 'Dropout', [t([1]), t([0.25], [])], { seed: 3 }, 'Dropout', ['ratio']],
    ['a list to a tensor', 11, 'Constant', [], { value_floats: floats([1, 2]) }, 'Constant', ['value']],
    ['groups to simpler operators', 20, 'GroupNormalization', [t([1, 2], [1, 2, 1]), t([1, 1]), t([0, 0])], { num_groups: 1 }, 'Add', []],
  ])('%s', (_, opset, op, inputs, init, becomes, names) => {
    const node = nodeOf(op, inputs, init)
    inferNode(node)
    downgradeNode(node, opset)
    expect([node.op, Object.keys(node.attributes).sort()]).toEqual([becomes, names])
  })
  it.each<[string, number, string, readonly Tensor[], Init]>([
    ['training', 11, 'Dropout', [t([1]), t([0.5], []), inlineTensor('bool', [], Uint8Array.of(1))], {}],
    ['small floats', 18, 'Cast', [t([1])], { to: 17 }],
    ['an operator that is younger and has no simpler form', 25, 'BitCast', [t([1])], { to: 6 }],
    ['broadcasting both ways', 6, 'Add', [t([1, 2], [2, 1]), t([1, 2], [1, 2])], {}],
  ])('refuse %s', (_, opset, op, inputs, init) => {
    const node = nodeOf(op, inputs, init)
    inferNode(node)
    expect(() => downgradeNode(node, opset)).toThrow(expect.objectContaining({ code: 'ops.version.unsayable' }))
  })
})

describe('computing', () => {
  // series of numpy.random.RandomState(0).uniform, which ONNX's reference draws: 0.5488, 0.7152, 0.6028, 0.5449
  it('draws the reference\'s mask for a seed', () => {
    const node = nodeOf('Dropout', [t([1, 1, 1, 1]), t([0.55], []), inlineTensor('bool', [], Uint8Array.of(1))], { seed: 0 })
    expect(run(node)).toEqual([0, 2.2222, 2.2222, 0])
  })
  it.each<[string, string, readonly Tensor[], Init]>([
    ['groups that do not divide the channels', 'GroupNormalization', [t([1, 2, 3], [1, 3, 1]), t([1, 1, 1]), t([0, 0, 0])], { num_groups: 2 }],
    ['a norm of another order', 'LpNormalization', [t([1])], { p: 3 }],
    ['the largest of nothing', 'ArgMax', [t([], [0])], {}],
  ])('refuses %s', (_, op, inputs, init) => {
    expect(() => run(nodeOf(op, inputs, init))).toThrow(expect.objectContaining({ code: 'ops.compute.invalid' }))
  })
})
