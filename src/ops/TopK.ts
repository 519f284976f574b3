import { unknownDim } from '../ir/dim.ts'
import { bitsOf, kindOf } from '../ir/dtype.ts'
import type { Value } from '../ir/model.ts'
import { int64Tensor } from '../ir/tensor.ts'
import { elementCount } from '../ir/types.ts'
import { axisOf, replaceAt } from './kit/axes.ts'
import type { Element } from './kit/elements.ts'
import { elementsOf } from './kit/elements.ts'
import { gatherPlaces, numberAt } from './kit/host.ts'
import { knownDType } from './kit/older.ts'
import { becomeAll, constantInput } from './kit/versions.ts'
import type { Operator, VersionStep } from './operator.ts'

/** Ascending; NaN is above all. */
const compare = (a: Element, b: Element): number => (a === b ? 0 : a !== a ? (b !== b ? 0 : 1) : b !== b ? -1 : a < b ? -1 : 1)

export const TopK: Operator = {
  name: 'TopK',
  widening: 'ordered',
  host: [1],
  infer(ctx) {
    const shape = ctx.shape(0)
    let out = shape
    if (shape) {
      const axis = axisOf(ctx, ctx.attributes.int('axis', -1), shape.length)
      const count = ctx.shapeValue(1)?.[0]
      const size = shape[axis]!
      if (typeof count === 'number' && (count < 0 || (typeof size === 'number' && count > size))) ctx.fail(`the ${count} greatest of ${size}`)
      out = replaceAt(shape, axis, count ?? unknownDim())
    }
    ctx.output(0, ctx.dtype(0), out)
    ctx.output(1, 'int64', out)
  },
  evaluate(ctx) {
    const x = ctx.tensor(0)
    const axis = axisOf(ctx, ctx.attributes.int('axis', -1), x.shape.length)
    const size = x.shape[axis]!
    const count = numberAt(ctx, 1, 0)
    if (count < 0 || count > size) ctx.fail(`the ${count} greatest of ${size}`)
    const sign = ctx.attributes.int('largest', 1) !== 0 ? -1 : 1
    const [elements, inner] = [elementsOf(x), elementCount(x.shape.slice(axis + 1))]
    const shape = replaceAt(x.shape, axis, count)
    const [places, indices] = [0, 1].map(() => Array.from({ length: elementCount(shape) }, () => 0)) as [number[], number[]]
    for (let o = 0; o < elementCount(x.shape.slice(0, axis)); o++)
      for (let k = 0; k < inner; k++) {
        const place = (i: number) => (o * size + i) * inner + k
        const order = Array.from({ length: size }, (_, i) => i).sort((p, q) => sign * compare(elements[place(p)]!, elements[place(q)]!) || p - q)
        for (let i = 0; i < count; i++) {
          places[(o * count + i) * inner + k] = place(order[i]!)
          indices[(o * count + i) * inner + k] = order[i]!
        }
      }
    return [gatherPlaces([x], places, shape), int64Tensor(indices, shape)]
  },
  upgrade: {
    10(step) {
      step.node.setInput(1, step.b.ints([step.attributes.int('k') ?? step.refuse('no k')]))
      step.setAttribute('k', undefined)
    },
  },
  downgrade: {
    11(step) {
      // sorted is one of the orders that unsorted allows
      const smallest = step.attributes.int('largest', 1) === 0
      for (const name of ['largest', 'sorted']) step.setAttribute(name, undefined)
      if (smallest) ofComplement(step)
    },
    10(step) {
      step.setAttribute('k', { type: 'int', value: constantInput(step, 1)![0]! })
      step.node.setInputs([step.node.inputs[0]])
    },
  },
}

/** The smallest: the greatest of the numbers turned around. */
function ofComplement(step: VersionStep): void {
  const { node, b } = step
  const dtype = knownDType(step)
  const kind = kindOf(dtype)
  const turned = (x: Value | undefined): Value =>
    kind === 'float' ? b.op('Neg', [x]) : b.op('Sub', [b.scalar(kind === 'int' ? -1 : (1n << BigInt(bitsOf(dtype))) - 1n, dtype), x])
  const [values, indices] = b.ops('TopK', [turned(node.inputs[0]), node.inputs[1]], 2, node.attributes)
  becomeAll(step, [node.outputs[0] && turned(values), node.outputs[1] && indices])
}
