import { GridSample as OnnxGridSample } from '../GridSample.ts'
import { nodeAttributes } from '../kit/algebra.ts'
import { sizeOf } from '../kit/normalize.ts'
import type { Operator } from '../operator.ts'

const modes: Readonly<Record<string, string>> = { bilinear: 'linear', bicubic: 'cubic' }
/** As far outside an image, cubic interpolation meets nothing but its border. */
const margin = 3

/**
 * PyTorch's grid_sample, whose modes have the names of ONNX before opset 20. With a border, cubic interpolation clamps the
 * pixels that it reads, where ONNX's operator clamps the coordinates: so the border is laid round the image first.
 */
export const GridSample: Operator = {
  name: 'GridSample',
  domain: 'com.microsoft',
  infer: OnnxGridSample.infer,
  decompose(b, node) {
    const [x, grid] = node.inputs
    const attributes = nodeAttributes(node)
    const given = attributes.string('mode', 'bilinear')
    const padding = attributes.string('padding_mode', 'zeros')
    const corners = attributes.int('align_corners', 0)
    const init = { mode: modes[given] ?? given, padding_mode: padding, align_corners: corners }
    if (given !== 'bicubic' || padding !== 'border') return [b.op('GridSample', [x, grid], init)]
    const sizes = [sizeOf(x, 3), sizeOf(x, 2)]
    if (sizes.some(n => n === undefined)) return undefined
    const shrunk = b.op('Mul', [grid, b.floats(sizes.map(n => (n! - corners) / (n! - corners + 2 * margin)))])
    const wide = b.op('Pad', [x, b.ints([0, 0, margin, margin, 0, 0, margin, margin])], { mode: 'edge' })
    return [b.op('GridSample', [wide, shrunk], init)]
  },
}
