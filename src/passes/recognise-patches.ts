import type { Node, Value } from '../ir/model.ts'
import { writtenOut } from '../ops/kit/written-out.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { axisOf, keptBy } from './kit/cuts.ts'
import { reshapeTo } from './kit/shapes.ts'
import { intOf, sizesOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

interface Grid {
  readonly x: Value
  /** Axes that are cut, the one whose place changes slowest from part to part first. */
  readonly axes: readonly number[]
  readonly step: number
}

/** Parts of one value, each of every n-th entry of the same axes, from all places in order; the axes need not be in order. */
function gridOf(node: Node): Grid | undefined {
  const x = node.inputs[0]?.producer?.node.inputs[0]
  const parts = node.inputs.map(v => (v?.producer?.node.inputs[0] === x && v?.uses.size === 1 ? keptBy(v.producer?.node) : undefined))
  const [first] = parts
  if (x === undefined || first === undefined || first.length === 0) return undefined
  const { step } = first[0]!
  const axes = first.map(c => c.axis).sort((a, b) => a - b)
  if (step < 2 || parts.length !== step ** axes.length) return undefined
  const places: number[][] = []
  for (const part of parts) {
    const place = axes.map(axis => part?.find(c => c.axis === axis && c.step === step && c.count * step === c.size)?.start)
    if (part?.length !== axes.length || place.some(s => s === undefined || s >= step)) return undefined
    places.push(place as number[])
  }
  for (const order of [axes.map((_, i) => i), axes.map((_, i) => i).reverse()])
    if (places.every((place, k) => order.reduce((n, i) => n * step + place[i]!, 0) === k)) return { x, axes: order.map(i => axes[i]!), step }
  return undefined
}

/** Whether the order of a value's channels can go into weights. */
const feedsConv = ({ outputs: [y] }: Node): boolean => y!.uses.size > 0 && [...y!.uses].every(use => 'node' in use && use.node.op === 'Conv' && use.index === 0 && use.node.inputs[1]!.isConstant && intOf(use.node, 'group', 1) === 1)

export const patchRules: readonly Rule[] = [
  rule('recognise-patches', p => p.op('Concat').where(n => n.inputs.length >= 4), ({ root }, make, refuse) => {
    const axis = axisOf(root, 0)
    const grid = gridOf(root)
    const sizes = sizesOf(grid?.x)
    if (grid === undefined || axis === undefined || sizes === undefined || grid.axes.includes(axis)) return refuse('the parts are not the places of a grid')
    const { x, axes, step } = grid
    if (sizes.length === 4 && axis === 1 && axes.join() === '2,3') return make.op('SpaceToDepth', [x], { blocksize: step })
    if (sizes.length === 4 && axis === 1 && axes.join() === '3,2' && feedsConv(root)) {
      const [channels, places] = [sizes[1]!, step * step]
      const order = Array.from({ length: places * writtenOut(channels) }, (_, i) => {
        const place = Math.floor(i / channels)
        return ((place % step) * step + Math.floor(place / step)) * channels + (i % channels)
      })
      return make.Gather(make.op('SpaceToDepth', [x], { blocksize: step }), make.ints(order), { axis: 1 })
    }
    if (axis !== sizes.length - 1) return refuse('channels that do not come last are better joined')
    const split = sizes.flatMap((d, i) => (axes.includes(i) ? [d / step, step] : [d]))
    const at = (i: number): number => i + axes.filter(a => a < i).length
    const outer = sizes.flatMap((_, i) => (i === axis ? [] : [at(i)]))
    const cut = reshapeTo(make, x, sizes, split)
    const turned = cut && make.op('Transpose', [cut], { perm: [...outer, ...axes.map(a => at(a) + 1), at(axis)] })
    return (turned && reshapeTo(make, turned, sizesOf(turned), sizesOf(root.outputs[0])!)) ?? refuse('the shape can not be said')
  }),
]

/** Finds patches of neighbours that become channels (patch merging, space to depth) where they are spelled out with a Slice for each place. */
export const recognisePatches: Pass = rulesPass('recognise-patches', patchRules)
