import { read, stage } from '../expr/expr.ts'
import { ints } from '../ir/attribute.ts'
import type { Dim } from '../ir/dim.ts'
import { addDims, ceilDivDims, dimDiffers, mulDims, subDims, unknownDim } from '../ir/dim.ts'
import { axisOf, replaceAt } from './kit/axes.ts'
import { constantInput, inputToInts, intsToInput } from './kit/versions.ts'
import type { InferContext, Operator } from './operator.ts'

export const Split: Operator = {
  name: 'Split',
  moves: true,
  host: [1],
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape === undefined) {
      for (let o = 0; o < ctx.outputCount; o++) ctx.output(o, ctx.dtype(0), undefined)
      return
    }
    const axis = axisOf(ctx, ctx.attributes.int('axis', 0), shape.length)
    const sizes = partSizes(ctx, shape[axis]!)
    const total = addDims(...sizes)
    // parts that are not known may be of no size
    if (typeof total === 'number' && dimDiffers(total, shape[axis]!)) ctx.fail(`parts [${sizes.join()}] of an axis of size ${shape[axis]}`)
    const elements = ctx.shapeValue(0)
    const numbers = elements && shape.length === 1 && sizes.every(n => typeof n === 'number') ? (sizes as readonly number[]) : undefined
    let start = 0
    sizes.forEach((n, o) => {
      ctx.output(o, ctx.dtype(0), replaceAt(shape, axis, n), numbers && elements!.slice(start, start + numbers[o]!))
      start += numbers?.[o] ?? 0
    })
  },
  compute(k) {
    const x = k.input(0)
    const axis = axisOf(k, k.attributes.int('axis', 0), x.shape.length)
    let start = 0
    return Array.from({ length: k.outputCount }, (_, o) => {
      const shape = k.outputShape(o)
      const from = start
      start += shape[axis]!
      return stage(shape, k.outputDType(o), (...i) => read(x, replaceAt(i, axis, i[axis]!.add(from))))
    })
  },
  upgrade: {
    2(step) {
      const sizes = constantInput(step, 1)
      if (sizes) step.setAttribute('split', ints(sizes))
      step.node.setInputs([step.node.inputs[0]])
    },
    13: intsToInput('split', 1),
    18(step) {
      if (step.node.inputs[1] === undefined) step.setAttribute('num_outputs', { type: 'int', value: step.node.outputs.length })
    },
  },
  downgrade: {
    18(step) {
      const count = step.attributes.int('num_outputs')
      step.setAttribute('num_outputs', undefined)
      const type = step.node.inputs[0]?.type
      if (count === undefined || step.node.inputs[1] !== undefined) return
      const size = type?.kind === 'tensor' && type.shape ? type.shape.at(step.attributes.int('axis', 0)) : undefined
      const rest = size === undefined ? undefined : subDims(size, mulDims(ceilDivDims(size, count), count))
      if (rest === 0) return
      if (typeof size !== 'number') step.refuse('parts may be uneven')
      const part = Math.ceil((size as number) / count)
      step.node.setInput(1, step.b.ints(Array.from({ length: count }, (_, i) => (i < count - 1 ? part : (size as number) - part * (count - 1)))))
    },
    13: inputToInts('split', 1),
  },
}

/** Given sizes, or equal ones of which the last may be smaller. */
function partSizes(ctx: InferContext, size: Dim): readonly Dim[] {
  if (ctx.has(1)) {
    const sizes = ctx.shapeValue(1)
    if (sizes !== undefined && sizes.length !== ctx.outputCount) ctx.fail(`${sizes.length} parts for ${ctx.outputCount} outputs`)
    if (sizes?.some(n => typeof n === 'number' && n < 0)) ctx.fail(`parts [${sizes.join()}]`)
    return sizes ?? Array.from({ length: ctx.outputCount }, () => unknownDim())
  }
  const count = ctx.attributes.int('num_outputs', ctx.outputCount)
  if (count !== ctx.outputCount || count < 1) ctx.fail(`num_outputs ${count} for ${ctx.outputCount} outputs`)
  const part = ceilDivDims(size, count)
  const last = subDims(size, mulDims(part, count - 1))
  if (typeof last === 'number' && last < 0) ctx.fail(`an axis of size ${size} has no ${count} parts`)
  return Array.from({ length: count }, (_, i) => (i < count - 1 ? part : last))
}
