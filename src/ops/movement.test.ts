import { describe, expect, it } from 'vitest'
import { LapidaryError } from '../diag/diagnostic.ts'
import type { AttributeInit } from '../ir/attribute.ts'
import { attributes as attributesOf } from '../ir/attribute.ts'
import type { Dim } from '../ir/dim.ts'
import { substituteDim, sym } from '../ir/dim.ts'
import type { Value } from '../ir/model.ts'
import { Model, Node } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { int64Tensor, stringTensor } from '../ir/tensor.ts'
import { tensorType, typeToString } from '../ir/types.ts'
import { Builder } from './builder.ts'
import { evaluateNode } from './evaluate.ts'

const [n, h, w] = ['N', 'H', 'W'].map(sym) as [Dim, Dim, Dim]

function graph() {
  const model = new Model()
  const b = new Builder(model.graph)
  const input = (...shape: Dim[]): Value => model.graph.addInput(model.graph.value('x', tensorType('float32', shape)))
  return { b, input }
}
/** The types that an operator gives for an input of this shape and constant lists. */
function types(op: string, shape: readonly Dim[], lists: readonly (readonly number[] | undefined)[], attributes: Record<string, AttributeInit> = {}, outputs = 1): string[] {
  const { b, input } = graph()
  return b.ops(op, [input(...shape), ...lists.map(l => l && b.ints(l))], outputs, attributes).map(v => typeToString(v.type))
}
const codeOf = (f: () => unknown): string => {
  try {
    f()
  } catch (error) {
    if (error instanceof LapidaryError) return error.code
    throw error
  }
  return 'nothing thrown'
}

describe('shapes with symbols', () => {
  it.each<[string, readonly Dim[], (readonly number[] | undefined)[], Record<string, AttributeInit>, string[]]>([
    ['Reshape', [n, 12, w], [[0, -1]], {}, ['float32[N, 12*W]']],
    ['Reshape', [n, 12, w], [[0, 3, -1]], {}, ['float32[N, 3, 4*W]']],
    ['Reshape', [n, 3, h, w], [[-1, 3]], {}, ['float32[H*N*W, 3]']],
    ['Flatten', [n, 3, h], [], { axis: 2 }, ['float32[3*N, H]']],
    ['Squeeze', [1, n, 1], [[0, -1]], {}, ['float32[N]']],
    ['Squeeze', [1, n, 1], [], {}, ['float32[...]']],
    ['Unsqueeze', [n, w], [[0, -1]], {}, ['float32[1, N, W, 1]']],
    ['Transpose', [n, 3, w], [], {}, ['float32[W, 3, N]']],
    ['Tile', [n, 3], [[2, 1]], {}, ['float32[2*N, 3]']],
    ['Expand', [n, 1], [[4, 1, 7]], {}, ['float32[4, N, 7]']],
    ['Slice', [n, w], [[1, 0], [Number.MAX_SAFE_INTEGER, 8], [0, 1]], {}, ['float32[N - 1, min(8, W)]']],
    ['Pad', [n, w], [[0, 1, 0, 2]], {}, ['float32[N, W + 3]']],
    ['Split', [n, 6], [undefined], { axis: 0, num_outputs: 2 }, ['float32[((N + 1) // 2), 6]', 'float32[-((N + 1) // 2) + N, 6]']],
    ['DepthToSpace', [n, 8, h, w], [], { blocksize: 2 }, ['float32[N, 2, 2*H, 2*W]']],
    ['SpaceToDepth', [n, 8, h, w], [], { blocksize: 2 }, ['float32[N, 32, (H // 2), (W // 2)]']],
  ])('%s of %s by %j', (op, shape, lists, attributes, expected) => {
    expect(types(op, shape, lists, attributes, expected.length)).toEqual(expected)
  })

  it('follows shape arithmetic from Shape to Reshape', () => {
    const { b, input } = graph()
    const x = input(n, 6, h, w)
    const shape = b.op('Shape', [x])
    const pick = (i: number) => b.op('Unsqueeze', [b.op('Gather', [shape, b.int(i)]), b.ints([0])])
    const target = b.op('Concat', [pick(0), b.ints([2, 3]), b.op('Slice', [shape, b.ints([2]), b.ints([4])])], { axis: 0 })
    expect(typeToString(b.op('Reshape', [x, target]).type)).toBe('float32[N, 2, 3, H, W]')
    expect(typeToString(b.op('Reshape', [x, b.op('Concat', [pick(0), b.ints([-1])], { axis: 0 })]).type)).toBe('float32[N, 6*H*W]')
    expect(typeToString(b.op('ConstantOfShape', [target]).type)).toBe('float32[N, 2, 3, H, W]')
    expect(typeToString(b.op('Range', [b.int(0), b.op('Gather', [shape, b.int(-1)]), b.int(1)]).type)).toBe('int64[W]')
  })

  it('counts windows as an enumeration does, for every size', () => {
    for (const ceil of [0, 1])
      for (const [k, s, d, before, after] of [[3, 2, 1, 1, 1], [2, 2, 1, 0, 0], [3, 3, 2, 2, 1], [1, 2, 1, 0, 0], [2, 3, 1, 0, 1]] as const) {
        const { b, input } = graph()
        const out = b.op('MaxPool', [input(1, 1, n)], { kernel_shape: [k], strides: [s], dilations: [d], pads: [before, after], ceil_mode: ceil })
        const count = out.type?.kind === 'tensor' ? out.type.shape![2]! : -1
        for (let size = (k - 1) * d + 1; size < 20; size++) {
          // windows start every s places; the last begins inside the image or the front padding and, without ceil, ends inside the padded image
          let windows = 0
          for (let start = 0; start < size + before; start += s) {
            const left = size + before + after - (start + (k - 1) * d + 1)
            if (left >= 0 || (ceil === 1 && left > -s)) windows++
          }
          expect([k, s, d, ceil, size, substituteDim(count, new Map([['N', size]]))]).toEqual([k, s, d, ceil, size, windows])
        }
      }
  })

  it('of convolutions with automatic padding', () => {
    const { b, input } = graph()
    const [x, kernel] = [input(n, 3, h, w), input(8, 3, 3, 3)]
    expect(typeToString(b.op('Conv', [x, kernel], { auto_pad: 'SAME_UPPER', strides: [2, 2] }).type)).toBe('float32[N, 8, ((H + 1) // 2), ((W + 1) // 2)]')
    expect(typeToString(b.op('Conv', [x, kernel], { pads: [1, 1, 1, 1] }).type)).toBe('float32[N, 8, H, W]')
    expect(typeToString(b.op('ConvTranspose', [input(n, 8, h, w), input(8, 4, 2, 2)], { strides: [2, 2] }).type)).toBe('float32[N, 4, 2*H, 2*W]')
  })

  it('of Resize by scales that are short binary fractions', () => {
    const { b, input } = graph()
    const x = input(n, 3, h, w)
    expect(typeToString(b.op('Resize', [x, undefined, b.floats([1, 1, 2, 0.5])]).type)).toBe('float32[N, 3, 2*H, (W // 2)]')
    expect(typeToString(b.op('Resize', [x, undefined, undefined, b.ints([7, 9])], { axes: [2, 3] }).type)).toBe('float32[N, 3, 7, 9]')
  })
})

describe('models that contradict an operator', () => {
  it.each<[string, readonly Dim[], (readonly number[] | undefined)[], Record<string, AttributeInit>, number]>([
    ['Reshape', [2, 3], [[4, -1]], {}, 1],
    ['Reshape', [2, 3], [[7]], {}, 1],
    ['Transpose', [2, 3], [], { perm: [0, 0] }, 1],
    ['Squeeze', [2, 3], [[0]], {}, 1],
    ['Flatten', [2, 3], [], { axis: 3 }, 1],
    ['Split', [7], [[3, 3]], {}, 2],
    ['Slice', [7], [[0], [3], [0], [0]], {}, 1],
    ['Pad', [3], [[-2, -2]], {}, 1],
    ['Gather', [3], [[3]], {}, 1],
    ['Tile', [3], [[1, 1]], {}, 1],
    ['DepthToSpace', [1, 6, 2, 2], [], { blocksize: 2 }, 1],
    ['MaxPool', [1, 1, 2], [], { kernel_shape: [5] }, 1],
    ['MaxPool', [1, 1, 2], [], {}, 1],
    ['AveragePool', [1, 1, 4], [], { kernel_shape: [2], strides: [0] }, 1],
    ['AveragePool', [1, 1, 4], [], { kernel_shape: [2], auto_pad: 'SOME' }, 1],
  ])('%s of %s by %j, %j', (op, shape, lists, attributes, outputs) => {
    expect(codeOf(() => types(op, shape, lists, attributes, outputs))).toBe('ir.infer.invalid')
  })

  it('convolutions whose channels do not fit', () => {
    const { b, input } = graph()
    expect(codeOf(() => b.op('Conv', [input(1, 4, 5, 5), input(8, 3, 3, 3)]))).toBe('ir.infer.invalid')
    expect(codeOf(() => b.op('Conv', [input(1, 4, 5, 5), input(9, 2, 3, 3)], { group: 2 }))).toBe('ir.infer.invalid')
    expect(codeOf(() => b.op('Gemm', [input(2, 3), input(4, 5)]))).toBe('ir.infer.invalid')
    expect(codeOf(() => b.op('Concat', [input(2, 3), input(2, 4)], { axis: 0 }))).toBe('ir.infer.invalid')
  })
})

describe('elements without arithmetic', () => {
  const strings = (shape: readonly number[], ...all: string[]) => stringTensor(shape, all)
  it.each<[string, Tensor[], Record<string, AttributeInit>, Tensor]>([
    ['Transpose', [strings([2, 2], 'a', 'b', 'c', 'd')], {}, strings([2, 2], 'a', 'c', 'b', 'd')],
    ['Gather', [strings([3], 'a', 'b', 'c'), int64Tensor([-1, 0])], {}, strings([2], 'c', 'a')],
    ['Concat', [strings([1], 'a'), strings([2], 'b', 'c')], { axis: 0 }, strings([3], 'a', 'b', 'c')],
    ['Pad', [strings([1], 'a'), int64Tensor([1, 1])], {}, strings([3], '', 'a', '')],
    ['Slice', [strings([3], 'a', 'b', 'c'), int64Tensor([2]), int64Tensor([-4]), int64Tensor([0]), int64Tensor([-2])], {}, strings([2], 'c', 'a')],
    ['ScatterElements', [strings([2], 'a', 'b'), int64Tensor([1]), strings([1], 'z')], {}, strings([2], 'a', 'z')],
  ])('%s moves strings', (op, inputs, init, expected) => {
    const model = new Model()
    const values = inputs.map(t => model.graph.addInput(model.graph.value('x', tensorType(t.dtype, t.shape))))
    const node = new Node({ op, inputs: values, attributes: attributesOf(init) })
    model.graph.insert(node)
    node.setOutput(0, model.graph.value('y'))
    const [found] = evaluateNode(node, inputs) as [Tensor]
    expect([found.shape, found.strings]).toEqual([expected.shape, expected.strings])
  })
  it('are refused where arithmetic is meant', () => {
    const model = new Model()
    const text = stringTensor([1], ['a'])
    const values = [0, 1].map(() => model.graph.addInput(model.graph.value('x', tensorType('string', [1]))))
    const node = new Node({ op: 'Mul', inputs: values })
    model.graph.insert(node)
    node.setOutput(0, model.graph.value('y'))
    expect(codeOf(() => evaluateNode(node, [text, text]))).toBe('ir.infer.invalid')
  })
})
