import { describe, expect, it } from 'vitest'
import { LapidaryError } from '../diag/diagnostic.ts'
import type { AttributeInit } from '../ir/attribute.ts'
import { attributes, float, floats } from '../ir/attribute.ts'
import type { Value } from '../ir/model.ts'
import { Model, Node } from '../ir/model.ts'
import { float32Tensor, peekNumbers } from '../ir/tensor.ts'
import { tensorType } from '../ir/types.ts'
import { Builder } from './builder.ts'
import { inferNode } from './infer.ts'
import { downgradeNode, upgradeNode } from './versions.ts'

type Given = readonly number[] | { readonly floats: readonly number[] } | undefined
interface Form {
  readonly op: string
  readonly inputs?: readonly Given[]
  readonly attributes?: Record<string, AttributeInit>
}

/** A node on an input of [1, 12, 4, 6] and constants. Lists in braces are floats. */
function nodeOf({ op, inputs = [], attributes: init = {} }: Form, outputs = 1): Node {
  const model = new Model()
  const b = new Builder(model.graph)
  const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [1, 12, 4, 6])))
  const constant = (g: Given): Value | undefined => g && ('floats' in g ? b.constant(float32Tensor(g.floats)) : b.ints(g))
  const node = new Node({ op, inputs: [x, ...inputs.map(constant)], attributes: attributes(init) })
  model.graph.insert(node)
  for (let i = 0; i < outputs; i++) node.setOutput(i, model.graph.value('y'))
  return node
}
const formOf = (node: Node): Form => {
  const values = node.inputs.slice(1).map((v): Given => {
    const numbers = peekNumbers(v?.constant)
    return numbers && (v!.constant!.dtype === 'float32' ? { floats: numbers } : numbers)
  })
  return { op: node.op, inputs: values, attributes: node.attributes as Record<string, AttributeInit> }
}
const normal = (f: Form): Form => ({ op: f.op, inputs: f.inputs ?? [], attributes: attributes(f.attributes ?? {}) as Record<string, AttributeInit> })

const refusal = (form: Form, opset: number, outputs = 1): string => {
  const node = nodeOf(form, outputs)
  try {
    downgradeNode(node, opset)
  } catch (error) {
    if (error instanceof LapidaryError) return error.code
    throw error
  }
  return `became ${node.op}`
}

const far = 2 ** 40

// the forms are those of ONNX's schema history (proto/onnx-schema.json)
describe('forms of older versions', () => {
  it.each<[number, Form, Form, number?]>([
    [1, { op: 'Reshape', attributes: { shape: [2, -1] } }, { op: 'Reshape', inputs: [[2, -1]] }],
    [11, { op: 'Squeeze', attributes: { axes: [0] } }, { op: 'Squeeze', inputs: [[0]] }],
    [11, { op: 'Unsqueeze', attributes: { axes: [0, 3] } }, { op: 'Unsqueeze', inputs: [[0, 3]] }],
    [2, { op: 'Split', attributes: { axis: 1, split: [5, 7] } }, { op: 'Split', inputs: [[5, 7]], attributes: { axis: 1 } }, 2],
    [13, { op: 'Split', attributes: { axis: 1 } }, { op: 'Split', attributes: { axis: 1, num_outputs: 3 } }, 3],
    [1, { op: 'Slice', attributes: { starts: [1], ends: [far], axes: [2] } }, { op: 'Slice', inputs: [[1], [far], [2]] }],
    [2, { op: 'Pad', attributes: { mode: 'constant', pads: [0, 0, 1, 1, 0, 0, 2, 2], value: float(1.5) } }, { op: 'Pad', inputs: [[0, 0, 1, 1, 0, 0, 2, 2], { floats: [1.5] }], attributes: { mode: 'constant' } }],
    [1, { op: 'TopK', attributes: { axis: 1, k: 3 } }, { op: 'TopK', inputs: [[3]], attributes: { axis: 1 } }, 2],
    [7, { op: 'Upsample', attributes: { mode: 'nearest', scales: floats([1, 1, 2, 3]) } },
      { op: 'Resize', inputs: [undefined, { floats: [1, 1, 2, 3] }], attributes: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' } }],
    [10, { op: 'Resize', inputs: [{ floats: [1, 1, 2, 3] }], attributes: { mode: 'linear' } },
      { op: 'Resize', inputs: [undefined, { floats: [1, 1, 2, 3] }], attributes: { mode: 'linear', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' } }],
    [1, { op: 'LpPool', attributes: { kernel_shape: [2, 2], p: float(3) } }, { op: 'LpPool', attributes: { kernel_shape: [2, 2], p: 3 } }],
  ])('opset %i: %j', (opset, old, now, outputs = 1) => {
    const node = nodeOf(old, outputs)
    upgradeNode(node, opset)
    expect(normal(formOf(node))).toEqual(normal(now))
    inferNode(node)
    downgradeNode(node, opset)
    expect(normal(formOf(node))).toEqual(normal(old))
  })

  it.each<[number, Form, Form, number?]>([
    [1, { op: 'Upsample', attributes: { mode: 'bilinear', height_scale: float(2), width_scale: float(3) } },
      { op: 'Resize', inputs: [undefined, { floats: [1, 1, 2, 3] }], attributes: { mode: 'linear', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' } }],
    [11, { op: 'Resize', inputs: [{ floats: [] }, { floats: [] }, [1, 12, 8, 8]], attributes: { coordinate_transformation_mode: 'tf_half_pixel_for_nn', nearest_mode: 'floor' } },
      { op: 'Resize', inputs: [undefined, undefined, [1, 12, 8, 8]], attributes: { coordinate_transformation_mode: 'half_pixel', nearest_mode: 'round_prefer_ceil' } }],
    [9, { op: 'Scatter', inputs: [[0], [1]], attributes: { axis: 1 } }, { op: 'ScatterElements', inputs: [[0], [1]], attributes: { axis: 1 } }],
    [1, { op: 'Pad', attributes: { paddings: [0, 0, 1, 1, 0, 0, 2, 2] } }, { op: 'Pad', inputs: [[0, 0, 1, 1, 0, 0, 2, 2]] }],
    [1, { op: 'Concat' }, { op: 'Concat', attributes: { axis: 1 } }],
    [1, { op: 'LSTM', inputs: [[1], [1]], attributes: { hidden_size: 1, output_sequence: 1 } }, { op: 'LSTM', inputs: [[1], [1]], attributes: { hidden_size: 1 } }],
    [6, { op: 'Gemm', inputs: [[1], [1]], attributes: { broadcast: 1 } }, { op: 'Gemm', inputs: [[1], [1]] }],
  ])('opset %i, there only: %j', (opset, old, now, outputs = 1) => {
    const node = nodeOf(old, outputs)
    upgradeNode(node, opset)
    expect(normal(formOf(node))).toEqual(normal(now))
  })

  it('a tile of opset 1 repeats one axis', () => {
    const node = nodeOf({ op: 'Tile', inputs: [{ floats: [3] }, { floats: [1] }] })
    upgradeNode(node, 1)
    expect(formOf(node).inputs).toEqual([[1, 3, 1, 1]])
    inferNode(node)
    expect(node.outputs[0]!.type).toEqual(tensorType('float32', [1, 36, 4, 6]))
  })
})

describe('going back', () => {
  it.each<[string, Form, number, number?]>([
    ['zeros that are sizes', { op: 'Reshape', inputs: [[0, 0]], attributes: { allowzero: 1 } }, 13],
    ['a wrapped padding', { op: 'Pad', inputs: [[0, 0, 1, 1, 0, 0, 1, 1]], attributes: { mode: 'wrap' } }, 18],
    ['steps', { op: 'Slice', inputs: [[0], [4], [2], [2]] }, 9],
    ['dilated windows', { op: 'MaxPool', attributes: { kernel_shape: [2, 2], dilations: [2, 2] } }, 9],
    ['windows over the end', { op: 'AveragePool', attributes: { kernel_shape: [2, 2], ceil_mode: 1 } }, 9],
    ['indices of maxima', { op: 'MaxPool', attributes: { kernel_shape: [2, 2] } }, 7, 2],
    ['sizes', { op: 'Resize', inputs: [undefined, undefined, [1, 12, 8, 8]], attributes: { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' } }, 10],
    ['a filter against aliases', { op: 'Resize', inputs: [undefined, { floats: [1, 1, 0.5, 0.5] }], attributes: { mode: 'linear', antialias: 1 } }, 13],
  ])('is refused for %s', (_, form, opset, outputs) => {
    expect(refusal(form, opset, outputs)).toBe('ops.version.unsayable')
  })

  // that these compute the same is tests/conformance/opsets.test.ts's matter
  it.each<[string, Form, number, string, number?]>([
    ['a part of a shape', { op: 'Shape', attributes: { start: 1 } }, 13, 'Slice'],
    ['another order of blocks', { op: 'DepthToSpace', attributes: { blocksize: 2, mode: 'CRD' } }, 10, 'Reshape'],
    ['the smallest', { op: 'TopK', inputs: [[1]], attributes: { largest: 0 } }, 10, 'Neg', 2],
    ['a step', { op: 'Slice', inputs: [[0], [4], [2], [2]] }, 9, 'Gather'],
  ])('%s is said in other operators', (_, form, opset, becomes, outputs = 1) => {
    const node = nodeOf(form, outputs)
    inferNode(node)
    downgradeNode(node, opset)
    expect(node.op).toBe(becomes)
  })

  it('states what newer versions leave out', () => {
    const back = (form: Form, opset: number, outputs = 1) => {
      const node = nodeOf(form, outputs)
      inferNode(node)
      downgradeNode(node, opset)
      return normal(formOf(node))
    }
    expect(back({ op: 'Pad', inputs: [[1, 2], undefined, [-1]] }, 17)).toEqual(normal({ op: 'Pad', inputs: [[0, 0, 0, 1, 0, 0, 0, 2]] }))
    expect(back({ op: 'Resize', inputs: [undefined, { floats: [2, 3] }], attributes: { axes: [2, -1] } }, 13)).toEqual(normal({ op: 'Resize', inputs: [undefined, { floats: [1, 1, 2, 3] }] }))
    expect(back({ op: 'Split', attributes: { axis: 1, num_outputs: 5 } }, 13, 5)).toEqual(normal({ op: 'Split', inputs: [[3, 3, 3, 3, 0]], attributes: { axis: 1 } }))
    expect(back({ op: 'Resize', inputs: [undefined, undefined, [1, 12, 8, 8]] }, 11).inputs).toEqual([{ floats: [] }, { floats: [] }, [1, 12, 8, 8]])
  })
})
