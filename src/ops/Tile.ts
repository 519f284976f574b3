import { read, stage } from '../expr/expr.ts'
import { mulDims } from '../ir/dim.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { unknownShape } from '../ir/types.ts'
import { axisOf } from './kit/axes.ts'
import { constantInput } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Tile: Operator = {
  name: 'Tile',
  moves: true,
  host: [1],
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const repeats = ctx.shapeValue(1)
    if (repeats === undefined) return ctx.output(0, ctx.dtype(0), unknownShape(shape.length))
    if (repeats.length !== shape.length) ctx.fail(`${repeats.length} repeats of rank ${shape.length}`)
    if (repeats.some(n => typeof n === 'number' && n < 0)) ctx.fail(`repeats [${repeats.join()}]`)
    ctx.output(0, ctx.dtype(0), shape.map((d, i) => mulDims(d, repeats[i]!)))
  },
  compute(k) {
    const x = k.input(0)
    const out = k.outputShape(0)
    return [stage(out, k.outputDType(0), (...i) => read(x, x.shape.map((n, d) => (n === 1 ? 0 : n === out[d] ? i[d]! : i[d]!.floormod(n)))))]
  },
  upgrade: {
    // tiles and axis were inputs without axes
    6(step) {
      const [data, tiles] = step.node.inputs
      const rank = data?.type?.kind === 'tensor' ? data.type.shape?.length : undefined
      if (rank === undefined) return step.refuse('the rank of its input is not known')
      const axis = axisOf({ fail: step.refuse }, constantInput(step, 2)?.[0] ?? 0, rank)
      const ones = (n: number) => Array.from({ length: n }, () => 1)
      const known = tiles?.isConstant ? peekNumbers(tiles.constant)?.[0] : undefined
      if (known !== undefined) return step.node.setInputs([data, step.b.ints([...ones(axis), known, ...ones(rank - axis - 1)])])
      const count = step.b.op('Reshape', [step.b.op('Cast', [tiles], { to: 7 }), step.b.ints([1])])
      step.node.setInputs([data, step.b.op('Concat', [step.b.ints(ones(axis)), count, step.b.ints(ones(rank - axis - 1))], { axis: 0 })])
    },
  },
  downgrade: {
    6(step) {
      const repeats = constantInput(step, 1) ?? []
      const axes = repeats.flatMap((n, i) => (n === 1 ? [] : [i]))
      if (axes.length > 1) step.refuse('it tiles one axis only')
      const axis = axes[0] ?? 0
      const dtype = step.node.inputs[0]?.type?.kind === 'tensor' ? step.node.inputs[0].type.dtype : 'float32'
      step.node.setInputs([step.node.inputs[0], step.b.scalar(repeats[axis] ?? 1, dtype), step.b.scalar(axis, dtype)])
    },
  },
}
