import { describe, expect, it } from 'vitest'
import type { AttributeInit } from '../ir/attribute.ts'
import { attributes as attributesOf } from '../ir/attribute.ts'
import type { Value } from '../ir/model.ts'
import { Model, Node } from '../ir/model.ts'
import type { Datum, Tensor } from '../ir/tensor.ts'
import { bytesOf, float32Tensor, inlineTensor, int64Tensor, peekNumbers } from '../ir/tensor.ts'
import { elementCount, tensorType } from '../ir/types.ts'
import { Builder } from './builder.ts'
import { evaluateNode } from './evaluate.ts'
import { inferNode } from './infer.ts'
import { operatorOf } from './registry.ts'

// computed by the operator itself (which ONNX's node tests prove) and by its decomposition
const waves = (shape: readonly number[], size = 1, from = 0): Tensor => float32Tensor(Float32Array.from({ length: elementCount(shape) }, (_, i) => size * Math.sin(1.7 * i + from)), shape)

interface Both {
  readonly own: readonly Datum[]
  readonly made: readonly Datum[]
}

/** Inputs in `held` are constants; those left out are undefined. */
function both(op: string, inputs: readonly (Tensor | undefined)[], init: Readonly<Record<string, AttributeInit>>, held: readonly number[] = [], outputs = 1): Both {
  const model = new Model()
  const values = inputs.map((t, i) => t && (held.includes(i) ? model.graph.constant(t) : model.graph.addInput(model.graph.value('x', tensorType(t.dtype, t.shape)))))
  const node = model.graph.insert(new Node({ op, inputs: values, attributes: attributesOf(init) }))
  for (let o = 0; o < outputs; o++) node.setOutput(o, model.graph.value('y'))
  inferNode(node)
  const own = evaluateNode(node, inputs)
  const b = new Builder(model.graph, node)
  const made = operatorOf(node)!.decompose!(b, node)
  expect(made).toBeDefined()
  const known = new Map<Value, Datum>(values.flatMap((v, i) => (v ? [[v, inputs[i]!]] : [])))
  for (const part of b.made) evaluateNode(part, part.inputs.map(v => v && (v.constant ?? known.get(v)))).forEach((d, i) => known.set(part.outputs[i]!, d))
  return { own, made: made!.map(v => known.get(v!) ?? v!.constant!) }
}

function near({ own, made }: Both, most = 2e-6): void {
  own.forEach((datum, o) => {
    const [a, b] = [datum as Tensor, made[o] as Tensor]
    expect([b.dtype, b.shape]).toEqual([a.dtype, a.shape])
    const [p, q] = [peekNumbers(a)!, peekNumbers(b)!]
    const wrong = p.findIndex((n, i) => !(Math.abs(n - q[i]!) <= most || Object.is(n, q[i])))
    expect(wrong < 0 ? '' : `${o}: element ${wrong} is ${q[wrong]}, not ${p[wrong]}`).toBe('')
  })
}

const regions = float32Tensor([0.3, 1.2, 5.1, 4.4, -3, -2, 2.5, 9, 4, 4, 4.2, 4.1, 20, 30, 25, 33], [4, 4])

describe.each(['avg', 'max'])('RoiAlign, %s', mode => {
  it.each(['half_pixel', 'output_half_pixel'])('%s', transformation => {
    const init = { mode, coordinate_transformation_mode: transformation, output_height: 3, output_width: 2, sampling_ratio: 2, spatial_scale: { type: 'float' as const, value: 0.75 } }
    near(both('RoiAlign', [waves([2, 3, 6, 7]), regions, int64Tensor([0, 1, 1, 0])], init))
  })
})

it('RoiAlign without a sampling_ratio says why it stays', () => {
  expect(() => both('RoiAlign', [waves([2, 3, 6, 7]), regions, int64Tensor([0, 1, 1, 0])], {})).toThrow('without a sampling_ratio')
})

it.each([
  ['padded, with mask and bias', [2, 4, 5, 6], [6, 4, 3, 3], 1, 1, { pads: [1, 1, 1, 1] }],
  ['of groups and groups of offsets', [1, 4, 5, 6], [6, 2, 2, 3], 2, 2, { strides: [2, 1], dilations: [1, 2], pads: [0, 1, 1, 2] }],
  ['of three axes', [1, 2, 3, 4, 3], [2, 2, 2, 2, 2], 1, 2, {}],
] as const)('DeformConv %s', (_, image, kernel, group, parts, init) => {
  const model = new Model()
  const size = kernel.slice(2)
  const taps = elementCount(size)
  const attributes = { group, offset_group: parts, kernel_shape: size, ...init } as Record<string, AttributeInit>
  const probe = new Builder(model.graph).op('Conv', [image, kernel].map(s => model.graph.addInput(model.graph.value('x', tensorType('float32', [...s])))), { ...attributes, offset_group: undefined! })
  const out = (probe.type as { shape: readonly number[] }).shape.slice(2)
  const offsets = waves([image[0], parts * taps * size.length, ...out], 2.3)
  near(both('DeformConv', [waves(image), waves(kernel, 1, 3), offsets, waves([kernel[0]]), waves([image[0], parts * taps, ...out], 1, 1)], attributes, [1, 3]), 2e-5)
})

it.each([1, 2, 3, 4])('Det of %s rows', size => near(both('Det', [waves([2, 3, size, size])], {}), 1e-4))

describe('Unique', () => {
  const numbers = float32Tensor([3, -1, 3, NaN, 0, -1, -0, NaN, Infinity, 2, -Infinity, 2], [3, 4])
  it.each([0, 1])('of all elements, sorted %s', sorted => near(both('Unique', [numbers], { sorted }, [], 4)))
  const rows = inlineTensor('int32', [6, 2, 2], bytesOf(Int32Array.of(1, 2, 3, 4, 1, 2, 3, 3, 1, 2, 3, 4, 0, 9, 9, 9, 1, 2, 3, 3, 1, -2, 3, 4)))
  it.each([[0, 0], [0, 1], [1, 1], [-1, 0], [2, 1]])('along axis %s, sorted %s', (axis, sorted) => near(both('Unique', [rows], { axis, sorted }, [], 4)))
})

describe('Resize', () => {
  const scales = float32Tensor([1, 1, 1.6, 0.7, 2])
  const sizes = int64Tensor([2, 2, 7, 3, 9])
  it.each(['nearest', 'linear', 'cubic'])('of three axes, %s', mode => {
    near(both('Resize', [waves([2, 2, 4, 5, 3]), undefined, scales], { mode, coordinate_transformation_mode: 'asymmetric' }, [2]))
    near(both('Resize', [waves([2, 2, 4, 5, 3]), undefined, undefined, sizes], { mode, antialias: mode === 'nearest' ? 0 : 1 }, [3]))
  })
  it.each(['nearest', 'linear'])('of a region, %s', mode => {
    const region = float32Tensor([0, 0, 0.4, -0.3, 1, 1, 0.9, 1.2])
    near(both('Resize', [waves([1, 2, 4, 5]), region, undefined, int64Tensor([1, 2, 3, 6])], { mode, coordinate_transformation_mode: 'tf_crop_and_resize', extrapolation_value: { type: 'float', value: 9 } }, [1, 3]))
  })
})

describe('products of integers are exact', () => {
  const bytes = (shape: readonly number[], low: number): Tensor => inlineTensor(low < 0 ? 'int8' : 'uint8', shape, bytesOf(Uint8Array.from({ length: elementCount(shape) }, (_, i) => (i % 7 === 0 ? (low < 0 ? -128 : 255) : low + ((i * 53) % 256)))))
  const zero = (n: number): Tensor => inlineTensor('uint8', [], Uint8Array.of(n))
  it.each([[[]], [[1, 3]]])('MatMulInteger beyond what float32 sums up, constants %j', held => {
    near(both('MatMulInteger', [bytes([3, 700], 0), bytes([700, 5], 0), zero(0), zero(0)], {}, held), 0)
    near(both('MatMulInteger', [bytes([2, 3, 9], 0), bytes([9, 5], -128), zero(130), inlineTensor('int8', [5], bytesOf(Int8Array.of(1, -2, 3, -4, 5)))], {}, held), 0)
  })
  it.each([[[]], [[1, 3]]])('ConvInteger, constants %j', held => {
    near(both('ConvInteger', [bytes([1, 40, 6, 6], 0), bytes([3, 40, 3, 3], 0), zero(0), zero(0)], { pads: [1, 1, 1, 1] }, held), 0)
    near(both('ConvInteger', [bytes([1, 4, 6, 6], 0), bytes([4, 2, 3, 3], -128), zero(128), inlineTensor('int8', [4], bytesOf(Int8Array.of(1, -2, 3, -4)))], { group: 2, pads: [1, 1, 1, 1] }, held), 0)
  })
})
