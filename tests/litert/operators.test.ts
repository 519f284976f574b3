import { expect, it } from 'vitest'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import type { AttributeInit } from '../../src/ir/attribute.ts'
import { float } from '../../src/ir/attribute.ts'
import { Model } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, float32Tensor, inlineTensor, viewOf } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { Builder } from '../../src/ops/builder.ts'
import { runLiteRt } from './run.ts'
import { fileOf } from './files.ts'

// each operator as the runtime computes it, against its meaning here: what its file decomposes it to. (SHAPE and RANK are
// done while the runtime prepares; it gives no such value as an output.)
const ints = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor => inlineTensor('int32', shape, bytesOf(Int32Array.from(values)))
const waves = (shape: readonly number[], from = 0): Tensor => float32Tensor(Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => 2 * Math.sin(1.7 * i + from)), shape)

type Case = readonly [name: string, data: Tensor, more: readonly Tensor[], attributes?: Readonly<Record<string, AttributeInit>>, outputs?: number, before?: number]

const image = waves([1, 5, 6, 4])
const cases: readonly Case[] = [
  ...['ABS', 'NEG', 'EXP', 'SQUARE', 'SIN', 'COS', 'FLOOR', 'CEIL', 'ROUND', 'SIGN', 'RELU', 'RELU6', 'RELU_N1_TO_1', 'RELU_0_TO_1', 'ELU', 'LOGISTIC', 'TANH', 'HARD_SWISH', 'LOG_SOFTMAX', 'ZEROS_LIKE', 'GELU', 'L2_NORMALIZATION'].map((n): Case => [n, waves([3, 7]), []]),
  ['LEAKY_RELU', waves([9]), [], { alpha: float(0.3) }],
  ['SOFTMAX', waves([3, 5]), [], { beta: float(1) }],
  ['GELU', waves([9]), [], { approximate: 1 }],
  ...['ADD', 'SUB', 'MUL', 'DIV', 'MAXIMUM', 'MINIMUM', 'SQUARED_DIFFERENCE', 'FLOOR_DIV', 'FLOOR_MOD'].map((n): Case => [n, waves([2, 3]), [waves([3], 5)]]),
  ['FLOOR_DIV', ints([7, -7, 8, -9]), [ints([2, 2, -3, -4])]],
  ['FLOOR_MOD', ints([7, -7, 8, -9]), [ints([2, 2, -3, -4])]],
  ['DIV', ints([7, -7, 8, -9]), [ints([2, 2, -3, -4])]],
  ['ADD', waves([4, 4]), [waves([4], 1)], { fused_activation_function: 'RELU6' }],
  ['MUL', waves([4, 4]), [waves([4, 4], 1)], { fused_activation_function: 'RELU_N1_TO_1' }],
  ['PRELU', image, [waves([4])]],
  ['ATAN2', waves([8]), [waves([8], 2)]],
  ['CONV_2D', image, [waves([3, 3, 2, 4], 1), waves([3])], { stride_h: 2, stride_w: 1, dilation_w_factor: 2, padding: 'VALID' }],
  ['CONV_2D', image, [waves([4, 3, 3, 2], 1), waves([4])], { stride_h: 2, stride_w: 2 }],
  ['DEPTHWISE_CONV_2D', image, [waves([1, 3, 2, 8], 1), waves([8])], { stride_h: 2, stride_w: 2, depth_multiplier: 2 }],
  ['TRANSPOSE_CONV', image, [ints([1, 10, 12, 3]), waves([3, 3, 3, 4], 1)], { stride_h: 2, stride_w: 2, padding: 'SAME' }, 1, 2],
  ['TRANSPOSE_CONV', image, [ints([1, 11, 13, 3]), waves([3, 3, 3, 4], 1)], { stride_h: 2, stride_w: 2, padding: 'VALID' }, 1, 2],
  ['CONV_3D', waves([1, 4, 5, 5, 2]), [waves([2, 3, 3, 2, 3], 1), waves([3])], { stride_d: 1, stride_h: 2, stride_w: 1 }],
  ['AVERAGE_POOL_2D', image, [], { filter_height: 3, filter_width: 2, stride_h: 2, stride_w: 1 }],
  ['MAX_POOL_2D', image, [], { filter_height: 2, filter_width: 3, stride_h: 1, stride_w: 2, padding: 'VALID' }],
  ['FULLY_CONNECTED', waves([2, 3, 4]), [waves([5, 4], 1), waves([5])]],
  ['FULLY_CONNECTED', waves([2, 3, 4]), [waves([5, 4], 1), waves([5])], { keep_num_dims: 1, fused_activation_function: 'RELU' }],
  ['BATCH_MATMUL', waves([2, 3, 4]), [waves([2, 5, 4], 1)], { adj_y: 1 }],
  ['BATCH_MATMUL', waves([2, 4, 3]), [waves([1, 4, 5], 1)], { adj_x: 1 }],
  ...['SUM', 'MEAN', 'REDUCE_MAX', 'REDUCE_MIN', 'REDUCE_PROD'].map((n): Case => [n, waves([2, 3, 4]), [ints([0, 2])], { keep_dims: 1 }]),
  ['MEAN', waves([2, 3, 4]), [ints([-1])]],
  ['ARG_MAX', waves([3, 5]), [ints([1], [])], { output_type: 'INT32' }],
  ['ARG_MIN', waves([3, 5]), [ints([0], [])], { output_type: 'INT32' }],
  ['RESHAPE', waves([2, 6]), [ints([3, -1])]],
  ['TRANSPOSE', waves([2, 3, 4]), [ints([2, 0, 1])]],
  ['CONCATENATION', waves([2, 3]), [waves([2, 2], 1)], { axis: -1 }],
  ['SPLIT', waves([4, 6]), [ints([1], [])], { num_splits: 3 }, 3, 1],
  ['SPLIT_V', waves([4, 6]), [ints([1, -1, 2]), ints([1], [])], { num_splits: 3 }, 3],
  ['SLICE', waves([4, 6]), [ints([1, 2]), ints([2, -1])]],
  ['STRIDED_SLICE', waves([4, 6]), [ints([3, -5]), ints([0, 6]), ints([-1, 2])]],
  ['STRIDED_SLICE', waves([4, 6]), [ints([1, 0]), ints([0, 3]), ints([1, 1])], { shrink_axis_mask: 1, begin_mask: 2 }],
  ['STRIDED_SLICE', waves([4, 6]), [ints([0, 2]), ints([0, 2]), ints([1, 2])], { end_mask: 3, offset: 1 }],
  ['PAD', waves([2, 3]), [ints([1, 0, 2, 1], [2, 2])]],
  ['PADV2', waves([2, 3]), [ints([1, 0, 2, 1], [2, 2]), float32Tensor([9], [])]],
  ['MIRROR_PAD', waves([3, 4]), [ints([1, 2, 2, 1], [2, 2])]],
  ['SQUEEZE', waves([1, 3, 1, 2]), [], { squeeze_dims: [0] }],
  ['EXPAND_DIMS', waves([3, 2]), [ints([-1], [])]],
  ['GATHER', waves([4, 3]), [ints([2, 0, 2])], { axis: 0 }],
  ['GATHER_ND', waves([4, 3]), [ints([2, 1, 0, 0], [2, 2])]],
  ['PACK', waves([2, 3]), [waves([2, 3], 1)], { values_count: 2, axis: 1 }],
  ['UNPACK', waves([2, 3]), [], { num: 3, axis: 1 }, 3],
  ['TILE', waves([2, 3]), [ints([2, 1])]],
  ['BROADCAST_TO', waves([1, 3]), [ints([2, 2, 3])]],
  ['CAST', waves([6]), [], { in_data_type: 'FLOAT32', out_data_type: 'INT32' }],
  ['RESIZE_BILINEAR', image, [ints([10, 9])], { half_pixel_centers: 1 }],
  ['RESIZE_BILINEAR', image, [ints([9, 11])], { align_corners: 1 }],
  ['RESIZE_BILINEAR', image, [ints([10, 12])]],
  ['RESIZE_NEAREST_NEIGHBOR', image, [ints([10, 9])]],
  ['RESIZE_NEAREST_NEIGHBOR', image, [ints([3, 9])], { half_pixel_centers: 1 }],
  ['RESIZE_NEAREST_NEIGHBOR', image, [ints([9, 11])], { align_corners: 1 }],
  ['DEPTH_TO_SPACE', image, [], { block_size: 2 }],
  ['SPACE_TO_DEPTH', waves([1, 4, 6, 3]), [], { block_size: 2 }],
  ['SPACE_TO_BATCH_ND', waves([2, 5, 6, 3]), [ints([2, 3]), ints([1, 0, 2, 1], [2, 2])]],
  ['BATCH_TO_SPACE_ND', waves([12, 3, 2, 2]), [ints([2, 3]), ints([1, 0, 2, 1], [2, 2])]],
  ['CUMSUM', waves([3, 4]), [ints([1], [])], { exclusive: 1, reverse: 1 }],
  ['ONE_HOT', ints([2, -1, 0, 7]), [ints([3], []), float32Tensor([5], []), float32Tensor([-1], [])], { axis: -1 }],
  ['REVERSE_V2', waves([3, 4]), [ints([1])]],
  ['REVERSE_SEQUENCE', waves([3, 4]), [ints([2, 4, 1])], { seq_dim: 1 }],
  ['TOPK_V2', waves([2, 6]), [ints([3], [])], {}, 2],
  ['SCATTER_ND', waves([3]), [ints([1, 3, 1], [3, 1]), ints([5])], {}, 1, 1],
  ['LOCAL_RESPONSE_NORMALIZATION', image, [], { radius: 1, alpha: float(0.5), beta: float(0.75), bias: float(1) }],
  ['ADD_N', waves([4]), [waves([4], 1), waves([4], 2)]],
]

it.each(cases.map((c, i) => ({ c, title: `${c[0]} ${i}` })))('$title', async ({ c }) => {
  const [name, data, more, attributes = {}, outputs = 1, before = 0] = c
  const model = new Model(name)
  const { graph } = model
  const x = graph.value('x', tensorType(data.dtype, data.shape))
  graph.addInput(x)
  const b = new Builder(graph)
  const constants = more.map(t => b.constant(t))
  const made = b.ops(`tflite::${name}`, [...constants.slice(0, before), x, ...constants.slice(before)], outputs, attributes)
  made.forEach((v, i) => {
    v.rename(`y${i}`)
    graph.addOutput(v)
  })
  const file = await fileOf(model)
  const feeds = new Map([['x', data]])
  const session = await cpuExecutor.prepare(model, { precision: 'exact' })
  const want = await session.run(feeds)
  const got = await runLiteRt(file, feeds)
  for (let i = 0; i < outputs; i++) {
    const [w, g] = [want.get(`y${i}`) as Tensor, got.get(`y${i}`)!]
    expect(g.shape).toEqual(w.shape)
    const [p, q] = [Array.from(viewOf(g.dtype, g.peek()!), Number), Array.from(viewOf(w.dtype, await w.load()), Number)]
    p.forEach((value, k) => expect(Math.abs(value - q[k]!)).toBeLessThanOrEqual(2e-5 * Math.max(1, Math.abs(q[k]!))))
  }
})
