import type { Node } from '../../../src/ir/model.ts'
import { customOperator, floatsOf, mapOptions } from '../kit/custom.ts'

const optionsOf = (node: Node) => {
  const options = mapOptions(node)
  return {
    line: [options.count('left_rotation_idx'), options.count('right_rotation_idx')] as const,
    subset: options.counts('subset_idxs'),
    target: options.number('target_rotation_radians'),
    size: [options.count('output_width'), options.count('output_height')] as const,
    scale: [options.number('scale_x'), options.number('scale_y')] as const,
  }
}

/**
 * MediaPipe's: from points [1, count, 3] the matrix [1, 4, 4] that takes pixels of a crop to the image: the crop stands round a subset of the points,
 * turned so that the line between two of them has a given angle, and scaled (mediapipe/util/tflite/operations).
 */
export const Landmarks2TransformMatrix = customOperator({
  name: 'Landmarks2TransformMatrix',
  version: 2,
  infer(ctx) {
    const { subset, size } = optionsOf(ctx.node)
    if (subset.length === 0 || size.includes(0)) ctx.fail(`a crop of ${size.join(' by ')} round ${subset.length} points`)
    const shape = ctx.shape(0)
    if (shape && (shape.length !== 3 || (typeof shape[2] === 'number' && shape[2] !== 3))) ctx.fail(`points of [${shape.join()}]`)
    ctx.output(0, ctx.dtype(0), [1, 4, 4])
  },
  decompose(b, node) {
    const { line, subset, target, size, scale } = optionsOf(node)
    type Value = NonNullable<(typeof node.inputs)[number]>
    const number = (x: number): Value => floatsOf(b, [x], [1, 1, 1])
    const add = (x: Value, y: Value): Value => b.op('Add', [x, y])
    const sub = (x: Value, y: Value): Value => b.op('Sub', [x, y])
    const mul = (x: Value, y: Value): Value => b.op('Mul', [x, y])
    const pick = (indices: readonly number[]): readonly [x: Value, y: Value] => {
      const picked = b.op('Gather', [node.inputs[0], b.ints(indices)], { axis: 1 })
      const axis = (i: number): Value => b.op('Slice', [picked, b.ints([i]), b.ints([i + 1]), b.ints([2])])
      return [axis(0), axis(1)]
    }
    const [from, to] = [pick([line[0]]), pick([line[1]])]
    const [dx, dy] = [sub(to[0], from[0]), sub(to[1], from[1])]
    // the line's direction, without its angle: (1, 0) for no line, as atan2(0, 0) is 0
    const length = b.op('Sqrt', [add(mul(dx, dx), mul(dy, dy))])
    const none = b.op('Equal', [length, number(0)])
    const along = b.op('Where', [none, number(1), b.op('Div', [dx, length])])
    const aside = b.op('Where', [none, number(0), b.op('Div', [dy, length])])
    const [c, s] = [number(Math.cos(target)), number(Math.sin(target))]
    const cos = add(mul(c, along), mul(s, aside))
    const sin = sub(mul(s, along), mul(c, aside))
    const [x, y] = pick(subset)
    const turned = [sub(mul(cos, x), mul(sin, y)), add(mul(sin, x), mul(cos, y))] as const
    const ends = turned.map(v => [b.op('ReduceMax', [v, b.ints([1])], { keepdims: 1 }), b.op('ReduceMin', [v, b.ints([1])], { keepdims: 1 })] as const)
    const [middleX, middleY] = ends.map(([high, low]) => mul(add(low, high), number(0.5))) as [Value, Value]
    const [scaleX, scaleY] = ends.map(([high, low], i) => b.op('Div', [mul(number(scale[i]!), sub(high, low)), number(size[i]!)])) as [Value, Value]
    const centerX = add(mul(cos, middleX), mul(sin, middleY))
    const centerY = sub(mul(cos, middleY), mul(sin, middleX))
    const rows = [[mul(cos, scaleX), mul(sin, scaleY), centerX], [b.op('Neg', [mul(sin, scaleX)]), mul(cos, scaleY), centerY]] as const
    const shifted = rows.map(([perX, perY, center]) => [perX, perY, number(0), add(center, add(mul(perX, number(-size[0] / 2)), mul(perY, number(-size[1] / 2))))])
    const rest = floatsOf(b, [0, 0, 1, 0, 0, 0, 0, 1], [1, 1, 8])
    return [b.op('Reshape', [b.op('Concat', [...shifted.flat(), rest], { axis: 2 }), b.ints([1, 4, 4])])]
  },
})
