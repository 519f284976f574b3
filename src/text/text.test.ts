import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Attribute } from '../ir/attribute.ts'
import { toInt } from '../ir/attribute.ts'
import { addDims, floorDivDims, maxDims, mulDims, sym, unknownDim } from '../ir/dim.ts'
import { byteLengthOf, dtypes } from '../ir/dtype.ts'
import type { Value } from '../ir/model.ts'
import { Graph, Model, Node } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import type { Tensor } from '../ir/tensor.ts'
import { float32Tensor, inlineTensor, int64Tensor, stringTensor } from '../ir/tensor.ts'
import type { Type } from '../ir/types.ts'
import { elementCount, tensorType } from '../ir/types.ts'
import { verify } from '../ir/verify.ts'
import { parseModel } from './parse.ts'
import { frame, modelToText, nodeToText } from './print.ts'

const atom = fc.constantFrom('N', 'H', 'p2o.DynamicDimension.0', 'batch size', "it's", 'min').map(sym)
const dim = fc.oneof(
  fc.nat(300),
  atom,
  fc.constant(null).map(unknownDim),
  fc.tuple(atom, atom, fc.integer({ min: 1, max: 5 })).map(([a, b, n]) => addDims(mulDims(a, b, n), n)),
  fc.tuple(atom, fc.integer({ min: 2, max: 5 })).map(([a, n]) => floorDivDims(addDims(a, 1), n)),
  fc.tuple(atom, atom).map(([a, b]) => maxDims(a, b)),
)
const dtype = fc.constantFrom(...dtypes)
const shape = fc.option(fc.array(dim, { maxLength: 4 }), { nil: undefined })
const type: fc.Arbitrary<Type> = fc.letrec<{ type: Type }>(tie => ({
  type: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({ kind: fc.constantFrom('tensor' as const, 'sparse' as const), dtype, shape }),
    fc.record({ kind: fc.constantFrom('sequence' as const, 'optional' as const), of: tie('type') }),
    fc.record({ kind: fc.constant('map' as const), key: fc.constantFrom('int64' as const, 'string' as const), of: tie('type') }),
  ),
})).type
const known = new Map<string, Tensor>()
const tensor: fc.Arbitrary<Tensor> = fc.tuple(dtype, fc.array(fc.nat(4), { maxLength: 3 }), fc.infiniteStream(fc.nat(255)), fc.array(fc.string(), { minLength: 64, maxLength: 64 })).map(([d, s, bytes, strings]) => {
  const count = elementCount(s)
  if (d === 'string') return stringTensor(s, strings.slice(0, count))
  const made = inlineTensor(d, s, Uint8Array.from({ length: byteLengthOf(d, count) }, () => bytes.next().value!))
  known.set(made.key, made)
  return made
})
const int = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(toInt)
const float = fc.oneof(fc.double(), fc.float())
const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 5 }))
const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  fc.record({ type: fc.constant('int' as const), value: int }),
  fc.record({ type: fc.constant('float' as const), value: float }),
  fc.record({ type: fc.constant('string' as const), value: text }),
  fc.record({ type: fc.constant('ints' as const), value: fc.array(int, { maxLength: 3 }) }),
  fc.record({ type: fc.constant('floats' as const), value: fc.array(float, { maxLength: 3 }) }),
  fc.record({ type: fc.constant('strings' as const), value: fc.array(text, { maxLength: 3 }) }),
  fc.record({ type: fc.constant('tensor' as const), value: tensor }),
  fc.record({ type: fc.constant('tensors' as const), value: fc.array(tensor, { maxLength: 2 }) }),
  fc.record({ type: fc.constant('type' as const), value: fc.option(type, { nil: undefined }) }),
  fc.record({ type: fc.constant('types' as const), value: fc.array(type, { maxLength: 2 }) }),
  fc.record({ type: fc.constant('sparse' as const), value: fc.record({ values: tensor, indices: tensor, shape: fc.array(fc.nat(9), { maxLength: 2 }) }) }),
  fc.record({ type: fc.constant('reference' as const), value: fc.string(), of: fc.constantFrom('int' as const, 'floats' as const, 'graph' as const) }),
)
const name = fc.oneof(fc.constantFrom('a', 'graph', 'const', 'return', '_', 'x.1', '/layer1/conv', 'f', 'opset'), fc.string())

interface Step {
  readonly op: string
  readonly domain: string
  readonly name: string
  readonly outputs: readonly { readonly name: string; readonly type: Type | undefined }[]
  readonly inputs: readonly number[]
  readonly attributes: readonly (readonly [string, Attribute])[]
  readonly constant: Tensor
  readonly body: readonly Step[]
}
const { step } = fc.letrec<{ step: Step }>(tie => ({
  step: fc.record({
    op: name.filter(n => n !== ''),
    domain: fc.constantFrom('', 'com.microsoft', 'odd domain'),
    name,
    outputs: fc.array(fc.record({ name, type: fc.option(type, { nil: undefined }) }), { maxLength: 3 }),
    inputs: fc.array(fc.nat(20), { maxLength: 4 }),
    attributes: fc.array(fc.tuple(name.filter(n => n !== '__proto__'), attribute), { maxLength: 3 }),
    constant: tensor,
    body: fc.oneof({ maxDepth: 2 }, fc.constant([]), fc.array(tie('step'), { maxLength: 3 })),
  }),
}))

function fill(graph: Graph, steps: readonly Step[], outer: readonly (Value | undefined)[]): void {
  const values: (Value | undefined)[] = [undefined, ...outer]
  for (const s of steps) {
    values.push(graph.constant(s.constant, s.name))
    const attributes: Record<string, Attribute> = Object.fromEntries(s.attributes)
    if (s.body.length > 0) {
      const inner = new Graph(graph.names, s.name)
      inner.addInput(inner.value('i', s.outputs[0]?.type))
      fill(inner, s.body, [...values, ...inner.inputs])
      attributes['body'] = { type: 'graph', value: inner }
    }
    const node = graph.insert(new Node({ op: s.op, domain: s.domain, name: s.name, inputs: s.inputs.map(i => values[i % values.length]), attributes }))
    s.outputs.forEach((o, i) => {
      const value = graph.value(o.name, o.type)
      node.setOutput(i, value)
      values.push(value)
    })
  }
  for (const v of values.slice(-2)) if (v) graph.addOutput(v)
}

const model = fc.record({ steps: fc.array(step, { maxLength: 5 }), inputs: fc.array(fc.tuple(name, type), { maxLength: 3 }), more: fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 2 }), inner: fc.array(step, { maxLength: 2 }) }).map(
  ({ steps, inputs, more, inner }) => {
    const made = new Model('main')
    made.opsets.set('', 17)
    for (const [key, value] of more) made.metadata.set(key, value)
    for (const [n, t] of inputs) made.graph.addInput(made.graph.value(n, t))
    fill(made.graph, steps, made.graph.inputs)
    const graph = new Graph(new Names(), 'f')
    graph.addInput(graph.value('x'))
    fill(graph, inner, graph.inputs)
    made.functions.push({ domain: 'd', name: 'f', overload: '', graph, attributes: ['k'], defaults: { alpha: { type: 'float', value: 0.5 } }, opsets: new Map([['', 17]]), doc: '', metadata: new Map(), extra: {} })
    return made
  },
)

describe('text form', () => {
  test('what is printed is read back, and is a sound model', () => {
    fc.assert(
      fc.property(model, made => {
        const printed = modelToText(made)
        const parsed = parseModel(printed, key => known.get(key))
        expect(modelToText(parsed)).toBe(printed)
        verify(parsed)
      }),
      { numRuns: 60 },
    )
  })

  test('broken text is refused with its place', () => {
    const printed = modelToText(small())
    fc.assert(
      fc.property(fc.nat(printed.length - 1), fc.constantFrom('', '}', '%', '"', '['), (at, put) => {
        try {
          parseModel(printed.slice(0, at) + put + printed.slice(at + 1))
        } catch (error) {
          expect(error).toMatchObject({ code: 'text.parse.invalid' })
        }
      }),
    )
    expect(() => parseModel('model {\n  graph g() {\n    return %x\n  }\n}')).toThrow('line 3, column 14: %x is not made before it is used')
  })
})

function small(): Model {
  const made = new Model('g')
  made.opsets.set('', 17)
  const { graph } = made
  const x = graph.addInput(graph.value('x', tensorType('float32', [1, 3, sym('H'), unknownDim()])))
  const node = graph.insert(new Node({ op: 'Conv', name: '/conv', inputs: [x, graph.constant(float32Tensor([1, 2, -0.5], [3, 1, 1, 1]), 'w'), undefined], attributes: { group: { type: 'int', value: 3 }, auto_pad: { type: 'string', value: 'NOTSET' } }, origin: { format: 'onnx', file: 'm.onnx', path: '/conv' } }))
  node.setOutput(0, graph.value('/conv_out', tensorType('float32', [1, 3, sym('H'), unknownDim()])))
  const relu = graph.insert(new Node({ op: 'Relu', inputs: [node.outputs[0]] }))
  relu.setOutput(0, graph.value('y', tensorType('float32', undefined)))
  const reshape = graph.insert(new Node({ op: 'Reshape', inputs: [relu.outputs[0], graph.constant(int64Tensor([1, -1]), 'shape')] }))
  reshape.setOutput(0, graph.value('z'))
  graph.addOutput(reshape.outputs[0]!)
  return made
}

describe('as a person sees it', () => {
  test('a model', () => {
    expect(modelToText(small(), { origins: true })).toBe(`model {
  opset "" 17
  graph g(%x: float32[1, 3, H, '?0']) {
    const %w = float32[3, 1, 1, 1] [1, 2, -0.5]
    %"/conv_out": float32[1, 3, H, '?1'] = Conv "/conv"(%x, %w, _) {group = 3, auto_pad = "NOTSET"} at "onnx" "m.onnx" "/conv"
    %y: float32[...] = Relu(%"/conv_out")
    const %shape = int64[2] [1, -1]
    %z: ? = Reshape(%y, %shape)
    return %z
  }
}
`)
  })
  test('a node among its neighbours', () => {
    const [, relu, reshape] = [...small().graph.nodes()]
    expect(nodeToText(relu!)).toBe('%y: float32[...] = Relu(%"/conv_out")')
    expect(frame(relu!)).toBe(`  %"/conv_out": float32[1, 3, H, '?0'] = Conv "/conv"(%x, %w, _) {group = 3, auto_pad = "NOTSET"}
> %y: float32[...] = Relu(%"/conv_out")
  %z: ? = Reshape(%y, %shape)`)
    expect(frame(reshape!)).toContain('  const %shape = int64[2] [1, -1]\n')
  })
})
