import { describe, expect, it } from 'vitest'
import { Model } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { float32Tensor, viewOf } from '../ir/tensor.ts'
import { tensorType } from '../ir/types.ts'
import { Builder } from './builder.ts'
import { evaluateNode } from './evaluate.ts'
import { operatorOf } from './registry.ts'

const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
const ramp = (shape: readonly number[]): Tensor => float32Tensor(Array.from({ length: count(shape) }, (_, i) => Math.sin(i * 1.7)), shape)
const numbers = (t: unknown): number[] => Array.from(viewOf('float32', (t as Tensor).peek()!) as Float32Array)

/** The same numbers, N C H W as N H W C, written out by index. */
function toNhwc(x: Tensor): Tensor {
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const from = numbers(x)
  const out: number[] = []
  for (let a = 0; a < n; a++) for (let i = 0; i < h; i++) for (let j = 0; j < w; j++) for (let k = 0; k < c; k++) out.push(from[((a * c + k) * h + i) * w + j]!)
  return float32Tensor(out, [n, h, w, c])
}

const cases: readonly { op: string; weights?: readonly number[]; attributes?: Record<string, number | readonly number[]> }[] = [
  { op: 'Conv', weights: [6, 2, 3, 3], attributes: { group: 2, pads: [1, 0, 1, 2], strides: [2, 1] } },
  { op: 'ConvTranspose', weights: [4, 3, 2, 2], attributes: { group: 2, strides: [2, 2] } },
  { op: 'MaxPool', attributes: { kernel_shape: [2, 3], strides: [2, 1] } },
  { op: 'AveragePool', attributes: { kernel_shape: [2, 2], pads: [1, 1, 0, 0] } },
  { op: 'GlobalAveragePool' },
  { op: 'GlobalMaxPool' },
  { op: 'DepthToSpace', attributes: { blocksize: 2 } },
  { op: 'SpaceToDepth', attributes: { blocksize: 1 } },
]

describe('operators on channel-last data', () => {
  for (const { op, weights, attributes = {} } of cases)
    it(`Nhwc${op} is ${op} with the channels last`, () => {
      const x = ramp([2, 4, 5, 6])
      const rest = weights ? [ramp(weights)] : []
      const run = (name: string, data: Tensor): { result: Tensor; shape: string } => {
        const model = new Model()
        const inputs = [data, ...rest].map((t, i) => model.graph.addInput(model.graph.value(`x${i}`, tensorType('float32', t.shape))))
        const y = new Builder(model.graph).op(name, inputs, attributes)
        return { result: evaluateNode(y.producer!.node, [data, ...rest])[0] as Tensor, shape: String(y.type?.kind === 'tensor' && y.type.shape) }
      }
      const expected = toNhwc(run(op, x).result)
      const { result, shape } = run(`lapidary::Nhwc${op}`, toNhwc(x))
      expect(result.shape).toEqual(expected.shape)
      expect(shape).toBe(String(expected.shape))
      expect(numbers(result)).toEqual(numbers(expected))
    })
  it('NhwcResize is Resize of the data as it lies', () => {
    expect(operatorOf({ op: 'NhwcResize', domain: 'lapidary' })).toBeDefined()
    const model = new Model()
    const x = ramp([1, 2, 3, 4])
    const b = new Builder(model.graph)
    const y = b.op('lapidary::NhwcResize', [model.graph.addInput(model.graph.value('x', tensorType('float32', [1, 2, 3, 4]))), undefined, b.floats([1, 2, 2, 1])], { mode: 'nearest' })
    const node = y.producer!.node
    const out = evaluateNode(node, [x, undefined, node.inputs[2]!.constant!])[0] as Tensor
    expect(out.shape).toEqual([1, 4, 6, 4])
    expect(numbers(out).slice(0, 8)).toEqual([...numbers(x).slice(0, 4), ...numbers(x).slice(0, 4)])
  })
})
