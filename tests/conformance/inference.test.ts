import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Model } from '../../src/ir/model.ts'
import { countUnknowns, describeType, fits, holdInputs, inferredAlone, shortfall } from './inference.ts'
import type { Unknowns } from './inference.ts'
import { readModel } from './run.ts'
import type { NodeTest } from './vectors.ts'
import { dataSets, loadTests } from './vectors.ts'

// Types from the inputs' alone on every model of ONNX's data sets: they never contradict what the model declares or what the
// outputs are. How much is not known, and which outputs are declared with sizes that not even inputs held constant tell, is in
// unknown.json, which UPDATE=1 writes; tests/peers/types.json has the same of onnx.shape_inference.
const filter = process.env['FILTER']
const list = new URL('unknown.json', import.meta.url)

describe('inference', () => {
  const counts: Record<string, Unknowns> = {}
  // sizes that follow from what inputs hold, and those that no inference knows
  const vague: Record<string, { byData: number; evenSo: string[] }> = {}
  const types: Record<string, Record<string, Record<string, string>>> = {}
  it.each(dataSets)('%s', { timeout: 120_000 }, async set => {
    const wrong: string[] = []
    const count: Unknowns = (counts[set] = { values: 0, noDtype: 0, noRank: 0, unknownSize: 0 })
    const open = (vague[set] = { byData: 0, evenSo: [] as string[] })
    types[set] = {}
    const judge = (test: NodeTest, model: Model): string[] => {
      const declared = model.graph.outputs.map(v => v.type)
      const vaguer: string[] = []
      const found = inferredAlone(model)
      model.graph.outputs.forEach((v, i) => {
        const how = v.producer && shortfall(v.type, declared[i])
        const said = `${test.name}: ${v.name} is ${describeType(v.type)}, declared ${describeType(declared[i])}`
        if (how === 'contradicts') wrong.push(said)
        if (how === 'vaguer') vaguer.push(said)
      })
      if (!types[set]![test.name]) {
        countUnknowns(found.values(), count)
        types[set]![test.name] = Object.fromEntries([...found].map(([name, type]) => [name, describeType(type)]))
      }
      return vaguer
    }
    for (const test of loadTests(set, filter === undefined ? undefined : new RegExp(filter)))
      try {
        const model = await readModel(test.model)
        const { inputs, outputs } = test.sets[0]!
        const vaguer = judge(test, model)
        outputs.forEach((datum, i) => {
          const { name, type } = model.graph.outputs[i]!
          if (!fits(datum, type)) wrong.push(`${test.name}: ${name} is ${describeType(type)} and holds other data`)
        })
        if (vaguer.length === 0) continue
        open.byData += vaguer.length
        const fixed = await readModel(test.model)
        holdInputs(fixed, inputs)
        open.evenSo.push(...judge(test, fixed))
      } catch (error) {
        wrong.push(`${test.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      }
    expect(wrong).toEqual([])
  })

  it('leaves open no more than is written down', () => {
    if (process.env['TYPES']) writeFileSync(process.env['TYPES'], JSON.stringify(types))
    if (filter !== undefined) return void console.log(Object.values(vague).flatMap(v => v.evenSo).join('\n'))
    const now = { counts, vague }
    if (process.env['UPDATE']) writeFileSync(list, `${JSON.stringify(now, null, 1)}\n`)
    expect(existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : {}).toEqual(now)
  })
})
