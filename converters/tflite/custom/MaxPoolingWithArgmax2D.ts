import type { Node } from '../../../src/ir/model.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import { channelsFirst, channelsLast } from '../../../src/ops/kit/nhwc.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { activate } from '../kit/activation.ts'
import { customOperator, floatsOf, paddingOfNumber, sizesOf, structOptions, windowsOf } from '../kit/custom.ts'
import { autoPad, windowCount } from '../kit/spatial.ts'

const activations = ['NONE', 'RELU', 'RELU_N1_TO_1', 'RELU6', 'TANH']

const optionsOf = (node: Node) => {
  const [padding, strideWidth, strideHeight, filterWidth, filterHeight, activation] = structOptions(node, 6) as [number, number, number, number, number, number]
  return { padding: paddingOfNumber(padding), strides: [strideHeight, strideWidth] as const, filter: [filterHeight, filterWidth] as const, activation: activations[activation] }
}

/**
 * MediaPipe's: the greatest of each window of N, H, W, C, and which of the window's places has it, row by row, plus 0.1 as a float.
 * Its options are TfLitePoolParams (mediapipe/util/tflite/operations).
 */
export const MaxPoolingWithArgmax2D = customOperator({
  name: 'MaxPoolingWithArgmax2D',
  infer(ctx) {
    const { padding, strides, filter } = optionsOf(ctx.node)
    if (padding === undefined || [...strides, ...filter].some(n => n < 1)) ctx.fail(`filter ${filter.join()}, strides ${strides.join()}`)
    const x = ctx.shape(0)
    if (x && x.length !== 4) ctx.fail('data has 4 axes')
    const shape = x ? [x[0]!, ...strides.map((s, i) => windowCount(x[i + 1]!, filter[i]!, s, 1, padding!)), x[3]!] : unknownShape(4)
    ctx.output(0, ctx.dtype(0), shape)
    ctx.output(1, ctx.dtype(0), shape)
  },
  decompose(b, node) {
    const { padding, strides, filter, activation } = optionsOf(node)
    const from = sizesOf(node.inputs[0])
    if (from?.length !== 4 || padding === undefined || activation === undefined) return undefined
    const [rows, columns] = strides.map((s, i) => ({ ...windowsOf(from[i + 1]!, filter[i]!, s, padding), stride: s }))
    const x = b.op('Transpose', [node.inputs[0]], { perm: channelsFirst(4) })
    const [greatest, at] = b.ops('MaxPool', [x], 2, { kernel_shape: filter, strides, auto_pad: autoPad(padding) }) as [typeof x, typeof x]
    // an index counts over all of the data; a channel's places come last
    const place = b.op('Mod', [at, b.int(from[1]! * from[2]!)])
    const wide = b.int(from[2]!)
    const within = (places: typeof x, windows: { count: number; before: number; stride: number }, axis: number) => {
      const begins = floatsOf(b, Array.from({ length: writtenOut(windows.count) }, (_, i) => i * windows.stride - windows.before), axis === 2 ? [1, 1, windows.count, 1] : [1, 1, 1, windows.count])
      return b.op('Sub', [b.op('Cast', [places], { to: 1 }), begins])
    }
    const [down, across] = [within(b.op('Div', [place, wide]), rows!, 2), within(b.op('Mod', [place, wide]), columns!, 3)]
    const index = b.op('Add', [b.op('Add', [b.op('Mul', [down, b.scalar(filter[1], 'float32')]), across]), b.scalar(0.1, 'float32')])
    const last = (value: typeof x) => b.op('Transpose', [value], { perm: channelsLast(4) })
    const result = activate(b, last(greatest), activation)
    return result && [result, last(index)]
  },
})
