import { read, stage } from '../expr/expr.ts'
import { floorDivDims, mulDims } from '../ir/dim.ts'
import { blocksOf, imageShape, reshapeTo } from './kit/blocks.ts'
import { withoutString } from './kit/steps.ts'
import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const SpaceToDepth: Operator = {
  name: 'SpaceToDepth',
  moves: true,
  infer(ctx) {
    const shape = imageShape(ctx)
    const { size } = blocksOf(ctx.node)
    if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const [n, c, h, w] = shape
    for (const d of [h, w]) if (typeof d === 'number' && d % size !== 0) ctx.fail(`${h} x ${w} is not made of blocks of ${size} x ${size}`)
    ctx.output(0, ctx.dtype(0), [n, mulDims(c, size * size), floorDivDims(h, size), floorDivDims(w, size)])
  },
  compute(k) {
    const x = k.input(0)
    const size = k.attributes.int('blocksize', 1)
    const crd = k.attributes.string('mode', 'DCR') === 'CRD'
    const depth = x.shape[1]!
    return [
      stage(k.outputShape(0), k.outputDType(0), (...i) => {
        const [n, c, y, z] = [i[0]!, i[1]!, i[2]!, i[3]!]
        const place = crd ? c.floormod(size * size) : c.floordiv(depth)
        const channel = crd ? c.floordiv(size * size) : c.floormod(depth)
        return read(x, [n, channel, y.mul(size).add(place.floordiv(size)), z.mul(size).add(place.floormod(size))])
      }),
    ]
  },
  decompose(b, node) {
    const [x] = node.inputs
    if (x?.type?.kind !== 'tensor' || x.type.shape?.length !== 4) return undefined
    const { size, depthFirst } = blocksOf(node)
    const [n, c, h, w] = x.type.shape
    const [y, z] = [h, w].map(d => floorDivDims(d!, size))
    const split = reshapeTo(b, x, [n, c, y, size, z, size])
    if (split === undefined) return undefined
    const moved = b.op('Transpose', [split], { perm: depthFirst ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4] })
    const joined = reshapeTo(b, moved, [n, mulDims(c!, size * size), y, z])
    return joined && [joined]
  },
  downgrade: {
    28(step) {
      const said = step.attributes.string('mode', 'DCR') === 'DCR' ? undefined : SpaceToDepth.decompose!(step.b, step.node)?.[0]
      if (said) become(step, said)
      else withoutString('mode', 'DCR')(step)
    },
  },
}
