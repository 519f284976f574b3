import { ints } from '../../ir/attribute.ts'
import type { Type } from '../../ir/types.ts'
import type { Value } from '../../ir/model.ts'
import { Graph, Node } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import type { VersionStep } from '../operator.ts'
import { unrollScan } from './unroll.ts'
import { becomeAll } from './versions.ts'

const withoutFirst = (type: Type | undefined): Type | undefined => (type?.kind === 'tensor' && type.shape ? { ...type, shape: type.shape.slice(1) } : type)

/** What a sequence that ended early gave, filled up with zeros to `steps` elements. */
function fillUp(b: Builder, output: Value, steps: Value): Value {
  const [shape, first] = [b.op('Shape', [output]), b.op('Shape', [output], { start: 0, end: 1 })]
  const missing = b.op('Concat', [b.op('Sub', [steps, first]), b.op('Slice', [shape, b.ints([1]), b.ints([2 ** 31 - 1])])], { axis: 0 })
  const zero = b.op('CastLike', [b.floats([0]), output])
  return b.op('Concat', [output, b.op('Expand', [b.op('Reshape', [zero, b.ints([])]), missing])], { axis: 0 })
}

/**
 * Scan of opset 8 (its first input the lengths of the sequences, then everything with a batch axis in front) as a Scan over
 * the batch whose body is a Scan over one sequence. ONNX's Scan-8: beyond a sequence's length the outputs are zero.
 */
export function scanOverBatch(step: VersionStep): void {
  const { node, b, attributes } = step
  const body = node.attributes['body']
  const scanned = attributes.int('num_scan_inputs') ?? step.refuse('attribute num_scan_inputs is missing')
  const [lengths, ...given] = node.inputs
  const carried = given.length - scanned
  if (body?.type !== 'graph' || carried < 0 || scanned < 1 || given.some(v => v === undefined)) return step.refuse('its inputs do not fit its attributes')
  const directions = attributes.ints('directions')
  const outer = new Graph(b.graph.names, 'sequence')
  const inside = b.inside(outer)
  const inputs = given.map(v => outer.addInput(outer.value(v!.name, withoutFirst(v!.type))))
  const length = lengths && outer.addInput(outer.value(lengths.name, withoutFirst(lengths.type)))
  const steps = inside.op('Shape', [inputs[carried]], { start: 0, end: 1 })
  const sequences = inputs.slice(carried).map(v => (length ? inside.op('Slice', [v, inside.ints([0]), inside.op('Unsqueeze', [length, inside.ints([0])]), inside.ints([0])]) : v))
  const results = inside.ops('Scan', [...inputs.slice(0, carried), ...sequences], node.outputs.length, {
    body,
    num_scan_inputs: scanned,
    ...(directions && { scan_input_directions: directions }),
  })
  results.forEach((v, i) => outer.addOutput(length && i >= carried ? fillUp(inside, v, steps) : v))
  if (!length) outer.remove(steps.producer!.node)
  node.attributes = { body: { type: 'graph', value: outer }, num_scan_inputs: { type: 'int', value: given.length + (lengths ? 1 : 0) } }
  node.setInputs([...given, ...(lengths ? [lengths] : [])])
}

/** Takes back what `scanOverBatch` makes of sequences of one length. False when the node is something else. */
function takeBack({ node }: VersionStep): boolean {
  const [outer] = node.subgraphs()
  const inner = outer?.first
  if (!outer || inner?.op !== 'Scan' || outer.size !== 1 || Number(node.attributes['num_scan_inputs']?.value) !== node.inputs.length) return false
  if (inner.inputs.some((v, i) => v !== outer.inputs[i]) || inner.outputs.some((v, i) => v !== outer.outputs[i])) return false
  const { body, num_scan_inputs: scanned, scan_input_directions: directions, ...rest } = inner.attributes
  if (!body || !scanned || Object.keys(rest).length > 0 || Object.keys(node.attributes).length > 2) return false
  inner.attributes = {}
  node.attributes = { body, num_scan_inputs: scanned, ...(directions && { directions }) }
  node.setInputs([undefined, ...node.inputs])
  outer.clear()
  return true
}

/** The way back: the sequences of a batch, or a batch of one. */
export function scanOneSequence(step: VersionStep): void {
  if (takeBack(step)) return
  const { node, b, attributes } = step
  const scanned = attributes.int('num_scan_inputs') ?? step.refuse('attribute num_scan_inputs is missing')
  const later = ['scan_input_axes', 'scan_output_axes', 'scan_output_directions']
  const odd = later.find(name => attributes.ints(name)?.some(n => n !== 0))
  if (odd !== undefined) return becomeAll(step, unrollScan(b, node) ?? step.refuse(`${odd} other than 0 came later`))
  for (const name of later) step.setAttribute(name, undefined)
  const directions = attributes.ints('scan_input_directions')
  step.setAttribute('scan_input_directions', undefined)
  if (directions) step.setAttribute('directions', ints(directions))
  if (scanned < 1 || node.inputs.some(v => v === undefined)) return step.refuse('its inputs do not fit its attributes')
  node.setInputs([undefined, ...node.inputs.map(v => b.op('Unsqueeze', [v, b.ints([0])]))])
  const { graph } = node
  const after = node.next
  node.outputs.forEach((v, i) => {
    if (!v) return
    const type: Type | undefined = v.type?.kind === 'tensor' && v.type.shape ? { ...v.type, shape: [1, ...v.type.shape] } : undefined
    node.setOutput(i, graph!.value(v.name, type))
    graph!.insert(new Node({ op: 'Squeeze', inputs: [node.outputs[i]], attributes: { axes: ints([0]) }, origin: node.origin }), after).setOutput(0, v)
  })
}
