import { describe, expect, it } from 'vitest'
import type { Dim } from '../../ir/dim.ts'
import { addDims, mulDims, sym } from '../../ir/dim.ts'
import type { DType } from '../../ir/dtype.ts'
import { Graph } from '../../ir/model.ts'
import { Names } from '../../ir/names.ts'
import type { Shape } from '../../ir/types.ts'
import { typeToString } from '../../ir/types.ts'
import type { AttributeInit } from '../../ir/attribute.ts'
import { Builder } from '../builder.ts'

const N = sym('N')
type Input = { dtype: DType; shape: Shape; elements?: readonly Dim[] }
const sizes = (...elements: Dim[]): Input => ({ dtype: 'int64', shape: [elements.length], elements })
const truths = (...elements: Dim[]): Input => ({ dtype: 'bool', shape: [elements.length], elements })
const floats = (...shape: Dim[]): Input => ({ dtype: 'float32', shape })

function infer(op: string, inputs: readonly (Input | undefined)[], init: Readonly<Record<string, AttributeInit>> = {}, outputs = 1) {
  const graph = new Graph(new Names())
  const values = inputs.map(i => {
    if (!i) return undefined
    const value = graph.addInput(graph.value('x', { kind: 'tensor', dtype: i.dtype, shape: i.shape }))
    value.elements = i.elements
    return value
  })
  return new Builder(graph).ops(op, values, outputs, init)
}
const elements = (...args: Parameters<typeof infer>): string | undefined => infer(...args)[0]!.elements?.join(' ')
const types = (...args: Parameters<typeof infer>): string => infer(...args).map(v => typeToString(v.type)).join(' ')

describe('shape arithmetic', () => {
  it.each<[string, Input[], string | undefined]>([
    ['Add', [sizes(N, 4), sizes(2)], 'N + 2 6'],
    ['Sub', [sizes(mulDims(2, N)), sizes(N)], 'N'],
    ['Mul', [sizes(N), sizes(N, 3)], 'N*N 3*N'],
    ['Div', [sizes(mulDims(4, N), 7, -7), sizes(2)], '2*N 3 -3'],
    ['Div', [sizes(addDims(N, -5)), sizes(2)], undefined],
    ['Div', [sizes(7), sizes(0)], undefined],
    ['Mod', [sizes(addDims(mulDims(4, N), 1)), sizes(4)], '1'],
    ['Neg', [sizes(N)], '-N'],
    ['Abs', [sizes(mulDims(-1, N), 3)], 'N 3'],
    ['Max', [sizes(N), sizes(1), sizes(0)], 'N'],
    ['Min', [sizes(N), sizes(addDims(N, 1))], 'N'],
    ['Equal', [sizes(N, -1, 2), sizes(-1)], '0 1 0'],
    ['Equal', [sizes(N), sizes(2)], undefined],
    ['Greater', [sizes(addDims(N, 2), 1), sizes(1)], '1 0'],
    ['Less', [sizes(N), sizes(1)], '0'],
    ['GreaterOrEqual', [sizes(N), sizes(1)], '1'],
    ['LessOrEqual', [sizes(N), sizes(1)], undefined],
    ['And', [truths(1, 0), truths(1)], '1 0'],
    ['Or', [truths(1, 0), truths(0)], '1 0'],
    ['Not', [truths(1, 0)], '0 1'],
    ['Where', [truths(1, 0), sizes(1), sizes(N, N)], '1 N'],
    ['Identity', [sizes(N)], 'N'],
  ])('%s', (op, inputs, expected) => {
    expect(elements(op, inputs)).toBe(expected)
  })
  it('passes through casts to integers of 32 bits and more', () => {
    expect(elements('Cast', [sizes(N, 3)], { to: 6 })).toBe('N 3')
    expect(elements('Cast', [truths(1, 0)], { to: 7 })).toBe('1 0')
    expect(elements('Cast', [sizes(300)], { to: 3 })).toBeUndefined()
    expect(elements('Cast', [sizes(3)], { to: 1 })).toBeUndefined()
  })
})

describe('inferred types', () => {
  it.each<[string, Parameters<typeof infer>, string]>([
    ['broadcast', ['Add', [floats(N, 1), floats(1, 5)]], 'float32[N, 5]'],
    ['comparison', ['Less', [floats(3), floats(3)]], 'bool[3]'],
    ['Where takes the type of its choices', ['Where', [truths(1), floats(2, 1), floats(3)]], 'float32[2, 3]'],
    ['reduction over all', ['ReduceSum', [floats(2, N)]], 'float32[1, 1]'],
    ['reduction over none', ['ReduceSum', [floats(2, N)], { noop_with_empty_axes: 1 }], 'float32[2, N]'],
    ['reduction over known axes', ['ReduceMax', [floats(2, N, 4), sizes(-2)], { keepdims: 0 }], 'float32[2, 4]'],
    ['reduction of unknown rank', ['ReduceMax', [{ dtype: 'float32', shape: undefined }]], 'float32[...]'],
    ['ArgMax', ['ArgMax', [floats(2, N)], { axis: 1 }], 'int64[2, 1]'],
    ['LayerNormalization', ['LayerNormalization', [floats(2, N, 4), floats(4)], {}, 3], 'float32[2, N, 4] float32[2, N, 1] float32[2, N, 1]'],
    ['BatchNormalization', ['BatchNormalization', [floats(2, 3), floats(3), floats(3), floats(3), floats(3)], { training_mode: 1 }, 3], 'float32[2, 3] float32[3] float32[3]'],
    ['Dropout', ['Dropout', [floats(N)], {}, 2], 'float32[N] bool[N]'],
    ['Constant', ['Constant', [], { value_ints: [1, 2] }], 'int64[2]'],
    ['CastLike', ['CastLike', [floats(N), truths(1)]], 'bool[N]'],
  ])('%s', (_, args, expected) => {
    expect(types(...args)).toBe(expected)
  })
  it.each<[string, Parameters<typeof infer>]>([
    ['shapes that clash', ['Add', [floats(2), floats(3)]]],
    ['an axis that is not there', ['ArgMax', [floats(2)], { axis: 1 }]],
    ['axes that are not there', ['ReduceSum', [floats(2), sizes(-2)]]],
    ['Softmax of no axes', ['Softmax', [floats()]]],
    ['an element type that is none', ['Cast', [floats(2)], { to: 99 }]],
    ['bits of another width', ['BitCast', [floats(2)], { to: 7 }]],
    ['a Constant of nothing', ['Constant', []]],
  ])('refuses %s', (_, args) => {
    expect(() => infer(...args)).toThrow(expect.objectContaining({ code: 'ir.infer.invalid' }))
  })
})
