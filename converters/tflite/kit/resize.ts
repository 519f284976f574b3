import { unknownDim } from '../../../src/ir/dim.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import type { OptionsName, TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'
import { optionsOf } from './attributes.ts'
import { toInt64 } from './reduce.ts'
import { onChannelsFirst } from './spatial.ts'

/** Data N, H, W, C and the new height and width (int32). */
export const resize2d = (name: TfliteOperator['name'], options: OptionsName, mode: 'linear' | 'nearest'): TfliteOperator =>
  tfliteOperator({
    name,
    options,
    infer(ctx) {
      const [x, size] = [ctx.shape(0), ctx.shapeValue(1)]
      ctx.output(0, ctx.dtype(0), x?.length === 4 ? [x[0]!, size?.[0] ?? unknownDim(), size?.[1] ?? unknownDim(), x[3]!] : unknownShape(4))
    },
    decompose(b, node) {
      const a = optionsOf(node)
      const [align, half] = [a.int('align_corners', 0) === 1, a.int('half_pixel_centers', 0) === 1]
      const shape = b.op('Shape', [node.inputs[0]])
      const part = (from: number) => b.op('Slice', [shape, b.ints([from]), b.ints([from + 1])])
      const sizes = b.op('Concat', [part(0), part(3), toInt64(b, node.inputs[1]!)], { axis: 0 })
      // with half pixel centers the nearest neighbor is the one below the center's place plus a half
      const coordinates = align ? 'align_corners' : half ? 'half_pixel' : 'asymmetric'
      const nearest = align ? 'round_prefer_ceil' : half ? 'round_prefer_ceil' : 'floor'
      return onChannelsFirst(b, node, 'Resize', node.inputs[0]!, [undefined, undefined, sizes], { mode, coordinate_transformation_mode: coordinates, ...(mode === 'nearest' && { nearest_mode: nearest }) })
    },
    version(node) {
      const a = optionsOf(node)
      const turned = a.int('half_pixel_centers', 0) === 1 || (mode === 'nearest' && a.int('align_corners', 0) === 1)
      return turned ? 3 : versionBy({ int16: 4, int8: 2 })(node)
    },
    takes: { dtypes: [['float32', 'uint8', 'int8', 'int16'], ['int32']], maxRank: 4 },
  })
