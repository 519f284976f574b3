// The smallest graph that still shows a finding which no node alone shows.
import { tensorType } from '../../../dist/src/ir/types.js'
import { isTensor } from '../../../dist/src/ir/tensor.js'
import { modelToText } from '../../../dist/src/text/print.js'
import { Judge, cloneModel, run } from './judge.mjs'
import { show } from './elements.mjs'

/** A case with other outputs, or with the outputs of a node given instead of worked out. */
function variant(made, change) {
  const model = cloneModel(made.model)
  const feeds = new Map(made.feeds)
  if (change(model, feeds) === false) return undefined
  for (let again = true; again; ) {
    again = false
    for (const node of [...model.graph.nodes()].reverse())
      if (node.outputs.every(v => !v || v.uses.size === 0)) {
        model.graph.remove(node)
        again = true
      }
  }
  for (const v of [...model.graph.inputs])
    if (v.uses.size === 0) {
      model.graph.removeInput(v)
      feeds.delete(v.name)
    }
  return { model, feeds }
}

async function asCase(made, { model, feeds }) {
  const names = [...model.graph.nodes()].flatMap(n => n.outputs).filter(v => v)
  const byName = new Map([...made.data].map(([v, datum]) => [v.name, datum]))
  const data = new Map([...names, ...model.graph.inputs].map(v => [v, byName.get(v.name)]))
  await run(model, feeds)
  return { ...made, model, feeds, data, made: names.filter(v => isTensor(data.get(v))), refused: undefined }
}

function* changes(made) {
  const outputs = made.model.graph.outputs.length
  for (let i = outputs > 1 ? outputs - 1 : -1; i >= 0; i--) yield model => model.graph.removeOutput(i)
  const datumOf = name => [...made.data].find(([v]) => v.name === name)?.[1]
  for (const { name } of made.model.graph.nodes())
    yield (model, feeds) => {
      const node = [...model.graph.nodes()].find(n => n.name === name)
      if (!node || node.outputs.some(v => v && !isTensor(datumOf(v.name)))) return false
      const outer = new Set(model.graph.outputs)
      if (node.outputs.some(v => v && outer.has(v))) return false
      for (const v of node.outputs) {
        if (!v || v.uses.size === 0) continue
        const datum = datumOf(v.name)
        const input = model.graph.addInput(model.graph.value(`${v.name}_given`, tensorType(datum.dtype, datum.shape)))
        made.data.set(input, datum)
        feeds.set(input.name, datum)
        v.replaceBy(input)
      }
    }
}

/** The smallest case made of this one that still shows what this one does. */
export async function shrink(made, shows) {
  let best = made
  for (let shrunk = !made.refused; shrunk; ) {
    shrunk = false
    for (const change of changes(best)) {
      const next = variant(best, change)
      if (!next) continue
      try {
        const one = await asCase(best, next)
        if (!(await shows(one))) continue
        best = one
        shrunk = true
        break
      } catch {
        continue
      }
    }
  }
  return best
}

/** Its text with the feeds. */
export const caseToText = ({ model, feeds }) => [modelToText(model), ...[...feeds].map(([name, datum]) => `${name} = ${show(datum)}`)].join('\n')

export const smallest = async (made, finding) =>
  caseToText(await shrink(made, async one => (await new Judge(one, { runtime: 'none' }).all()).findings.some(f => f.kind === finding.kind)))
