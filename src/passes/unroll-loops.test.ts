import { describe, expect, it } from 'vitest'
import { Log } from '../diag/diagnostic.ts'
import { graphAttribute } from '../ir/attribute.ts'
import { sym } from '../ir/dim.ts'
import type { Dim } from '../ir/dim.ts'
import type { Value } from '../ir/model.ts'
import { Graph, Model, Node } from '../ir/model.ts'
import { float32Tensor, inlineTensor, int64Tensor, peekNumbers } from '../ir/tensor.ts'
import type { Tensor } from '../ir/tensor.ts'
import { tensorType } from '../ir/types.ts'
import { verify } from '../ir/verify.ts'
import type { Make } from '../rewrite/pattern.ts'
import { makeWith } from '../rewrite/pattern.ts'
import { Builder } from '../ops/builder.ts'
import { inferNode } from '../ops/infer.ts'
import { ops, runGraph } from './kit/testing.ts'
import { unrollLoops } from './unroll-loops.ts'

const ctx = { log: new Log() }
const numbers = (t: unknown): number[] => peekNumbers(t as Tensor)!

/** A body graph: inputs by type, outputs by what `build` makes of them. */
function bodyOf(model: Model, inputs: readonly (readonly ['float32' | 'int64' | 'bool', readonly Dim[]])[], build: (make: Make, ...values: Value[]) => readonly Value[]): Graph {
  const graph = new Graph(model.names, 'body')
  const values = inputs.map(([dtype, shape], i) => graph.addInput(graph.value(`in${i}`, tensorType(dtype, shape))))
  for (const v of build(makeWith(new Builder(graph)), ...values)) graph.addOutput(v)
  return graph
}
function scan(length: Dim, attributes: Record<string, readonly number[]> = {}): Model {
  const model = new Model()
  const start = model.graph.addInput(model.graph.value('start', tensorType('float32', [2])))
  const rows = model.graph.addInput(model.graph.value('rows', tensorType('float32', [length, 2])))
  const body = bodyOf(model, [['float32', [2]], ['float32', [2]]], (m, sum, row) => {
    const next = m.Add(sum, row)
    return [next, m.Mul(next, m.floats([10]))]
  })
  const node = model.graph.insert(new Node({ op: 'Scan', inputs: [start, rows], attributes: { body: graphAttribute(body), num_scan_inputs: { type: 'int', value: 1 }, ...Object.fromEntries(Object.entries(attributes).map(([k, v]) => [k, { type: 'ints' as const, value: v }])) } }))
  ;['sum', 'sums'].forEach((name, i) => node.setOutput(i, model.graph.value(name)))
  inferNode(node)
  node.outputs.forEach(v => model.graph.addOutput(v!))
  return model
}
const feeds = (model: Model): Map<Value, Tensor> => new Map([[model.graph.inputs[0]!, float32Tensor([1, 2])], [model.graph.inputs[1]!, float32Tensor([1, 2, 3, 4, 5, 6], [3, 2])]])

// Expected values are the running sums of the Scan example in the ONNX specification, times ten for the second output.
describe('unroll-loops', () => {
  it('writes out a Scan', async () => {
    const model = scan(3)
    expect(unrollLoops.run(model, ctx).changed).toBe(true)
    verify(model)
    expect(ops(model)).not.toContain('Scan')
    expect(model.graph.outputs.map(v => v.name)).toEqual(['sum', 'sums'])
    const [sum, sums] = await runGraph(model.graph, feeds(model))
    expect(numbers(sum)).toEqual([10, 14])
    expect(numbers(sums)).toEqual([20, 40, 50, 80, 100, 140])
  })
  it('writes out a Scan from the end and lays the results down the other way', async () => {
    const model = scan(3, { scan_input_directions: [1], scan_output_directions: [1], scan_output_axes: [1] })
    unrollLoops.run(model, ctx)
    const [sum, sums] = await runGraph(model.graph, feeds(model))
    expect(numbers(sum)).toEqual([10, 14])
    expect((sums as Tensor).shape).toEqual([2, 3])
    expect(numbers(sums)).toEqual([100, 90, 60, 140, 120, 80])
  })
  it('writes out a Loop of known length', async () => {
    const model = new Model()
    const start = model.graph.addInput(model.graph.value('start', tensorType('float32', [])))
    const body = bodyOf(model, [['int64', []], ['bool', []], ['float32', []]], (m, i, go, x) => {
      const next = m.Add(x, m.Cast(i, { to: 1 }))
      return [m.Identity(go), next, next]
    })
    const trip = model.graph.constant(int64Tensor([4], []))
    const node = model.graph.insert(new Node({ op: 'Loop', inputs: [trip, undefined, start], attributes: { body: graphAttribute(body) } }))
    ;['last', 'all'].forEach((name, i) => node.setOutput(i, model.graph.value(name)))
    inferNode(node)
    node.outputs.forEach(v => model.graph.addOutput(v!))
    unrollLoops.run(model, ctx)
    verify(model)
    const [last, all] = await runGraph(model.graph, new Map([[start, inlineTensor('float32', [], new Uint8Array(Float32Array.of(0.5).buffer))]]))
    // 0.5 + 0 + 1 + 2 + 3
    expect(numbers(last)).toEqual([6.5])
    expect(numbers(all)).toEqual([0.5, 1.5, 3.5, 6.5])
  })
  it('refuses a length that is not known, or too great', () => {
    for (const [length, reason] of [[sym('N'), /not known/], [5000, /too many/]] as const) {
      const model = scan(length)
      const refusals: string[] = []
      expect(unrollLoops.run(model, { log: new Log(), refused: r => refusals.push(r.reason) }).changed).toBe(false)
      expect(refusals[0]).toMatch(reason)
    }
  })
})
