import { Resize } from './Resize.ts'
import type { Operator } from './operator.ts'

/** Resize of N, spatial axes, C, where only spatial axes change. Its roi, scales, sizes and axes speak of the data as it lies, so it is Resize itself. */
export const NhwcResize: Operator = {
  name: 'NhwcResize',
  domain: 'lapidary',
  infer: Resize.infer,
  decompose: (b, node) => [b.op('Resize', node.inputs, { ...node.attributes })],
}
