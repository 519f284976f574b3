import type { Model, Value } from '../../../src/ir/model.ts'
import { unpackSubByte } from '../../../src/ir/subbyte.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { deferredTensor } from '../../../src/ir/tensor.ts'
import { elementCount } from '../../../src/ir/types.ts'
import { removeDead } from '../../../src/rewrite/edit.ts'
import type { Precision } from '../../../src/spi/format.ts'
import { grainOf } from '../kit/grain.ts'
import type { WeightInteger } from './integers.ts'
import { integersOf } from './integers.ts'
import { floatsOf } from './measure.ts'
import { storeRecurrent } from './recurrent.ts'
import type { Place, Stored } from './store.ts'
import { heldAs, inherit, putBehindDequantize, putInto, putThrough } from './store.ts'
import type { WeightUse } from './weights.ts'
import { isLarge, largeConstants, weightUseOf } from './weights.ts'

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

/** Integers of four bits as the kernels take them: in eight where -8 is among them, with which LiteRT 2.1 computes something else when XNNPACK is not there. */
async function withoutLeast(held: Tensor): Promise<Tensor> {
  if (held.dtype !== 'int4') return held
  const bytes = await held.load()
  if (!bytes.some(n => (n & 15) === 8 || n >> 4 === 8)) return held
  const count = elementCount(held.shape)
  return deferredTensor('int8', held.shape, [held], 'int4-to-int8', ([packed]) => unpackSubByte('int4', packed!, count))
}

/** Integers that the model itself has as weights, behind a DEQUANTIZE: into the kernels that take them so. Gives the bytes that they took, and take. */
async function takeIntegers(model: Model): Promise<[count: number, before: number, after: number]> {
  let [count, before, after] = [0, 0, 0]
  for (const node of model.allNodes()) {
    const use = weightUseOf(node)
    const maker = use?.kernel === 'hybrid' ? node.inputs[use.input]?.producer?.node : undefined
    const held = maker?.qualified === 'tflite::DEQUANTIZE' ? maker.inputs[0] : undefined
    const grain = grainOf(held)
    if (!use || !maker || !held?.isConstant || !grain || !isLarge(held)) continue
    const fits = held.constant!.dtype === 'int8' || (held.constant!.dtype === 'int4' && use.int4)
    if (!fits || grain.zero.some(z => z !== 0) || (grain.scale.length > 1 && grain.axis !== use.axis)) continue
    const units = use.axis === undefined ? 1 : held.constant!.shape[use.axis]!
    const spread = grain.scale.length === 1 ? Array.from({ length: units }, () => grain.scale[0]!) : grain.scale
    const place = { node, index: use.input }
    const tensor = await withoutLeast(held.constant!)
    putInto(heldAs({ tensor, grain: { scale: spread, zero: spread.map(() => 0), axis: use.axis ?? 0 } }, held, place), place)
    removeDead(maker)
    count++
    before += held.constant!.byteLength
    after += tensor.byteLength
  }
  return [count, before, after]
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
    const made = [await takeIntegers(model), await storeRecurrent(model)]
    let [stored, before, after] = [0, 1, 2].map(i => made[0]![i]! + made[1]![i]!) as [number, number, number]
    for (const [value, places] of largeConstants(model)) {
      const groups = byUse(places)
      if (groups === undefined) continue
      const from = value.constant!
      const elements = await floatsOf(from)
      const integers = [...groups].map(([use, at]) => ({ use, at, as: integersOf(from, elements, use.axis, use.int4 ? dtype : 'int8') }))
      if (integers.some(m => m.as === undefined)) {
        kept.push({ name: value.name, reason: 'numbers that are not finite' })
        continue
      }
      for (const { use, at, as } of integers) {
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
