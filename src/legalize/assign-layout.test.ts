import { describe, expect, it } from 'vitest'
import { float } from '../ir/attribute.ts'
import { sym } from '../ir/dim.ts'
import type { Model, Value } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { inlineTensor } from '../ir/tensor.ts'
import type { TensorType } from '../ir/types.ts'
import { verify } from '../ir/verify.ts'
import { channelsFirst, channelsLast } from '../ops/kit/nhwc.ts'
import { modelOf, noise, onDisk, ops, relativeError, runModel } from '../passes/kit/testing.ts'
import { transposeTensor } from '../passes/kit/weights.ts'
import type { Make } from '../rewrite/pattern.ts'
import { assignLayout } from './assign-layout.ts'
import { Cut } from './layout/min-cut.ts'

// Numbers are checked against the channel-second graph before the pass, evaluated node by node.
type Build = (m: Make, x: Value) => Value | readonly Value[]
const w = (m: Make, shape: readonly number[], seed = 1): Value => m.constant(onDisk(noise(shape, seed)))
const conv = (m: Make, x: Value, from: number, to: number, size = 3, more: Record<string, number | readonly number[]> = {}): Value =>
  m.Conv(x, w(m, [to, from, size, size], from + to), { pads: Array(4).fill(size >> 1), ...more })

async function inMemory(tensor: Tensor): Promise<Tensor> {
  return inlineTensor(tensor.dtype, tensor.shape, (await tensor.load()).slice())
}

/** Assigns the layout and compares; gives the operators left and the transposes among them. */
async function assign(shape: readonly number[], build: Build, borders: 'nhwc' | 'keep' = 'nhwc'): Promise<{ model: Model; ops: string[]; transposes: number; permuted: string[] }> {
  const model = modelOf(shape, build)
  const x = noise(shape, 11)
  const before = await runModel(model, x)
  const names = model.graph.outputs.map(v => v.name)
  const { permuted, transposes } = assignLayout(model, { borders })
  verify(model)
  expect(model.graph.outputs.map(v => v.name)).toEqual(names)
  const after = await runModel(model, permuted.has('x') ? await inMemory(transposeTensor(x, channelsLast(shape.length))) : x)
  for (const [i, v] of model.graph.outputs.entries()) {
    const type = v.type?.kind === 'tensor' ? (v.type.shape as number[]) : []
    let result = after[i]!
    if (permuted.has(v.name)) {
      const turned = await transposeTensor(inlineTensor('float64', type, new Uint8Array(result.buffer)), channelsFirst(type.length)).load()
      result = new Float64Array(turned.slice().buffer)
    }
    expect(relativeError(result, before[i]!)).toBeLessThan(1e-6)
  }
  return { model, ops: ops(model), transposes, permuted: [...permuted.keys()] }
}

const image = [2, 4, 6, 8]
/** Graphs of which no transpose may remain when inputs and outputs may change. */
const clean: readonly [string, readonly number[], Build][] = [
  ['a residual block', image, (m, x) => m.Relu(m.Add(conv(m, m.Relu(conv(m, x, 4, 4)), 4, 4), x))],
  ['squeeze and excitation', image, (m, x) => m.Mul(conv(m, x, 4, 4), m.HardSigmoid(conv(m, m.Relu(conv(m, m.GlobalAveragePool(x), 4, 2, 1)), 2, 4, 1)))],
  ['constants for channels, rows and elements', image, (m, x) => m.Add(m.Mul(conv(m, x, 4, 4), w(m, [4, 1, 1])), m.Add(w(m, [6, 1]), w(m, [1, 4, 6, 8])))],
  ['Concat, Slice and Split on channels', image, (m, x) => {
    const y = conv(m, x, 4, 6)
    const [a, b] = m.ops('Split', [y], 2, { axis: 1, num_outputs: 2 })
    return m.Concat(b, m.Slice(y, m.ints([1]), m.ints([4]), m.ints([1])), a, { axis: -3 })
  }],
  ['reductions and Softmax', image, (m, x) => {
    const y = conv(m, x, 4, 4)
    return [m.ReduceMean(y, m.ints([2, 3]), { keepdims: 0 }), m.op('ReduceSum', [y, m.ints([1])]), m.Softmax(y, { axis: 1 }), m.ReduceMax(y, m.ints([-1]), { keepdims: 0 })]
  }],
  ['Pad, Tile, Expand, Gather and CumSum', image, (m, x) => {
    const y = m.Pad(conv(m, x, 4, 4), m.ints([0, 1, 2, 0, 0, 0, 1, 3]))
    return m.op('CumSum', [m.Gather(m.Expand(m.Tile(y, m.ints([1, 2, 1, 1])), m.ints([2, 10, 9, 11])), m.ints([3, 0, 7]), { axis: 1 }), m.int(-1)])
  }],
  ['Resize in two ways', image, (m, x) => m.Resize(m.Resize(conv(m, x, 4, 3), undefined, m.floats([1, 1, 2, 2]), { mode: 'nearest' }), undefined, undefined, m.ints([2, 3, 9, 12]), { mode: 'linear' })],
  ['ConvTranspose, pools and depth to space', image, (m, x) => m.MaxPool(m.DepthToSpace(m.AveragePool(m.ConvTranspose(x, w(m, [4, 8, 2, 2]), { strides: [2, 2] }), { kernel_shape: [2, 2] }), { blocksize: 2 }), { kernel_shape: [3, 3], strides: [2, 2] })],
  ['a channel shuffle', image, (m, x) => {
    const y = conv(m, x, 4, 6)
    const shuffled = m.Reshape(m.Transpose(m.Reshape(y, m.ints([2, 2, 3, 6, 8])), { perm: [0, 2, 1, 3, 4] }), m.ints([2, 6, 6, 8]))
    return conv(m, m.Slice(shuffled, m.ints([3]), m.ints([6]), m.ints([1])), 3, 2, 1)
  }],
  ['Flatten before Gemm', image, (m, x) => m.Gemm(m.Flatten(conv(m, x, 4, 3)), w(m, [5, 144]), { transB: 1 })],
  ['Reshape before MatMul', image, (m, x) => m.MatMul(m.Reshape(conv(m, x, 4, 3), m.ints([2, -1])), w(m, [144, 5]))],
  ['pooling to one element and Flatten', image, (m, x) => m.Gemm(m.Flatten(m.GlobalAveragePool(conv(m, x, 4, 3))), w(m, [3, 5]))],
  ['spatial axes that become one, and sequences', image, (m, x) => m.MatMul(m.Transpose(m.Reshape(conv(m, x, 4, 3), m.ints([2, 3, 48])), { perm: [0, 2, 1] }), w(m, [3, 5]))],
  ['transposes of its own', image, (m, x) => {
    const y = m.Transpose(m.Softmax(m.Transpose(conv(m, x, 4, 3), { perm: [0, 2, 3, 1] }), { axis: -1 }), { perm: [0, 3, 1, 2] })
    return conv(m, y, 3, 2)
  }],
  ['signals', [2, 3, 16], (m, x) => m.Relu(m.Conv(x, w(m, [4, 3, 5]), { pads: [2, 2], strides: [2] }))],
  ['volumes', [1, 2, 3, 4, 5], (m, x) => m.MaxPool(m.Conv(x, w(m, [3, 2, 2, 2, 2])), { kernel_shape: [1, 2, 2] })],
  ['PRelu, Clip and LeakyRelu', image, (m, x) => m.LeakyRelu(m.Clip(m.op('PRelu', [conv(m, x, 4, 4), w(m, [4, 1, 1])]), m.scalar(-0.5, 'float32'), undefined), { alpha: float(0.3) })],
  ['sizes that are asked for', image, (m, x) => {
    const y = conv(m, x, 4, 4)
    return m.Reshape(m.ReduceMean(y, m.ints([2, 3]), { keepdims: 0 }), m.Slice(m.Shape(y), m.ints([0]), m.ints([2])))
  }],
  ['a constant in Concat', image, (m, x) => m.Concat(conv(m, x, 4, 4), w(m, [2, 1, 6, 8]), { axis: 1 })],
  ['values of fewer axes', [1, 4, 6, 8], (m, x) => {
    const y = conv(m, x, 4, 4)
    return m.Mul(m.Add(y, m.Squeeze(m.GlobalAveragePool(y), m.ints([0]))), m.ReduceMean(y, m.ints([0, 1, 2]), { keepdims: 0 }))
  }],
  ['a normalization', image, (m, x) => conv(m, m.BatchNormalization(m.Concat(x, m.Relu(x), { axis: 1 }), w(m, [8]), w(m, [8], 2), w(m, [8], 3), m.constant(noise([8], 4, 0.5, 2))), 8, 2)],
]

describe('assign-layout', () => {
  for (const [what, shape, build] of clean)
    it(`leaves no transpose in ${what}`, async () => {
      const { transposes, ops, permuted } = await assign(shape, build)
      expect(transposes).toBe(0)
      expect(ops.some(o => o.startsWith('lapidary::Nhwc'))).toBe(true)
      expect(permuted).toContain('x')
    })
  for (const [what, shape, build] of clean)
    it(`keeps inputs and outputs of ${what} when asked to`, async () => {
      const { permuted, transposes, model } = await assign(shape, build, 'keep')
      expect(permuted).toEqual([])
      const wide = model.graph.outputs.filter(v => v.type?.kind === 'tensor' && v.type.shape!.length >= 3).length
      expect(transposes).toBeLessThanOrEqual(1 + wide)
    })
  it('leaves a graph without spatial operators alone', async () => {
    const { ops, permuted } = await assign([2, 3, 4, 5], (m, x) => m.Softmax(m.MatMul(x, w(m, [5, 4])), { axis: 1 }))
    expect(ops).toEqual(['MatMul', 'Softmax'])
    expect(permuted).toEqual([])
  })
  it('puts a transpose where a product of matrices needs it, once for all who read it', async () => {
    const { transposes } = await assign(image, (m, x) => {
      const y = conv(m, x, 4, 4)
      return [m.MatMul(y, w(m, [8, 2])), m.MatMul(y, w(m, [8, 3])), conv(m, y, 4, 2)]
    })
    expect(transposes).toBe(1)
  })
  it('transposes the smaller side', async () => {
    const { transposes, model } = await assign(image, (m, x) => m.MatMul(m.Relu(m.MaxPool(conv(m, x, 4, 8), { kernel_shape: [2, 2], strides: [2, 2] })), w(m, [4, 2])))
    expect(transposes).toBe(1)
    const turned = [...model.allNodes()].find(n => n.op === 'Transpose')!
    expect(turned.inputs[0]!.producer!.node.op).toMatch(/Relu|NhwcMaxPool/)
  })
  it('works with sizes that are open', () => {
    const model = modelOf([sym('N'), 3, sym('H'), sym('W')], (m, x) => m.Mul(m.Relu(conv(m, x, 3, 4)), m.Sigmoid(m.GlobalAveragePool(conv(m, x, 3, 4)))))
    const { transposes, permuted } = assignLayout(model, { borders: 'nhwc' })
    expect(transposes).toBe(0)
    expect([...permuted.keys()]).toEqual(['x', model.graph.outputs[0]!.name])
    expect(String((model.graph.outputs[0]!.type as TensorType).shape)).toBe('N,H,W,4')
  })
  it('keeps an output that is an unchanged input', async () => {
    const { permuted } = await assign(image, (m, x) => [conv(m, x, 4, 2), m.Identity(x)])
    expect(permuted).toContain('x')
  })
})

it('the cut is the least one', () => {
  // the textbook network of Cormen et al., Introduction to Algorithms, section on the Ford-Fulkerson method: a least cut of 23
  const cut = new Cut()
  const [v1, v2, v3, v4] = [cut.vertex(), cut.vertex(), cut.vertex(), cut.vertex()]
  const edges: [number, number, number][] = [[0, v1!, 16], [0, v2!, 13], [v2!, v1!, 4], [v1!, v3!, 12], [v3!, v2!, 9], [v2!, v4!, 14], [v4!, v3!, 7], [v3!, 1, 20], [v4!, 1, 4]]
  edges.forEach(e => cut.cost(...e))
  const side = cut.solve()
  expect(edges.filter(([a, b]) => side.has(a) && !side.has(b)).reduce((n, e) => n + e[2], 0)).toBe(23)
})
