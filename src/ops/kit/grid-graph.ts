import type { Node, Value } from '../../ir/model.ts'
import { bytesOf } from '../../ir/tensor.ts'
import { elementCount, staticShape } from '../../ir/types.ts'
import type { Builder } from '../builder.ts'
import type { Algebra } from './algebra.ts'
import { dtypeOf, graphAlgebra, nodeAttributes, shapeOf } from './algebra.ts'
import type { GridPadding } from './grid.ts'
import { castTo } from './older.ts'
import { writtenOut } from './written-out.ts'

/** One axis of an image that a grid samples. */
interface Axis {
  readonly size: number
  readonly padding: GridPadding
  readonly corners: boolean
}

/** A coordinate moved into the image, as `insideCoordinate` does. */
function inside(b: Builder, m: Algebra<Value>, at: Value, { size, padding, corners }: Axis): Value {
  if (padding === 'border') return m.min(m.max(at, 0), size - 1)
  if (padding === 'zeros') return at
  const [low, span] = corners ? [0, size - 1] : [-0.5, size]
  if (span === 0) return m.add(m.mul(at, 0), low)
  const from = m.sub(at, low)
  const rest = m.sub(from, m.mul(b.op('Floor', [m.div(from, 2 * span)]), 2 * span))
  return m.add(m.min(rest, m.sub(2 * span, rest)), low)
}

/** A whole coordinate as an index that is there. */
function index(b: Builder, m: Algebra<Value>, at: Value, { size, padding, corners }: Axis): Value {
  if (padding !== 'reflection' || size === 1) return castTo(b, m.min(m.max(at, 0), size - 1), 'int32')
  const period = corners ? 2 * size - 2 : 2 * size
  const rest = m.sub(at, m.mul(b.op('Floor', [m.div(at, period)]), period))
  return castTo(b, m.min(rest, m.sub(corners ? period : period - 1, rest)), 'int32')
}

/** Weights of the taps of one axis by how far the place lies behind the middle one (Keys, 1981, for cubes). */
function weights(m: Algebra<Value>, behind: Value, taps: number): readonly (Value | undefined)[] {
  if (taps === 1) return [undefined]
  if (taps === 2) return [m.sub(1, behind), behind]
  const a = -0.75
  const near = (d: Value): Value => m.add(m.mul(m.mul(m.sub(m.mul(d, a + 2), a + 3), d), d), 1)
  const far = (d: Value): Value => m.sub(m.mul(m.add(m.mul(m.sub(m.mul(d, a), 5 * a), d), 8 * a), d), 4 * a)
  const ahead = m.sub(1, behind)
  return [far(m.add(behind, 1)), near(behind), near(ahead), far(m.add(ahead, 1))]
}

/** GridSample of float32 in simpler operators, all shapes known: pixels are rows of channels that are gathered, weighed and added up. */
export function sampleGrid(b: Builder, node: Node): Value | undefined {
  const [x, grid] = node.inputs as [Value, Value]
  const [shape, places] = [staticShape(shapeOf(x)), staticShape(shapeOf(grid))]
  if (!shape || !places || dtypeOf(x) !== 'float32') return undefined
  const attributes = nodeAttributes(node)
  const mode = attributes.string('mode', 'linear')
  const [padding, corners] = [attributes.string('padding_mode', 'zeros') as GridPadding, attributes.int('align_corners', 0) === 1]
  const m = graphAlgebra(b, 'float32')
  const image = shape.slice(2)
  const rank = image.length
  const count = elementCount(places.slice(0, -1))
  const taps = mode === 'nearest' ? 1 : mode === 'linear' ? 2 : 4
  if (count === 0 || elementCount(shape) === 0 || taps ** rank > 64) return undefined
  const flat = b.op('Reshape', [castTo(b, grid, 'float32'), b.ints([count, rank])])
  const axes = image.map((size, d) => {
    const axis = { size, padding, corners }
    const g = b.op('Gather', [flat, b.int(rank - 1 - d)], { axis: 1 })
    const given = corners ? m.mul(m.mul(m.add(g, 1), 0.5), size - 1) : m.mul(m.sub(m.mul(m.add(g, 1), size), 1), 0.5)
    const at = inside(b, m, mode === 'nearest' ? b.op('Round', [given]) : given, axis)
    const first = taps === 1 ? at : b.op('Floor', [at])
    const share = weights(m, m.sub(at, first), taps)
    return share.map((weight, t) => {
      const tap = t === (taps === 4 ? 1 : 0) ? first : m.add(first, t - (taps === 4 ? 1 : 0))
      const there = padding === 'zeros' ? castTo(b, b.op('And', [b.op('GreaterOrEqual', [tap, b.scalar(0, 'float32')]), b.op('LessOrEqual', [tap, b.scalar(size - 1, 'float32')])]), 'float32') : undefined
      return { index: index(b, m, tap, axis), weight: weight && there ? m.mul(weight, there) : (weight ?? there) }
    })
  })
  const per = count / shape[0]!
  const batch = b.bytes('int32', [count], bytesOf(Int32Array.from({ length: writtenOut(count) }, (_, i) => Math.floor(i / per))))
  const last = [0, ...image.map((_, i) => i + 2), 1]
  const rows = b.op('Reshape', [b.op('Transpose', [x], { perm: last }), b.ints([-1, shape[1]!])])
  const combinations = axes.reduce<(typeof axes)[number][]>((all, axis) => all.flatMap(c => axis.map(tap => [...c, tap])), [[]])
  const terms = combinations.map(chosen => {
    const place = chosen.reduce((sum, tap, d) => b.op('Add', [b.op('Mul', [sum, b.scalar(image[d]!, 'int32')]), tap.index]), batch)
    const pixel = b.op('Gather', [rows, place])
    const weight = chosen.flatMap(tap => tap.weight ?? []).reduce<Value | undefined>((p, w) => (p ? m.mul(p, w) : w), undefined)
    return weight ? m.mul(pixel, b.op('Reshape', [weight, b.ints([count, 1])])) : pixel
  })
  const sum = terms.reduce((p, q) => m.add(p, q))
  const back = [0, rank + 1, ...image.map((_, i) => i + 1)]
  return b.op('Transpose', [b.op('Reshape', [sum, b.ints([...places.slice(0, -1), shape[1]!])])], { perm: back })
}
