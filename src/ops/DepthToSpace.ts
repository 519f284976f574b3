import { read, stage } from '../expr/expr.ts'
import { floorDivDims, mulDims } from '../ir/dim.ts'
import { blocksOf, imageShape, reshapeTo } from './kit/blocks.ts'
import { withoutString } from './kit/steps.ts'
import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const DepthToSpace: Operator = {
  name: 'DepthToSpace',
  moves: true,
  infer(ctx) {
    const shape = imageShape(ctx)
    const { size } = blocksOf(ctx.node)
    if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const [n, c, h, w] = shape
    if (typeof c === 'number' && c % (size * size) !== 0) ctx.fail(`${c} channels are no multiple of ${size} x ${size}`)
    ctx.output(0, ctx.dtype(0), [n, floorDivDims(c, size * size), mulDims(h, size), mulDims(w, size)])
  },
  compute(k) {
    const x = k.input(0)
    const size = k.attributes.int('blocksize', 1)
    const crd = k.attributes.string('mode', 'DCR') === 'CRD'
    const depth = x.shape[1]! / (size * size)
    return [
      stage(k.outputShape(0), k.outputDType(0), (...i) => {
        const [n, c, y, z] = [i[0]!, i[1]!, i[2]!, i[3]!]
        const [by, bz] = [y.floormod(size), z.floormod(size)]
        const channel = crd ? c.mul(size).add(by).mul(size).add(bz) : by.mul(size).add(bz).mul(depth).add(c)
        return read(x, [n, channel, y.floordiv(size), z.floordiv(size)])
      }),
    ]
  },
  decompose(b, node) {
    const [x] = node.inputs
    if (x?.type?.kind !== 'tensor' || x.type.shape?.length !== 4) return undefined
    const { size, depthFirst } = blocksOf(node)
    const [n, c, h, w] = x.type.shape
    const d = typeof c === 'number' ? c / (size * size) : undefined
    const split = reshapeTo(b, x, depthFirst ? [n, d, size, size, h, w] : [n, size, size, d, h, w])
    if (split === undefined) return undefined
    const moved = b.op('Transpose', [split], { perm: depthFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2] })
    const joined = reshapeTo(b, moved, [n, d, mulDims(h!, size), mulDims(w!, size)])
    return joined && [joined]
  },
  downgrade: {
    11(step) {
      const said = step.attributes.string('mode', 'DCR') === 'DCR' ? undefined : DepthToSpace.decompose!(step.b, step.node)?.[0]
      if (said) become(step, said)
      else withoutString('mode', 'DCR')(step)
    },
  },
}
