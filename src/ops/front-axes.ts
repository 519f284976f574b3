import { ints } from '../ir/attribute.ts'
import type { Graph, Node, Value } from '../ir/model.ts'

const rankOf = (value: Value | undefined): number | undefined => (value?.type?.kind === 'tensor' ? value.type.shape?.length : undefined)

/** Whose axes `axis` and `axes` are where they are not those of the first input. */
const ofOutput = new Set(['OneHot', 'Unsqueeze'])

function fromTheFront(node: Node, name: string, rankAt: (index: number) => number | undefined): void {
  const attribute = node.attributes[name]
  const list = attribute?.type === 'int' ? [attribute.value] : attribute?.type === 'ints' ? attribute.value : []
  const moved = list.map((axis, i) => {
    const rank = rankAt(i)
    return axis < 0 && rank !== undefined ? Number(axis) + rank : axis
  })
  if (moved.some((axis, i) => axis !== list[i])) node.setAttribute(name, attribute!.type === 'int' ? { type: 'int', value: moved[0]! } : ints(moved))
}

/** Before operator set 11 axes were not counted from the end: says those of a graph, and of the graphs in it, from the front, where ranks are known. */
export function countAxesFromFront(graph: Graph, skip: (node: Node) => boolean): void {
  for (const node of graph.allNodes()) {
    if (node.domain !== '' || skip(node)) continue
    const rank = rankOf(ofOutput.has(node.op) ? node.outputs[0] : node.inputs[0])
    for (const name of ['axis', 'axes']) fromTheFront(node, name, () => rank)
    const scanned = node.attributes['num_scan_inputs']
    if (node.op !== 'Scan' || scanned?.type !== 'int') continue
    const carried = node.inputs.length - Number(scanned.value)
    fromTheFront(node, 'scan_input_axes', i => rankOf(node.inputs[carried + i]))
    fromTheFront(node, 'scan_output_axes', i => rankOf(node.outputs[carried + i]))
  }
}
