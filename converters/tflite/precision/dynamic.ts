import type { Value } from '../../../src/ir/model.ts'
import type { Precision } from '../../../src/spi/format.ts'
import type { WeightInteger } from './integers.ts'
import { integersOf } from './integers.ts'
import { floatsOf } from './measure.ts'
import type { Place, Stored } from './store.ts'
import { heldAs, inherit, putBehindDequantize, putInto, putThrough } from './store.ts'
import type { WeightUse } from './weights.ts'
import { largeConstants, weightUseOf } from './weights.ts'

/** The places of a constant by how they take it as weights; undefined when one of them takes it as something else. */
function byUse(places: readonly Place[]): Map<WeightUse, Place[]> | undefined {
  const groups = new Map<WeightUse, Place[]>()
  for (const place of places) {
    const use = weightUseOf(place.node)
    if (use?.input !== place.index) return undefined
    groups.set(use, [...(groups.get(use) ?? []), place])
  }
  return groups
}

function put(held: Value, { grain }: Required<Stored>, { kernel }: WeightUse, places: readonly Place[], by: string): void {
  if (kernel === 'dequantized') putBehindDequantize(held, places, by)
  else if (kernel === 'rows') places.forEach(place => putThrough(held, grain, place, by))
  else places.forEach(place => putInto(held, place))
}

/**
 * Weights as integers of `dtype` where the kernels take these, as int8 elsewhere; data stays float32, and the kernels
 * round it to int8 while they compute, by scales of the moment.
 */
export const integerWeights = (dtype: WeightInteger, relL2: number): Precision => ({
  relL2,
  unequal: 0.05,
  async apply(model) {
    const kept: { name: string; reason: string }[] = []
    let [stored, before, after] = [0, 0, 0]
    for (const [value, places] of largeConstants(model)) {
      const groups = byUse(places)
      if (groups === undefined) continue
      const from = value.constant!
      const elements = await floatsOf(from)
      const made = [...groups].map(([use, at]) => ({ use, at, as: integersOf(from, elements, use.axis, use.int4 ? dtype : 'int8') }))
      if (made.some(m => m.as === undefined)) {
        kept.push({ name: value.name, reason: 'numbers that are not finite' })
        continue
      }
      for (const { use, at, as } of made) {
        const held = heldAs(as!, value, at[0]!)
        put(held, as!, use, at, `store-${dtype}`)
        inherit(value, held)
        after += as!.tensor.byteLength
      }
      stored++
      before += from.byteLength
    }
    return { stored, bytes: [before, after], kept }
  },
})
