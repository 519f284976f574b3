import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { inlineBody } from './inline.ts'

/** A loop is unrolled into no more nodes than this: beyond it the graph costs more than the loop. */
export const unrolledNodes = 20_000

const shapeOf = (v: Value | undefined) => (v?.type?.kind === 'tensor' ? v.type.shape : undefined)

/** A Scan of a known number of steps as its body, that often; undefined when that is not known, is too much, or the body holds graphs. */
export function unrollScan(b: Builder, node: Node): readonly (Value | undefined)[] | undefined {
  const ints = (name: string): readonly number[] => ((node.attributes[name]?.value as readonly number[] | undefined) ?? []).map(Number)
  const body = node.subgraphs()[0]!
  const scanned = Number(node.attributes['num_scan_inputs']!.value)
  const carried = node.inputs.length - scanned
  const sequences = node.inputs.slice(carried).map((value, i) => {
    const rank = shapeOf(value)?.length ?? 0
    const axis = ints('scan_input_axes')[i] ?? 0
    return { value, axis: axis < 0 ? axis + rank : axis, backward: ints('scan_input_directions')[i] === 1 }
  })
  const steps = shapeOf(sequences[0]?.value)?.[sequences[0]?.axis ?? 0]
  const inner = [...body.nodes()]
  if (typeof steps !== 'number' || steps < 1 || steps * inner.length > unrolledNodes || inner.some(n => n.subgraphs().length > 0)) return undefined
  const slices = sequences.map(({ value, axis, backward }) => {
    const parts = b.ops('Split', [value], steps, { axis, num_outputs: steps }).map(part => b.op('Squeeze', [part, b.ints([axis])]))
    return backward ? parts.reverse() : parts
  })
  let states = node.inputs.slice(0, carried)
  const stacked: Value[][] = body.outputs.slice(carried).map(() => [])
  for (let step = 0; step < steps; step++) {
    const results = inlineBody(b, body, [...states, ...slices.map(s => s[step])])
    states = results.slice(0, carried)
    results.slice(carried).forEach((v, i) => stacked[i]!.push(v!))
  }
  const joined = stacked.map((values, i) => {
    const rank = (shapeOf(values[0])?.length ?? 0) + 1
    const axis = ints('scan_output_axes')[i] ?? 0
    const at = axis < 0 ? axis + rank : axis
    const ordered = ints('scan_output_directions')[i] === 1 ? values.reverse() : values
    return b.op('Concat', ordered.map(v => b.op('Unsqueeze', [v, b.ints([at])])), { axis: at })
  })
  return [...states, ...joined].slice(0, node.outputs.length)
}
