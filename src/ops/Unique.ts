import { unknownDim } from '../ir/dim.ts'
import { int64Tensor, reshapedTensor } from '../ir/tensor.ts'
import { elementCount } from '../ir/types.ts'
import { axisOf, replaceAt } from './kit/axes.ts'
import type { Element } from './kit/elements.ts'
import { elementsOf } from './kit/elements.ts'
import { slicePlaces, takeAlong } from './kit/host.ts'
import { comparedSlices } from './kit/unique-graph.ts'
import type { Operator } from './operator.ts'

const isNone = (e: Element): boolean => e !== e

/** What is no number comes last, as NumPy has it. */
const compare = (a: readonly Element[], b: readonly Element[]): number => {
  for (let i = 0; i < a.length; i++) {
    const [p, q] = [a[i]!, b[i]!]
    if (p !== q && !(isNone(p) && isNone(q))) return p < q || (isNone(q) && !isNone(p)) ? -1 : 1
  }
  return 0
}

export const Unique: Operator = {
  name: 'Unique',
  widening: 'ordered',
  infer(ctx) {
    const [shape, axis, count] = [ctx.shape(0), ctx.attributes.int('axis'), unknownDim()]
    ctx.output(0, ctx.dtype(0), axis === undefined ? [count] : shape && replaceAt(shape, axisOf(ctx, axis, shape.length), count))
    ctx.output(1, 'int64', [count])
    ctx.output(2, 'int64', [unknownDim()])
    ctx.output(3, 'int64', [count])
  },
  evaluate(ctx) {
    const [given, axis] = [ctx.tensor(0), ctx.attributes.int('axis')]
    const x = axis === undefined ? reshapedTensor(given, [elementCount(given.shape)]) : given
    const at = axis === undefined ? 0 : axisOf(ctx, axis, x.shape.length)
    const elements = elementsOf(x)
    const slices = Array.from({ length: x.shape[at]! }, (_, i) => slicePlaces(x.shape, at, [i]).map(p => elements[p]!))
    const groups = new Map<string, number[]>()
    slices.forEach((s, i) => {
      const key = JSON.stringify(s.map(e => (Object.is(e, -0) ? '0' : String(e))))
      const group = groups.get(key)
      if (group) group.push(i)
      else groups.set(key, [i])
    })
    const found = [...groups.values()]
    if (ctx.attributes.int('sorted', 1) === 1) found.sort((a, b) => compare(slices[a[0]!]!, slices[b[0]!]!))
    const inverse = slices.map(() => 0)
    found.forEach((group, n) => group.forEach(i => (inverse[i] = n)))
    const first = found.map(group => group[0]!)
    return [takeAlong(x, at, first), int64Tensor(first), int64Tensor(inverse), int64Tensor(found.map(g => g.length))]
  },
  decompose: comparedSlices,
}
