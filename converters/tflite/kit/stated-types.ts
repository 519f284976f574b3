import type { Node } from '../../../src/ir/model.ts'
import type { TensorType } from '../../../src/ir/types.ts'

/** Operators whose outputs' element types or shapes stand in the outputs alone. */
const stated: ReadonlySet<string> = new Set(['BITCAST', 'MULTINOMIAL', 'STABLEHLO_CONVERT', 'STABLEHLO_RESHAPE', 'STABLEHLO_BROADCAST_IN_DIM', 'STABLEHLO_IOTA', 'STABLEHLO_DOT_GENERAL'])

/** Notes in a node, under `output_types`, what a file says its outputs are, where nothing else tells: it stays with the node where that is copied without its values. Not an option of the format. */
export function noteTypes(node: Node): void {
  if (stated.has(node.op)) node.setAttribute('output_types', { type: 'types', value: node.outputs.map(v => v?.type) })
}

/** What a file, or whoever made the node, says an output is. */
export function statedType(node: Node, output = 0): TensorType | undefined {
  const noted = node.attributes['output_types']
  const type = noted?.type === 'types' ? noted.value[output] : node.outputs[output]?.type
  return type?.kind === 'tensor' ? type : undefined
}
