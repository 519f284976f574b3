import { graphAttribute } from '../../../src/ir/attribute.ts'
import type { Value } from '../../../src/ir/model.ts'
import { Graph } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'

/** One step: what enters, and the states before it; gives the states after it, the first of which comes out. */
export type Step = (b: Builder, x: Value, states: readonly Value[]) => readonly Value[]

/** A step for each entry of axis `axis` of x, the last first where it goes backward. Gives what comes out, gathered along the same axis, and the states after the last step. */
export function overTime(b: Builder, x: Value, axis: number, initial: readonly Value[], step: Step, backward: boolean): { outputs: Value; states: readonly Value[] } {
  const type = x.type
  const body = new Graph(b.graph.names, 'step')
  const states = initial.map(v => body.addInput(body.value('state', v.type)))
  const entry = body.addInput(body.value('x', type?.kind === 'tensor' && type.shape ? { ...type, shape: type.shape.filter((_, i) => i !== axis) } : undefined))
  const inner = b.inside(body)
  const next = step(inner, entry, states)
  for (const v of [...next, next[0]!]) body.addOutput(inner.op('Identity', [v]))
  const results = b.ops('Scan', [...initial, x], initial.length + 1, {
    body: graphAttribute(body),
    num_scan_inputs: 1,
    scan_input_axes: [axis],
    scan_output_axes: [axis],
    scan_input_directions: [Number(backward)],
    scan_output_directions: [Number(backward)],
  })
  return { outputs: results.at(-1)!, states: results.slice(0, -1) }
}

/** x times weights [units, depth]. */
export const times = (b: Builder, x: Value, weights: Value): Value => b.op('MatMul', [x, b.op('Transpose', [weights], { perm: [1, 0] })])

/** The sum of what is there. */
export const sum = (b: Builder, ...values: readonly (Value | undefined)[]): Value | undefined =>
  values.reduce((a, v) => (a && v ? b.op('Add', [a, v]) : (a ?? v)), undefined)
