import { describe, expect, it } from 'vitest'
import type { AttributeInit } from '../ir/attribute.ts'
import { attributes as attributesOf, float, graphAttribute } from '../ir/attribute.ts'
import type { Value } from '../ir/model.ts'
import { Graph, Model, Node } from '../ir/model.ts'
import type { Datum, Tensor } from '../ir/tensor.ts'
import { float32Tensor, inlineTensor, peekNumbers } from '../ir/tensor.ts'
import { elementCount, tensorType } from '../ir/types.ts'
import { Builder } from './builder.ts'
import { evaluateNode } from './evaluate.ts'
import { inferNode } from './infer.ts'
import { operatorOf } from './registry.ts'

const ramp = (...shape: number[]): Tensor => float32Tensor(Float32Array.from({ length: elementCount(shape) }, (_, i) => ((i * 37) % 101) / 50 - 1), shape)
const bytes = (...shape: number[]): Tensor => inlineTensor('uint8', shape, Uint8Array.from({ length: elementCount(shape) }, (_, i) => (i * 53) % 256))
const scalar = (v: number): Tensor => float32Tensor([v], [])
const zero = (v: number): Tensor => inlineTensor('uint8', [], Uint8Array.of(v))

/** The node's own result, and that of what it decomposes to. */
function both(op: string, inputs: readonly Tensor[], init: Record<string, AttributeInit>): [Tensor, Tensor, string[]] {
  const model = new Model()
  const values = inputs.map(t => model.graph.addInput(model.graph.value('x', tensorType(t.dtype, t.shape))))
  const node = model.graph.insert(new Node({ op, inputs: values, attributes: attributesOf(init) }))
  node.setOutput(0, model.graph.value('y'))
  inferNode(node)
  const [own] = evaluateNode(node, inputs) as [Tensor]
  const b = new Builder(model.graph, node)
  const made = operatorOf(node)!.decompose!(b, node)![0]!
  const known = new Map<Value, Datum>(values.map((v, i) => [v, inputs[i]!]))
  for (const part of b.made) evaluateNode(part, part.inputs.map(v => v && (v.constant ?? known.get(v)))).forEach((d, i) => known.set(part.outputs[i]!, d))
  return [own, known.get(made) as Tensor, b.made.map(n => n.op)]
}

it('a Scan of known length unrolls', () => {
  // a running sum of rows, scanned from the end, its partial sums stacked as columns
  const model = new Model()
  const [start, rows] = [ramp(3), ramp(4, 3)]
  const [s, x] = [start, rows].map(t => model.graph.addInput(model.graph.value('x', tensorType(t.dtype, t.shape)))) as [Value, Value]
  const body = new Graph(model.names)
  const [state, row] = [0, 1].map(() => body.addInput(body.value('v', tensorType('float32', [3])))) as [Value, Value]
  const inner = new Builder(body)
  const next = inner.op('Add', [state, row])
  body.addOutput(next)
  body.addOutput(inner.op('Identity', [next]))
  const b = new Builder(model.graph)
  const scan = b.ops('Scan', [s, x], 2, { body: graphAttribute(body), num_scan_inputs: 1, scan_input_directions: [1], scan_output_axes: [-1] })[0]!.producer!.node
  const maker = new Builder(model.graph, scan)
  const made = operatorOf(scan)!.decompose!(maker, scan)!
  const known = new Map<Value, Datum>([[s, start], [x, rows]])
  for (const part of maker.made) evaluateNode(part, part.inputs.map(v => v && (v.constant ?? known.get(v)))).forEach((d, i) => known.set(part.outputs[i]!, d))
  const [p, q] = [peekNumbers(start)!, peekNumbers(rows)!]
  const sums = [3, 2, 1, 0].map(r => [0, 1, 2].map(c => [3, 2, 1, 0].filter(k => k >= r).reduce((t, k) => t + q[k * 3 + c]!, p[c]!)))
  const found = made.map(v => peekNumbers(known.get(v!) as Tensor)!)
  sums[3]!.forEach((v, c) => expect(found[0]![c]).toBeCloseTo(v, 5))
  sums.forEach((row, t) => row.forEach((v, c) => expect(found[1]![c * 4 + t]).toBeCloseTo(v, 5)))
  expect(made[1]!.type).toEqual(tensorType('float32', [3, 4]))
})

// computed by tensor expressions (which ONNX's node tests prove) and by the decomposition
describe('a decomposition gives what the operator computes', () => {
  it.each<[string, Tensor[], Record<string, AttributeInit>, string[]]>([
    ['DepthToSpace', [ramp(2, 12, 2, 3)], { blocksize: 2 }, ['Reshape', 'Transpose', 'Reshape']],
    ['DepthToSpace', [ramp(2, 12, 2, 3)], { blocksize: 2, mode: 'CRD' }, ['Reshape', 'Transpose', 'Reshape']],
    ['SpaceToDepth', [ramp(2, 3, 4, 6)], { blocksize: 2 }, ['Reshape', 'Transpose', 'Reshape']],
    ['SpaceToDepth', [ramp(2, 3, 4, 6)], { blocksize: 2, mode: 'CRD' }, ['Reshape', 'Transpose', 'Reshape']],
    ['Flatten', [ramp(2, 3, 4)], { axis: 2 }, ['Reshape']],
    ['Gemm', [ramp(3, 2), ramp(4, 3), ramp(4)], { transA: 1, transB: 1, alpha: float(0.5), beta: float(2) }, ['Transpose', 'Transpose', 'MatMul', 'Mul', 'Mul', 'Add']],
    ['Gemm', [ramp(2, 3), ramp(3, 4)], {}, ['MatMul']],
    ['QLinearConv', [bytes(1, 2, 5, 5), scalar(0.02), zero(120), bytes(3, 2, 3, 3), scalar(0.01), zero(130), scalar(0.5), zero(100)], { pads: [1, 1, 1, 1] }, ['DequantizeLinear', 'DequantizeLinear', 'Conv', 'QuantizeLinear']],
  ])('%s', (op, inputs, init, parts) => {
    const [own, made, ops] = both(op, inputs, init)
    expect(ops).toEqual(parts)
    expect([made.dtype, made.shape]).toEqual([own.dtype, own.shape])
    const [p, q] = [peekNumbers(own)!, peekNumbers(made)!]
    expect(Math.max(...p.map((v, i) => Math.abs(v - q[i]!)))).toBeLessThan(1e-5)
  })
})
