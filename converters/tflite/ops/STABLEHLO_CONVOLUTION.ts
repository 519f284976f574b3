import { addDims, floorDivDims } from '../../../src/ir/dim.ts'
import type { Dim } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import type { AttributeReader } from '../../../src/ops/operator.ts'
import { invertPerm } from '../../../src/passes/kit/values.ts'
import { optionsOf } from '../kit/attributes.ts'
import { dilated, dilatedSize, padded } from '../kit/dilated.ts'
import { noKernel } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** The options: `data`, `kernel` and `out` are orders of axes that put batch, features and space where ONNX has them. */
function formOf(a: AttributeReader) {
  const space = a.ints('input_spatial_dimensions') ?? []
  const list = (name: string, otherwise: number, count = space.length) => a.ints(name) ?? Array.from({ length: count }, () => otherwise)
  const pads = list('padding', 0, 2 * space.length)
  return {
    data: [a.int('input_batch_dimension', 0), a.int('input_feature_dimension', 0), ...space],
    kernel: [a.int('kernel_output_feature_dimension', 0), a.int('kernel_input_feature_dimension', 0), ...(a.ints('kernel_spatial_dimensions') ?? [])],
    out: [a.int('output_batch_dimension', 0), a.int('output_feature_dimension', 0), ...(a.ints('output_spatial_dimensions') ?? [])],
    strides: list('window_strides', 1),
    low: pads.filter((_, i) => i % 2 === 0),
    high: pads.filter((_, i) => i % 2 === 1),
    apart: list('lhs_dilation', 1),
    dilations: list('rhs_dilation', 1),
    reversed: list('window_reversal', 0),
    group: a.int('feature_group_count', 1),
    batches: a.int('batch_group_count', 1),
  }
}

const isOrder = (order: readonly number[], rank: number): boolean => order.length === rank && new Set(order).size === rank && order.every(i => i >= 0 && i < rank)

const turned = (b: Builder, x: Value, perm: readonly number[]): Value => (perm.every((p, i) => p === i) ? x : b.op('Transpose', [x], { perm }))

/** Data and kernel with their axes in any order. Not taken apart where the batch is divided among groups. */
export const STABLEHLO_CONVOLUTION: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_CONVOLUTION',
  options: 'StablehloConvolutionOptions',
  infer(ctx) {
    const [x, w, form] = [ctx.shape(0), ctx.shape(1), formOf(ctx.attributes)]
    if (x === undefined || w === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const rank = x.length
    const lists = [form.strides, form.low, form.high, form.apart, form.dilations, form.reversed]
    if (rank < 2 || w.length !== rank || ![form.data, form.kernel, form.out].every(o => isOrder(o, rank)) || lists.some(l => l.length !== rank - 2)) ctx.fail(`axes that do not fit [${x.join()}] and [${w.join()}]`)
    if ([...form.strides, ...form.apart, ...form.dilations, form.group, form.batches].some(n => n < 1)) ctx.fail('steps and groups are at least 1')
    const sizes: Dim[] = form.strides.map((stride, i) => {
      const [size, kernel] = [x[form.data[i + 2]!]!, w[form.kernel[i + 2]!]!]
      return addDims(floorDivDims(addDims(dilatedSize(size, form.apart[i]!), form.low[i]!, form.high[i]!, typeof kernel === 'number' ? -((kernel - 1) * form.dilations[i]! + 1) : 0), stride), 1)
    })
    const plain: Dim[] = [floorDivDims(x[form.data[0]!]!, form.batches), w[form.kernel[0]!]!, ...sizes]
    ctx.output(0, ctx.dtype(0), invertPerm(form.out).map(i => plain[i]!))
  },
  decompose(b, node) {
    const [x, w] = node.inputs as [Value, Value]
    const form = formOf(optionsOf(node))
    const dtype = dtypeOf(x)
    if (form.batches !== 1 || dtype === undefined) return undefined
    const zero = b.scalar(0, dtype)
    const within = form.low.every(n => n >= 0) && form.high.every(n => n >= 0)
    const wide = dilated(b, turned(b, x, form.data), zero, [1, 1, ...form.apart])
    const data = wide && (within ? wide : padded(b, wide, zero, [0, 0, ...form.low], [0, 0, ...form.high]))
    if (data === undefined) return undefined
    const axes = form.reversed.flatMap((r, i) => (r ? [i + 2] : []))
    const kernel = turned(b, w, form.kernel)
    const all = (n: number) => b.ints(axes.map(() => n))
    const weights = axes.length > 0 ? b.op('Slice', [kernel, all(-1), all(-(2 ** 31)), b.ints(axes), all(-1)]) : kernel
    const pads = within ? [...form.low, ...form.high] : [...form.low, ...form.high].map(() => 0)
    const y = b.op('Conv', [data, weights], { strides: form.strides, dilations: form.dilations, pads, group: form.group })
    return [turned(b, y, invertPerm(form.out))]
  },
  takes: noKernel,
})
