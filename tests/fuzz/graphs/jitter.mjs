// The same model with a breath of noise on every float that comes in: what changes much then is not settled by rounding.
import { noiseOf } from './compare.mjs'
import { Draw, floats } from './draw.mjs'
import { elementsOf, tensorOf } from './elements.mjs'
import { evaluateAlone } from './single.mjs'

const breath = { float64: 1e-6, float32: 1e-6, float16: 1e-3, bfloat16: 8e-3 }

function shaker(seed) {
  const draw = new Draw(seed + 99)
  return datum => {
    if (!datum || Array.isArray(datum) || !(datum.dtype in breath)) return datum
    return tensorOf(datum.dtype, datum.shape, elementsOf(datum).map(x => (Number.isFinite(x) && x !== 0 ? x * (1 + (draw.unit() - 0.5) * 2 * breath[datum.dtype]) : x)))
  }
}

export function jittered(model, feeds, seed) {
  const shake = shaker(seed)
  const seen = new Set()
  for (const node of model.allNodes())
    for (const v of node.inputs) {
      if (!v?.isConstant || seen.has(v) || !floats.has(v.constant.dtype)) continue
      seen.add(v)
      v.constant = shake(v.constant)
    }
  return { model, feeds: new Map([...feeds].map(([name, datum]) => [name, shake(datum)])) }
}

/** The largest finite number among a node's float inputs. */
export const sizeOf = (node, get) => largestOf(node.inputs.map(v => v && get(v)))

/** The largest finite number among float tensors, as far as it counts for rounding. */
export const largestOf = data => Math.min(1e15, data.flatMap(d => (d?.dtype in breath ? elementsOf(d).filter(Number.isFinite) : [])).reduce((most, x) => Math.max(most, Math.abs(x)), 0))

/**
 * What rounding may do to output `i` of a node: how far float32 arithmetic is from exact, and how far a breath of noise on
 * its inputs moves it, as long as that is a breath of the inputs' own size: a step to the next integer is none.
 */
export async function nodeNoise(node, get, ours, i) {
  const largest = sizeOf(node, get)
  const fast = await evaluateAlone(node, get, 'fast').catch(() => undefined)
  const noise = noiseOf(ours[i], fast?.[i])
  if (!noise || !floats.has(ours[i].dtype)) return noise
  for (let turn = 0; turn < 3; turn++) {
    const shake = shaker(turn)
    const other = await evaluateAlone(node, v => shake(get(v)), 'exact').catch(() => undefined)
    noiseOf(ours[i], other?.[i])?.forEach((n, k) => {
      if (n <= 1e-4 * largest) noise[k] = Math.max(noise[k], n / 16)
    })
  }
  return noise
}
