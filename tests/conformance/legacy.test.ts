import onnxProto from 'onnx-proto'
import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { fromRuntime, toRuntime } from '../../executors/onnxruntime/tensors.ts'
import type { Runtime } from '../../executors/onnxruntime/tensors.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { float32Tensor, int64Tensor } from '../../src/ir/tensor.ts'
import { compareData } from './compare.ts'
import { readModel } from './run.ts'

// Old forms that no data set of ONNX's holds, against onnxruntime on the same bytes
const { AttributeProto, GraphProto, ModelProto, NodeProto } = onnxProto.onnx
type Attribute = number | string | readonly number[] | { readonly floats: readonly number[] } | { readonly f: number } | onnxProto.onnx.IGraphProto

const kinds: Readonly<Record<string, number>> = { float32: 1, int64: 7 }
const valueInfo = (name: string, dtype: string, shape?: readonly number[]): onnxProto.onnx.IValueInfoProto => ({ name, type: { tensorType: { elemType: kinds[dtype]!, ...(shape && { shape: { dim: shape.map(dimValue => ({ dimValue })) } }) } } })

function attributeOf(name: string, value: Attribute): onnxProto.onnx.IAttributeProto {
  if (typeof value === 'number') return AttributeProto.create({ name, type: 2, i: value })
  if (typeof value === 'string') return AttributeProto.create({ name, type: 3, s: new TextEncoder().encode(value) })
  if (Array.isArray(value)) return AttributeProto.create({ name, type: 7, ints: value as number[] })
  if ('floats' in value) return AttributeProto.create({ name, type: 6, floats: [...value.floats] })
  if ('f' in value) return AttributeProto.create({ name, type: 1, f: value.f })
  return AttributeProto.create({ name, type: 5, g: value as onnxProto.onnx.IGraphProto })
}

const nodeOf = (opType: string, input: string[], output: string[], attributes: Readonly<Record<string, Attribute>> = {}): onnxProto.onnx.INodeProto =>
  NodeProto.create({ opType, input, output, attribute: Object.entries(attributes).map(([k, v]) => attributeOf(k, v)) })

interface Case {
  readonly what: string
  readonly opset: number
  readonly inputs: Readonly<Record<string, Tensor>>
  readonly node: onnxProto.onnx.INodeProto
}

const ramp = (shape: readonly number[]): Tensor => float32Tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 1.7) * 2), shape)
const x = ramp([2, 2, 3, 4])
const unary = (op: string, attributes: Readonly<Record<string, Attribute>>, opset = 7): Case => ({ what: `${op} ${JSON.stringify(attributes)}`, opset, inputs: { x }, node: nodeOf(op, ['x'], ['y'], attributes) })

const running = GraphProto.create({
  name: 'body',
  node: [nodeOf('Add', ['sum', 'next'], ['total']), nodeOf('Identity', ['total'], ['out'])],
  input: [valueInfo('sum', 'float32', [2]), valueInfo('next', 'float32', [2])],
  output: [valueInfo('total', 'float32', [2]), valueInfo('out', 'float32', [2])],
})
const scan = (what: string, lengths: readonly number[] | undefined, direction: number): Case => ({
  what: `Scan of opset 8, ${what}`,
  opset: 8,
  inputs: { ...(lengths && { n: int64Tensor([...lengths]) }), s: ramp([3, 2]), x: ramp([3, 4, 2]) },
  node: nodeOf('Scan', [lengths ? 'n' : '', 's', 'x'], ['y', 'z'], { body: running, num_scan_inputs: 1, directions: [direction] }),
})

const cases: readonly Case[] = [
  unary('Affine', { alpha: { f: 2 }, beta: { f: 0.5 } }),
  unary('Scale', { scale: { f: 3 } }),
  unary('ParametricSoftplus', { alpha: { f: 2 }, beta: { f: 0.5 } }),
  unary('ScaledTanh', { alpha: { f: 2 }, beta: { f: 0.5 } }),
  unary('ImageScaler', { scale: { f: 2 }, bias: { floats: [0.5, -1] } }),
  unary('Crop', { border: [0, 1, 1, 0] }),
  unary('Crop', { border: [1, 1, 0, 0], scale: [2, 2] }),
  { what: 'DynamicSlice', opset: 7, inputs: { x, a: int64Tensor([0, 1]), b: int64Tensor([3, 3]), c: int64Tensor([2, 3]) }, node: nodeOf('DynamicSlice', ['x', 'a', 'b', 'c'], ['y']) },
  unary('MeanVarianceNormalization', {}, 8),
  unary('MeanVarianceNormalization', { across_channels: 1, normalize_variance: 0 }, 8),
  unary('Upsample', { mode: 'nearest', scales: { floats: [1, 1, 2, 3] } }),
  unary('Upsample', { mode: 'linear', scales: { floats: [1, 1, 2, 2] } }, 8),
  unary('Dropout', { ratio: { f: 0.5 } }),
  unary('Pad', { pads: [0, 0, 1, 1, 0, 0, 2, 0], value: { f: 1.5 } }),
  unary('Softmax', { axis: 1 }),
  unary('Hardmax', { axis: 2 }, 9),
  unary('LogSoftmax', {}),
  unary('Clip', { min: { f: -0.5 }, max: { f: 0.5 } }),
  unary('Flatten', { axis: 3 }),
  unary('ReduceSum', { axes: [1, 3], keepdims: 0 }),
  unary('TopK', { k: 2, axis: 3 }),
  unary('Slice', { starts: [0, -2], ends: [1, 100], axes: [2, 3] }),
  scan('whole sequences', undefined, 0),
  scan('lengths', [4, 1, 2], 0),
  scan('backward', undefined, 1),
]

describe('old forms give what onnxruntime gives', () => {
  it.each(cases)('$what', async ({ opset, inputs, node }) => {
    if (node.opType === 'TopK') node.output!.push('indices')
    const bytes = ModelProto.encode(
      ModelProto.create({
        irVersion: 4,
        opsetImport: [{ domain: '', version: opset }],
        graph: { name: 'g', node: [node], input: Object.entries(inputs).map(([name, t]) => valueInfo(name, t.dtype, t.shape)), output: node.output!.map(name => valueInfo(name, name === 'indices' ? 'int64' : 'float32')) },
      }),
    ).finish()
    const theirs = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled', logSeverityLevel: 4, intraOpNumThreads: 1 })
    const feeds: Record<string, ort.Tensor> = {}
    for (const [name, t] of Object.entries(inputs)) feeds[name] = (await toRuntime(ort as unknown as Runtime, t)) as ort.Tensor
    const expected = await theirs.run(feeds)
    await theirs.release()
    const session = await cpuExecutor.prepare(await readModel(bytes), { precision: 'exact' })
    const results = await session.run(new Map(Object.entries(inputs)))
    session.dispose()
    for (const name of node.output!) expect(compareData(results.get(name), fromRuntime(expected[name]), 1e-5, 1e-6)).toBeUndefined()
  })
})
