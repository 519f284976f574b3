// A random graph of operators that have a way into TFLite, with what to feed it, from a seed.
import { tfliteTarget } from '../../../dist/converters/tflite/target.js'
import { supportTable } from '../../../dist/src/app/support.js'
import { isTensor } from '../../../dist/src/ir/tensor.js'
import { Draw } from '../graphs/draw.mjs'
import { random, recipes } from '../graphs/recipes/index.mjs'
import { Refused } from '../graphs/scene.mjs'
import { newestOpset } from '../graphs/tables.mjs'
import { blocks } from './blocks.mjs'
import { TfliteDraw, TfliteScene } from './scene.mjs'

const table = new Map(supportTable(tfliteTarget).map(row => [row.operator, row.target]))
const all = new Draw(7).shuffle(Object.keys(recipes).sort())
const convertible = op => !random.has(op) && (table.get(op) ?? 'no') !== 'no'
/** The operator of this number that has a rule, or is made of such: the next that has, so that a new rule changes few cases. */
const operator = i => {
  while (!convertible(all[i % all.length])) i++
  return all[i % all.length]
}
const pieces = Object.keys(blocks)

/**
 * The case of this seed: as `generate` of the graphs for onnxruntime gives it. Two of three are nets of pieces that mind
 * the layout, the others are about one operator in turn.
 */
export async function generate(seed) {
  const draw = new TfliteDraw(seed)
  const scene = new TfliteScene(draw)
  const net = seed % 3 !== 0
  const subject = net ? 'net' : operator(Math.floor(seed / 3))
  const count = net ? draw.pick([1, 2, 2, 3, 3, 4, 5, 6, 8, 10]) : draw.pick([1, 1, 1, 2, 2, 3])
  const from = draw.int(0, count - 1)
  let refused
  try {
    for (let i = 0; i < count; i++) {
      const op = !net && i === from ? subject : operator(draw.int(0, all.length - 1))
      if (net ? draw.chance(0.85) : i !== from && draw.chance(0.5)) await blocks[draw.pick(pieces)](scene)
      else await recipes[op](scene, op)
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    refused = { node: error.node, error: error.error }
  }
  const { graph, data, feeds } = scene
  if (refused) graph.remove(refused.node)
  const made = [...graph.nodes()].flatMap(n => n.outputs).filter(v => v && isTensor(data.get(v)))
  for (const v of made) if (v.uses.size === 0 || draw.chance(0.12)) graph.addOutput(v)
  if (graph.outputs.length === 0 && made.length > 0) graph.addOutput(made.at(-1))
  for (const v of [...graph.inputs])
    if (v.uses.size === 0) {
      graph.removeInput(v)
      feeds.delete(v.name)
    }
  scene.model.opsets.set('', 28)
  return { seed, subject, model: scene.model, feeds, data, made, opset: newestOpset, refused, layout: draw.pick(['nhwc', 'nhwc', 'keep']), wraps: draw.chance(0.7) }
}
