import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { channelsFirst, channelsLast } from '../../../src/ops/kit/nhwc.ts'
import { floatsOf } from './custom.ts'

/** An image N, H, W, C read, between pixels, at places N, h, w, [x, y] counted in its pixels; pixels beyond the border are 0. */
export function sampledAt(b: Builder, image: Value, places: Value, height: number, width: number): Value {
  // the middle of pixel i of n stands at (2 i + 1) / n - 1
  const [two, one] = [b.scalar(2, 'float32'), b.scalar(1, 'float32')]
  const grid = b.op('Sub', [b.op('Div', [b.op('Add', [b.op('Mul', [places, two]), one]), floatsOf(b, [width, height], [2])]), one])
  const read = b.op('GridSample', [b.op('Transpose', [image], { perm: channelsFirst(4) }), grid], { mode: 'linear', padding_mode: 'zeros', align_corners: 0 })
  return b.op('Transpose', [read], { perm: channelsLast(4) })
}
