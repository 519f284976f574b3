import { read, stage } from '../expr/expr.ts'
import { ints } from '../ir/attribute.ts'
import type { Dim } from '../ir/dim.ts'
import { unknownDim } from '../ir/dim.ts'
import { unknownShape } from '../ir/types.ts'
import { axesOf } from './kit/axes.ts'
import { sliceSize, sliceStart } from './kit/sizes.ts'
import { shapeOf } from './kit/algebra.ts'
import { become, constantInput } from './kit/versions.ts'
import type { Value } from '../ir/model.ts'
import type { Operator, VersionStep } from './operator.ts'

const all = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

export const Slice: Operator = {
  name: 'Slice',
  moves: true,
  host: [1, 2, 3, 4],
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const [starts, ends] = [ctx.shapeValue(1), ctx.shapeValue(2)]
    const count = starts?.length ?? ends?.length ?? ctx.shape(1)?.[0]
    const given = ctx.has(3) ? ctx.constant(3) : typeof count === 'number' ? all(count <= shape.length ? count : ctx.fail(`${count} starts for rank ${shape.length}`)) : undefined
    const steps = ctx.has(4) ? ctx.constant(4) : given?.map(() => 1)
    if (given === undefined) return ctx.output(0, ctx.dtype(0), unknownShape(shape.length))
    const axes = axesOf(ctx, given, shape.length)
    if ([starts, ends, steps].some(list => list && list.length !== axes.length)) ctx.fail(`${axes.length} axes, but ${starts?.length} starts and ${ends?.length} ends`)
    if (steps?.includes(0)) ctx.fail('a step of 0')
    const sizes = shape.map((d, i): Dim => {
      const at = axes.indexOf(i)
      if (at < 0) return d
      return starts && ends && steps ? sliceSize(d, starts[at]!, ends[at]!, steps[at]!) : unknownDim()
    })
    ctx.output(0, ctx.dtype(0), sizes, picked(ctx.shapeValue(0), shape, sizes, starts?.[0], steps?.[0]))
  },
  compute(k) {
    const x = k.input(0)
    const starts = k.value(1)
    const axes = axesOf(k, k.has(3) ? k.value(3) : all(starts.length), x.shape.length)
    const steps = k.has(4) ? k.value(4) : axes.map(() => 1)
    return [
      stage(k.outputShape(0), k.outputDType(0), (...i) =>
        read(x, i.map((v, d) => {
          const at = axes.indexOf(d)
          return at < 0 ? v : v.mul(steps[at]!).add(sliceStart(x.shape[d]!, starts[at]!, steps[at]!))
        })),
      ),
    ]
  },
  upgrade: {
    10(step) {
      const [starts, ends, axes] = ['starts', 'ends', 'axes'].map(n => step.attributes.ints(n))
      if (!starts || !ends) return step.refuse('no starts and ends')
      step.node.setInputs([step.node.inputs[0], step.b.ints(starts), step.b.ints(ends), ...(axes ? [step.b.ints(axes)] : [])])
      for (const n of ['starts', 'ends', 'axes']) step.setAttribute(n, undefined)
    },
  },
  downgrade: {
    10(step) {
      const [starts, ends, axes, steps] = ['starts', 'ends', 'axes', 'steps'].map((n, i) => constantInput(step, i + 1))
      if (steps?.some(n => n !== 1)) return become(step, strided(step, starts!, axes, steps))
      step.node.setInputs([step.node.inputs[0]])
      for (const [name, value] of [['starts', starts], ['ends', ends], ['axes', axes]] as const) if (value) step.setAttribute(name, ints(value))
    },
  },
}

/** The elements that a slice of a list of sizes picks. */
function picked(elements: readonly Dim[] | undefined, shape: readonly Dim[], sizes: readonly Dim[], start: Dim | undefined, step: number | undefined): readonly Dim[] | undefined {
  const [length, count] = [shape[0], sizes[0]]
  if (elements === undefined || shape.length !== 1 || typeof length !== 'number' || typeof count !== 'number') return undefined
  if (typeof start !== 'number' || step === undefined) return count === length && elements.length === length && step === 1 ? elements : undefined
  const from = sliceStart(length, start, step)
  return Array.from({ length: count }, (_, i) => elements[from + i * step]!)
}

/** A Slice with steps, of axes whose sizes are known: Gathers along them. */
function strided(step: VersionStep, starts: readonly number[], axes: readonly number[] | undefined, steps: readonly number[]): Value {
  const { node, b } = step
  const [shape, out] = [shapeOf(node.inputs[0]), shapeOf(node.outputs[0])]
  if (!shape || !out) return step.refuse('its rank is not known')
  const along = axesOf({ fail: step.refuse }, axes ?? all(starts.length), shape.length)
  return along.reduce((x, axis, i) => {
    const [size, count] = [shape[axis], out[axis]]
    if (typeof size !== 'number' || typeof count !== 'number') return step.refuse('steps along an axis of no known size')
    const from = sliceStart(size, starts[i]!, steps[i]!)
    return b.op('Gather', [x, b.ints(all(count).map(n => from + n * steps[i]!))], { axis })
  }, node.inputs[0]!)
}
