import type { Expr } from '../expr/expr.ts'
import { constant, read, scalarOf, select, stage } from '../expr/expr.ts'
import { float, ints } from '../ir/attribute.ts'
import type { Value } from '../ir/model.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { addDims } from '../ir/dim.ts'
import { unknownShape } from '../ir/types.ts'
import { axesOf } from './kit/axes.ts'
import { trimInputs } from './kit/steps.ts'
import { castTo, knownRank } from './kit/older.ts'
import { constantInput, intsToInput } from './kit/versions.ts'
import type { Operator, VersionStep } from './operator.ts'

export const Pad: Operator = {
  name: 'Pad',
  moves: true,
  host: [1, 3],
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const pads = ctx.shapeValue(1)
    const given = ctx.has(3) ? ctx.constant(3) : shape.map((_, i) => i)
    if (pads === undefined || given === undefined) return ctx.output(0, ctx.dtype(0), unknownShape(shape.length))
    const axes = axesOf(ctx, given, shape.length)
    if (pads.length !== 2 * axes.length) ctx.fail(`${pads.length} pads for ${axes.length} axes`)
    const out = shape.map((d, i) => {
      const at = axes.indexOf(i)
      return at < 0 ? d : addDims(d, pads[at]!, pads[at + axes.length]!)
    })
    if (out.some(d => typeof d === 'number' && d < 0)) ctx.fail(`pads [${pads.join()}] take more than [${shape.join()}] has`)
    ctx.output(0, ctx.dtype(0), out)
  },
  compute(k) {
    const x = k.input(0)
    const mode = k.attributes.string('mode', 'constant')
    const pads = k.value(1)
    const axes = axesOf(k, k.has(3) ? k.value(3) : x.shape.map((_, i) => i), x.shape.length)
    const type = scalarOf(x.dtype)
    const fill = k.has(2) ? read(k.input(2), k.input(2).shape.map(() => 0)) : constant(0, type)
    const shape = k.outputShape(0)
    return [
      stage(shape, k.outputDType(0), (...i) => {
        let inside: Expr = constant(true, 'bool')
        const at = i.map((v, d) => {
          const a = axes.indexOf(d)
          const [before, after] = a < 0 ? [0, 0] : [pads[a]!, pads[a + axes.length]!]
          if (before === 0 && after === 0) return v
          // negative pads cut first, and what is left is padded
          const low = Math.max(0, -before)
          const size = x.shape[d]! - low - Math.max(0, -after)
          const place = v.sub(Math.max(0, before))
          if (mode === 'constant') {
            if (before > 0) inside = inside.and(place.ge(0))
            if (after > 0) inside = inside.and(place.lt(size))
            return place.add(low)
          }
          if (size <= 0) return shape[d] === 0 ? place : k.fail(`mode ${mode} of axis ${d}, which is empty`)
          return padded(k, mode, place, size).add(low)
        })
        return select(inside, read(x, at), fill)
      }),
    ]
  },
  upgrade: {
    2(step) {
      const value = step.attributes.ints('paddings') ?? step.attributes.ints('pads')
      step.setAttribute('paddings', undefined)
      if (value) step.setAttribute('pads', ints(value))
    },
    11(step) {
      const value = step.attributes.float('value', 0)
      intsToInput('pads', 1)(step)
      if (value !== 0) step.node.setInput(2, step.b.scalar(value, dtypeOf(step)))
      step.setAttribute('value', undefined)
    },
  },
  downgrade: {
    19(step) {
      if (step.attributes.string('mode', 'constant') === 'wrap') step.refuse('mode wrap came later')
    },
    18(step) {
      const { node, b } = step
      const [x, pads, , axes] = node.inputs
      if (axes === undefined) return
      const rank = knownRank(step, x)
      // each pad goes to its axis, and to the same one in the second half
      const whole = castTo(b, axes, 'int64')
      const front = axes.isConstant
        ? b.ints(constantInput(step, 3)!.map(a => (a < 0 ? a + rank : a)))
        : b.op('Where', [b.op('Less', [whole, b.int(0)]), b.op('Add', [whole, b.int(rank)]), whole])
      const full = Array.from({ length: 2 * rank }, () => 0)
      if (axes.isConstant && pads!.isConstant) {
        const [places, numbers] = [peekNumbers(front.constant)!, constantInput(step, 1)!]
        places.forEach((a, i) => {
          full[a] = numbers[i]!
          full[a + rank] = numbers[i + places.length]!
        })
      }
      const both = (): Value => b.op('Concat', [front, b.op('Add', [front, b.int(rank)])], { axis: 0 })
      node.setInput(1, axes.isConstant && pads!.isConstant ? b.ints(full) : b.op('ScatterElements', [b.ints(full), both(), pads]))
      node.setInput(3, undefined)
      trimInputs(step)
    },
    11(step) {
      step.setAttribute('pads', ints(constantInput(step, 1)!))
      const value = constantInput(step, 2)?.[0]
      if (value !== undefined) step.setAttribute('value', float(value))
      step.node.setInputs([step.node.inputs[0]])
    },
    2(step) {
      step.setAttribute('paddings', ints(step.attributes.ints('pads') ?? []))
      step.setAttribute('pads', undefined)
    },
  },
}

const dtypeOf = (step: VersionStep) => {
  const type = step.node.inputs[0]?.type
  return type?.kind === 'tensor' ? type.dtype : 'float32'
}

/** Where the element at a place outside 0..size-1 comes from. */
function padded(k: { fail(message: string): never }, mode: string, place: Expr, size: number): Expr {
  switch (mode) {
    case 'edge': return place.clamp(0, size - 1)
    case 'wrap': return place.floormod(size)
    case 'reflect': {
      if (size === 1) return constant(0, 'int')
      const period = 2 * size - 2
      const q = place.floormod(period)
      return q.min(constant(period, 'int').sub(q))
    }
    default: return k.fail(`mode ${mode}`)
  }
}
