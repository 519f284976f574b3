import { describe, expect, it } from 'vitest'
import { attributes, float } from '../ir/attribute.ts'
import type { AttributeInit } from '../ir/attribute.ts'
import { Graph, Node } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import { float32Tensor, inlineTensor, int64Tensor, peekNumbers, stringTensor } from '../ir/tensor.ts'
import type { Datum, Tensor } from '../ir/tensor.ts'
import { tensorType } from '../ir/types.ts'
import { arrayOfTensor, evaluateNode, specialise, tensorOfArray, typeOfDatum } from './evaluate.ts'

// expected values are closed forms
function node(op: string, inputs: readonly (Datum | undefined)[], init: Readonly<Record<string, AttributeInit>> = {}, outputs = 1): Node {
  const graph = new Graph(new Names())
  const made = new Node({ op, inputs: inputs.map((d, i) => (d === undefined ? undefined : graph.value(`x${i}`, typeOfDatum(d)))), attributes: attributes(init) })
  graph.insert(made)
  for (let i = 0; i < outputs; i++) made.setOutput(i, graph.value(`y${i}`))
  return made
}
const evaluate = (op: string, inputs: readonly (Datum | undefined)[], init: Readonly<Record<string, AttributeInit>> = {}, outputs = 1): Datum[] => evaluateNode(node(op, inputs, init, outputs), inputs)

describe('evaluateNode', () => {
  it('computes by expressions', () => {
    const [y] = evaluate('Add', [float32Tensor([1, 2], [2, 1]), float32Tensor([10, 20])]) as [Tensor]
    expect([y.shape, peekNumbers(y)]).toEqual([[2, 2], [11, 21, 12, 22]])
  })
  it('takes the form of the computation from host inputs', () => {
    const x = float32Tensor([1, 2, 3, 4, 5, 6], [2, 3])
    for (const shape of [[3, 2], [6], [1, -1]]) {
      const [y] = evaluate('Reshape', [x, int64Tensor(shape)]) as [Tensor]
      expect(y.shape).toEqual(shape.map(n => (n < 0 ? 6 : n)))
    }
  })
  it('runs plain code where expressions do not reach', () => {
    const [y] = evaluate('NonZero', [float32Tensor([0, 5, 0, 7])]) as [Tensor]
    expect([y.shape, peekNumbers(y)]).toEqual([[1, 2], [1, 3]])
    expect((evaluate('Concat', [stringTensor([1], ['a']), stringTensor([1], ['b'])], { axis: 0 })[0] as Tensor).strings).toEqual(['a', 'b'])
  })
  it('packs and unpacks elements of less than a byte', () => {
    const packed = inlineTensor('int4', [3], Uint8Array.of(0xf1, 0x07))
    expect([...arrayOfTensor(packed)]).toEqual([1, 0xff, 7])
    expect([...tensorOfArray('int4', [3], arrayOfTensor(packed)).peek()!]).toEqual([0xf1, 0x07])
    const [y] = evaluate('Cast', [packed], { to: 6 }) as [Tensor]
    expect(peekNumbers(y)).toEqual([1, -1, 7])
  })
  it('compiles once for equal nodes, and anew for other attributes', () => {
    const x = float32Tensor([-4, 4])
    const of = (alpha: number): unknown => specialise(node('LeakyRelu', [x], { alpha: float(alpha) }), [x])
    expect(of(0.5)).toBe(of(0.5))
    expect(of(0.5)).not.toBe(of(0.25))
    expect(peekNumbers(evaluate('LeakyRelu', [x], { alpha: float(0.25) })[0] as Tensor)).toEqual([-1, 4])
  })
  it('says what cannot be, with a code', () => {
    const [a, b] = [float32Tensor([1, 2]), float32Tensor([1, 2, 3])]
    expect(() => evaluate('Add', [a, b])).toThrowError(expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'ir.infer.invalid' })] }))
    expect(() => evaluate('Frobnicate', [a])).toThrowError(expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'ops.operator.unknown' })] }))
  })
})

describe('typeOfDatum', () => {
  it('tells sequences and optionals from what is declared', () => {
    const [a, b] = [float32Tensor([1, 2]), float32Tensor([1])]
    expect(typeOfDatum([a, a])).toEqual({ kind: 'sequence', of: tensorType('float32', [2]) })
    expect(typeOfDatum([a, b])).toEqual({ kind: 'sequence', of: tensorType('float32', undefined) })
    const declared = { kind: 'optional', of: tensorType('float32', undefined) } as const
    expect(typeOfDatum(null, declared)).toEqual(declared)
    expect(typeOfDatum(a, declared)).toEqual({ kind: 'optional', of: tensorType('float32', [2]) })
  })
})
