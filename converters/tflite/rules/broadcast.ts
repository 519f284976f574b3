import type { AttributeInit } from '../../../src/ir/attribute.ts'
import type { Dim } from '../../../src/ir/dim.ts'
import { dimEquals, mulDims } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import { shapeEquals, staticShape } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { broadcastShapes } from '../../../src/ops/kit/broadcast.ts'
import { shapeOf } from '../../../src/passes/kit/values.ts'
import { operators } from '../ops/registry.gen.ts'
import { int32s, reshapeTo } from './kit.ts'

const limits = new Map(operators.flatMap(o => (o.takes.broadcastRank === undefined ? [] : [[o.name as string, o.takes.broadcastRank]])))

/** Shapes of equal rank with every run of axes that broadcast alike as one axis. */
function merged(shapes: readonly (readonly Dim[])[], out: readonly Dim[]): readonly (readonly Dim[])[] {
  const runs: { pattern: string; sizes: Dim[] }[] = []
  for (const [axis, size] of out.entries()) {
    if (size === 1) continue
    const pattern = shapes.map(s => (dimEquals(s[axis]!, size) ? 'x' : '1')).join('')
    const last = runs.at(-1)
    if (last?.pattern === pattern) last.sizes = last.sizes.map((d, i) => (shapes[i]![axis] === 1 && pattern[i] === '1' ? d : mulDims(d, shapes[i]![axis]!)))
    else runs.push({ pattern, sizes: shapes.map(s => s[axis]!) })
  }
  return shapes.map((_, i) => runs.map(r => r.sizes[i]!))
}

/**
 * An elementwise operator of the runtime on inputs that broadcast. Where these have more axes than its kernel broadcasts, axes that broadcast alike
 * become one; are there still too many, the inputs are brought to one shape first.
 */
export function broadcasting(b: Builder, name: string, inputs: readonly (Value | undefined)[], attributes: Readonly<Record<string, AttributeInit>> = {}): Value {
  const op = `tflite::${name}`
  const limit = limits.get(name)
  const given = inputs.map(shapeOf)
  const rank = Math.max(...given.map(s => s?.length ?? 0))
  const known = given.filter(s => s !== undefined)
  const out = limit !== undefined && rank > limit && known.length === inputs.length ? broadcastShapes(known) : undefined
  if (!out || known.every(s => shapeEquals(s, known[0]))) return b.op(op, inputs, attributes)
  const full = known.map(s => [...Array.from({ length: rank - s.length }, () => 1), ...s])
  const fewer = merged(full, out)
  if (fewer[0]!.length <= limit!) {
    const parts = inputs.map((v, i) => (fewer[i]!.length === 0 || given[i]!.length === 0 ? v : reshapeTo(b, v!, fewer[i]!)))
    const y = parts.every(v => v !== undefined) ? b.op(op, parts, attributes) : undefined
    const back = y && reshapeTo(b, y, out)
    if (back) return back
  }
  const sizes = staticShape(out)
  return b.op(op, sizes ? inputs.map((v, i) => (shapeEquals(given[i], out) ? v : b.op('tflite::BROADCAST_TO', [v, int32s(b, sizes)]))) : inputs, attributes)
}
