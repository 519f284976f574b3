// A random graph with what to feed it, from a seed.
import { isTensor } from '../../../dist/src/ir/tensor.js'
import { Draw } from './draw.mjs'
import { recipes } from './recipes/index.mjs'
import { Refused, Scene } from './scene.mjs'
import { kernels, newestOpset } from './tables.mjs'

const retired = /^(Scatter|Upsample)$/
const order = new Draw(7).shuffle(Object.keys(recipes))

/** Operators that have a recipe and that lapidary knows: each is what every so many graphs are about. */
export function subjects(knows) {
  return order.filter(knows)
}

/**
 * The case of this seed: the model, feeds by input name, what each value holds when worked out node by node, the operator
 * set to write it at, and the node that lapidary refused, if it did.
 */
export async function generate(seed) {
  const draw = new Draw(seed)
  const scene = new Scene(draw)
  const list = subjects(op => scene.knows(op))
  const subject = list[seed % list.length]
  // a graph has one operator set: those that only old ones have stand alone
  const count = retired.test(subject) ? 1 : draw.pick([1, 1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8])
  const at = draw.int(0, count - 1)
  let refused
  try {
    for (let i = 0; i < count; i++) {
      const op = i === at ? subject : draw.pick(list)
      if (i !== at && retired.test(op)) continue
      await recipes[op](scene, op)
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    refused = { node: error.node, error: error.error }
  }
  const { graph, data, feeds } = scene
  const made = [...graph.nodes()].filter(n => n !== refused?.node).flatMap(n => n.outputs).filter(v => v && isTensor(data.get(v)))
  const all = draw.chance(0.4)
  for (const v of made) if (all || v.uses.size === 0 || draw.chance(0.1)) graph.addOutput(v)
  if (graph.outputs.length === 0 && made.length > 0) graph.addOutput(made.at(-1))
  const limits = [...graph.nodes()].map(n => kernels[n.op]?.opset).filter(n => n)
  const opset = scene.opset ?? (limits.length > 0 && draw.chance(0.9) ? Math.min(...limits) : undefined) ?? (draw.chance(0.6) ? newestOpset : draw.int(7, newestOpset))
  scene.model.opsets.set('', scene.opset === undefined ? 28 : scene.opset)
  return { seed, subject, model: scene.model, feeds, data, made, opset, refused }
}
