import type { Expr } from '../expr/expr.ts'
import { constant, read, stage, sum } from '../expr/expr.ts'
import type { GridPadding } from './kit/grid.ts'
import { insideCoordinate, readPixel } from './kit/grid.ts'
import { sampleGrid } from './kit/grid-graph.ts'
import { cubicWeight } from './kit/resize.ts'
import type { Operator, VersionStep } from './operator.ts'

const rename = (from: string, to: string) => (step: VersionStep): void => {
  if (step.attributes.string('mode') === from) step.setAttribute('mode', { type: 'string', value: to })
}

export const GridSample: Operator = {
  name: 'GridSample',
  linear: true,
  moves: attributes => attributes.string('mode', 'linear') === 'nearest',
  infer(ctx) {
    const [x, grid] = [ctx.shape(0), ctx.shape(1)]
    if (x && grid && (x.length !== grid.length || (typeof grid.at(-1) === 'number' && grid.at(-1) !== x.length - 2))) ctx.fail(`a grid of [${grid.join()}] for [${x.join()}]`)
    ctx.output(0, ctx.dtype(0), x && grid && [x[0]!, x[1]!, ...grid.slice(1, -1)])
  },
  compute(k) {
    const [x, grid] = [k.input(0), k.input(1)]
    const mode = k.attributes.string('mode', 'linear')
    const padding = k.attributes.string('padding_mode', 'zeros') as GridPadding
    if (!['linear', 'nearest', 'cubic'].includes(mode)) k.fail(`mode ${mode}`)
    if (!['zeros', 'border', 'reflection'].includes(padding)) k.fail(`padding_mode ${padding}`)
    const corners = k.attributes.int('align_corners', 0) === 1
    const image = x.shape.slice(2)
    const rank = image.length
    // coordinates are listed from the innermost axis outward
    const places = image.map((size, d) =>
      stage(grid.shape.slice(0, -1), 'float32', (...i) => {
        const g = read(grid, [...i, constant(rank - 1 - d, 'int')]).to('float')
        const at = corners ? g.add(1).div(2).mul(size - 1) : g.add(1).mul(size).sub(1).div(2)
        return insideCoordinate(mode === 'nearest' ? at.apply('round') : at, size, padding, corners)
      }),
    )
    const taps = mode === 'nearest' ? 1 : mode === 'linear' ? 2 : 4
    return [
      stage(k.outputShape(0), k.outputDType(0), (...i) => {
        const at = places.map(p => read(p, [i[0]!, ...i.slice(2)]))
        if (mode === 'nearest') return readPixel(x, i.slice(0, 2), at.map(v => v.to('int')), padding, corners)
        const first = at.map(v => v.apply('floor').to('int').sub(taps / 2 - 1))
        return sum(image.map(() => taps), (...t) => {
          const indices = first.map((f, d) => f.add(t[d]!))
          const weights = indices.map((n, d): Expr => {
            const distance = at[d]!.to('double').sub(n.to('double')).abs()
            return mode === 'linear' ? constant(1, 'double').sub(distance) : cubicWeight(-0.75, distance)
          })
          const element = readPixel(x, i.slice(0, 2), indices, padding, corners)
          const pixel = element.to(element.type === 'float' ? 'float' : 'double')
          const weight = weights.reduce((a, b) => a.mul(b)).to(pixel.type)
          return pixel.mul(weight)
        })
      }),
    ]
  },
  decompose(b, node) {
    const sampled = sampleGrid(b, node)
    return sampled && [sampled]
  },
  upgrade: {
    20(step) {
      rename('bilinear', 'linear')(step)
      rename('bicubic', 'cubic')(step)
    },
  },
  downgrade: {
    20(step) {
      if (!step.attributes.has('mode')) step.setAttribute('mode', { type: 'string', value: 'linear' })
      rename('linear', 'bilinear')(step)
      rename('cubic', 'bicubic')(step)
    },
  },
}
