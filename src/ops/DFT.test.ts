import { describe, expect, it } from 'vitest'
import type { AttributeInit } from '../ir/attribute.ts'
import { attributes } from '../ir/attribute.ts'
import { Graph, Node } from '../ir/model.ts'
import type { Value } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import type { Datum, Tensor } from '../ir/tensor.ts'
import { bytesOf, inlineTensor, int64Tensor, peekNumbers } from '../ir/tensor.ts'
import { Builder } from './builder.ts'
import { DFT } from './DFT.ts'
import { evaluateNode, typeOfDatum } from './evaluate.ts'
import { inferNode } from './infer.ts'
import type { Operator } from './operator.ts'
import { STFT } from './STFT.ts'

const doubles = (...shape: readonly number[]): Tensor => inlineTensor('float64', shape, bytesOf(Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1 + i * i))))

/** The largest difference between an operator's own meaning and its decomposition, all inputs but the first and third constant. */
function difference(operator: Operator, inputs: readonly (Tensor | undefined)[], init: Readonly<Record<string, AttributeInit>>): number {
  const graph = new Graph(new Names())
  const known = new Map<Value, Datum>()
  const values = inputs.map((t, i) => {
    if (t === undefined) return undefined
    if (t.dtype === 'int64') return graph.constant(t, `x${i}`)
    const value = graph.addInput(graph.value(`x${i}`, typeOfDatum(t)))
    known.set(value, t)
    return value
  })
  const node = new Node({ op: operator.name, inputs: values, attributes: attributes(init) })
  graph.insert(node)
  node.setOutput(0, graph.value('y'))
  inferNode(node)
  const b = new Builder(graph, node)
  const made = operator.decompose!(b, node)![0]!
  for (const one of b.made) evaluateNode(one, one.inputs.map(v => v && (known.get(v) ?? v.constant))).forEach((d, i) => known.set(one.outputs[i]!, d))
  const [own, simpler] = [evaluateNode(node, inputs)[0] as Tensor, known.get(made) as Tensor]
  expect(simpler.shape).toEqual(own.shape)
  const [p, q] = [peekNumbers(own)!, peekNumbers(simpler)!]
  return p.reduce((most, x, i) => Math.max(most, Math.abs(x - q[i]!)), 0)
}

describe('decompositions of transforms', () => {
  it('DFT: along any axis, cut and filled, both ways, halves', () => {
    for (const axis of [0, 1, -2])
      for (const length of [undefined, 4, 11])
        for (const [parts, inverse, onesided] of [[1, 0, 0], [2, 0, 0], [1, 0, 1], [2, 1, 0], [2, 1, 1], [1, 1, 1]] as const)
          expect(difference(DFT, [doubles(3, 7, 5, parts), length === undefined ? undefined : int64Tensor([length], []), int64Tensor([axis], [])], { inverse, onesided })).toBeLessThan(1e-13)
  })

  it('STFT: with and without a window, of real and complex signals', () => {
    for (const onesided of [0, 1])
      for (const parts of onesided ? [1] : [1, 2])
        for (const [step, length, window] of [[3, undefined, doubles(9)], [4, 8, undefined], [1, 5, doubles(5)]] as const)
          expect(difference(STFT, [doubles(2, 31, parts), int64Tensor([step], []), window, length === undefined ? undefined : int64Tensor([length], [])], { onesided })).toBeLessThan(1e-13)
  })
})
