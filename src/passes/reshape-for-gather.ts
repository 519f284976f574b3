import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { elementCount } from '../ir/types.ts'
import { reshapeTo } from './kit/shapes.ts'
import { intOf, numbersOf, shapeOf, sizesOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** Whether places, counted from either end of `size`, are all there are, in order. */
const isWhole = (places: readonly number[], size: number): boolean => places.length === size && places.every((p, i) => (p < 0 ? p + size : p) === i)

export const gatherRules: readonly Rule[] = [
  rule('reshape-for-gather', p => p.Gather(p.x, p.constant('places')), ({ root, x, places }, make, refuse) => {
    const shape = shapeOf(x)
    const axis = intOf(root, 'axis', 0)
    const size = shape?.at(axis)
    const numbers = numbersOf(places)
    const to = shapeOf(root.outputs[0])
    if (typeof size !== 'number' || numbers === undefined || to === undefined || !isWhole(numbers, size)) return refuse('it does not take all there is in order')
    return reshapeTo(make, x, shape, to) ?? refuse('the shape can not be said')
  }),
  rule('reshape-for-gather-nd', p => p.op('GatherND', p.x, p.constant('places')), ({ root, x, places }, make, refuse) => {
    const [sizes, numbers, to] = [sizesOf(x), numbersOf(places), shapeOf(root.outputs[0])]
    const depth = shapeOf(places)?.at(-1)
    if (sizes === undefined || numbers === undefined || to === undefined || typeof depth !== 'number' || depth < 1 || intOf(root, 'batch_dims', 0) !== 0) return refuse('sizes or places are not known')
    const flat = Array.from({ length: numbers.length / depth }, (_, i) => sizes.slice(0, depth).reduce((n, d, k) => n * d + (numbers[i * depth + k]! < 0 ? numbers[i * depth + k]! + d : numbers[i * depth + k]!), 0))
    return isWhole(flat, elementCount(sizes.slice(0, depth))) ? (reshapeTo(make, x, sizes, to) ?? refuse('the shape can not be said')) : refuse('it does not take all there is in order')
  }),
]

/** Reshapes in place of gathering all that there is, in order: what advanced indexing with broadcast positions comes to. */
export const reshapeForGather: Pass = rulesPass('reshape-for-gather', gatherRules)
