import { graphAttribute } from '../ir/attribute.ts'
import type { Dim } from '../ir/dim.ts'
import { floorDivDims, mulDims, unknownDim } from '../ir/dim.ts'
import type { Node, Value } from '../ir/model.ts'
import { Graph } from '../ir/model.ts'
import { tensorType } from '../ir/types.ts'
import type { Builder } from './builder.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './kit/algebra.ts'
import { numberOfDType } from './kit/datatype.ts'
import type { Operator } from './operator.ts'

/** What an update rule needs: a decay of the state, a correction by what the state holds for the key. */
const rules: Readonly<Record<string, { readonly gated: boolean; readonly delta: boolean }>> = {
  linear: { gated: false, delta: false },
  gated: { gated: true, delta: false },
  delta: { gated: false, delta: true },
  gated_delta: { gated: true, delta: true },
}

const cast = (b: Builder, x: Value, dtype: 'float32' | 'float16' | 'bfloat16'): Value => b.op('Cast', [x], { to: numberOfDType(dtype) })

/** One step of the recurrence: the state, then query, key, value, and decay and rate where the rule has them. All of it in float32. */
function advance(b: Builder, state: Value, [query, key, value, ...more]: readonly Value[], { gated, delta }: { gated: boolean; delta: boolean }): [state: Value, output: Value] {
  const kept = gated ? b.op('Mul', [state, b.op('Exp', [more[0]])]) : state
  const corrected = delta ? b.op('Mul', [more.at(-1), b.op('Sub', [value, b.op('MatMul', [key, kept])])]) : value!
  const next = b.op('Add', [kept, b.op('Mul', [b.op('Transpose', [key], { perm: [0, 1, 3, 2] }), corrected])])
  return [next, b.op('MatMul', [query, next])]
}

/** Steps as a Scan over axis 1 of the operands; a single step needs none. */
function recur(b: Builder, initial: Value, operands: readonly Value[], rule: { gated: boolean; delta: boolean }): [state: Value, outputs: Value] {
  if (shapeOf(operands[0])?.[1] === 1) {
    const axis = b.ints([1])
    const [state, output] = advance(b, initial, operands.map(v => b.op('Squeeze', [v, axis])), rule)
    return [state, b.op('Unsqueeze', [output, axis])]
  }
  const body = new Graph(b.graph.names, 'step')
  const state = body.addInput(body.value('state', initial.type))
  const slices = operands.map(v => body.addInput(body.value('slice', tensorType('float32', shapeOf(v)?.filter((_, d) => d !== 1)))))
  for (const v of advance(b.inside(body), state, slices, rule)) body.addOutput(v)
  const [last, outputs] = b.ops('Scan', [initial, ...operands], 2, {
    body: graphAttribute(body),
    num_scan_inputs: operands.length,
    scan_input_axes: operands.map(() => 1),
    scan_output_axes: [1],
  })
  return [last!, outputs!]
}

function decompose(b: Builder, node: Node): readonly Value[] | undefined {
  const attributes = nodeAttributes(node)
  const [query, key, value, past, decay, beta] = node.inputs
  const dtype = dtypeOf(query)
  const rule = rules[attributes.string('update_rule', 'gated_delta')]
  if (!query || !key || !value || !rule || rule.gated !== (decay !== undefined) || rule.delta !== (beta !== undefined)) return undefined
  if (dtype !== 'float32' && dtype !== 'float16' && dtype !== 'bfloat16') return undefined
  const heads = attributes.int('kv_num_heads', 1)
  const group = attributes.int('q_num_heads', 1) / heads
  // [batch, steps, heads, rows, columns]
  const split = (v: Value, ...tail: readonly number[]): Value => b.op('Reshape', [cast(b, v, 'float32'), b.ints([0, 0, ...tail])])
  const operands = [split(query, heads, group, -1), split(key, heads, 1, -1), split(value, heads, 1, -1)]
  if (decay) operands.push(split(decay, heads, -1, 1))
  if (beta) operands.push(split(beta, -1, 1, 1))
  const size = (v: Value | undefined, d: number): Value => b.op('Shape', [v], { start: d, end: d + 1 })
  const initial = past
    ? cast(b, past, 'float32')
    : b.op('Expand', [b.scalar(0, 'float32'), b.op('Concat', [size(query, 0), b.ints([heads]), size(operands[1], 4), size(operands[2], 4)], { axis: 0 })])
  const [state, outputs] = recur(b, initial, operands, rule)
  const given = attributes.float('scale', 0)
  const width = b.op('Cast', [b.op('Squeeze', [size(operands[1], 4), b.ints([0])])], { to: numberOfDType('float32') })
  const scale = given === 0 ? b.op('Reciprocal', [b.op('Sqrt', [width])]) : b.scalar(given, 'float32')
  const packed = b.op('Reshape', [b.op('Mul', [outputs, scale]), b.ints([0, 0, -1])])
  return [cast(b, packed, dtype), cast(b, state, (dtypeOf(past) ?? dtype) as typeof dtype)]
}

export const LinearAttention: Operator = {
  name: 'LinearAttention',
  infer(ctx) {
    const [query, key, value] = [0, 1, 2].map(i => {
      const shape = ctx.shape(i)
      return shape && shape.length !== 3 ? ctx.fail(`input ${i} has rank ${shape.length}, not 3`) : shape
    })
    const heads = ctx.attributes.int('kv_num_heads') ?? ctx.fail('kv_num_heads is missing')
    const queries = ctx.attributes.int('q_num_heads') ?? ctx.fail('q_num_heads is missing')
    if (heads < 1 || queries < 1 || queries % heads !== 0) ctx.fail(`${queries} heads of queries for ${heads}`)
    const name = ctx.attributes.string('update_rule', 'gated_delta')
    const rule = rules[name] ?? ctx.fail(`update_rule ${name}`)
    if (ctx.has(4) !== rule.gated || ctx.has(5) !== rule.delta) ctx.fail(`update_rule ${name} ${rule.gated ? 'takes' : 'has no'} decay and ${rule.delta ? 'takes' : 'has no'} beta`)
    for (const [shape, count] of [[query, queries], [key, heads], [value, heads]] as const) {
      const width = shape?.[2]
      if (typeof width === 'number' && width % count !== 0) ctx.fail(`${width} elements in ${count} heads`)
    }
    const per = (d: Dim | undefined): Dim => (d === undefined ? unknownDim() : floorDivDims(d, heads))
    const batch = query?.[0] ?? key?.[0] ?? unknownDim()
    const steps = query?.[1] ?? key?.[1] ?? unknownDim()
    ctx.output(0, ctx.dtype(0), [batch, steps, value ? mulDims(per(value[2]), queries) : unknownDim()])
    ctx.output(1, ctx.dtype(ctx.has(3) ? 3 : 0), [batch, heads, per(key?.[2]), per(value?.[2])])
  },
  decompose,
}
