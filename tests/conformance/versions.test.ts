import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { LapidaryError } from '../../src/diag/diagnostic.ts'
import type { Model, Node } from '../../src/ir/model.ts'
import { isTensor } from '../../src/ir/tensor.ts'
import { inferModel } from '../../src/ops/infer.ts'
import { operatorOf } from '../../src/ops/registry.ts'
import { downgradeGraph, upgradeGraph } from '../../src/ops/versions.ts'
import { compareData } from './compare.ts'
import { randomTests } from './random.ts'
import { readModel } from './run.ts'
import { loadNodeTests } from './vectors.ts'

// ONNX's node tests, said in older operator sets and brought back, still hold; and what is said in between fits ONNX's own schemas.
interface Schema {
  readonly since: number
  readonly attributes: Readonly<Record<string, { readonly type: string; readonly required?: boolean }>>
  readonly minInputs?: number
  readonly maxInputs?: number
  readonly minOutputs?: number
  readonly maxOutputs?: number
}
const schemas = (JSON.parse(readFileSync(new URL('../../proto/onnx-schema.json', import.meta.url), 'utf8')) as { operators: Record<string, Record<string, Schema[]>> }).operators['']!

function misfit(node: Node, opset: number): string | undefined {
  const schema = schemas[node.op]?.findLast(s => s.since <= opset)
  if (!schema) return `${node.op} is not in opset ${opset}`
  const unknown = Object.keys(node.attributes).find(a => !(a in schema.attributes))
  if (unknown) return `${node.op} has no ${unknown} in opset ${opset}`
  const missing = Object.entries(schema.attributes).find(([a, s]) => s.required && node.attributes[a] === undefined)
  if (missing) return `${node.op} needs ${missing[0]} in opset ${opset}`
  if (node.inputs.length < (schema.minInputs ?? 0) || node.inputs.length > (schema.maxInputs ?? Infinity)) return `${node.op} has ${node.inputs.length} inputs in opset ${opset}`
  if (node.outputs.length > (schema.maxOutputs ?? Infinity)) return `${node.op} has ${node.outputs.length} outputs in opset ${opset}`
  return undefined
}

describe('older operator sets', () => {
  const tests = loadNodeTests(process.env['FILTER'] === undefined ? /^(?!.*_expanded)/ : new RegExp(process.env['FILTER'])).filter(t => !randomTests.has(t.name))
  it.each([6, 8, 9, 11, 12, 14, 17, 20, 22])('opset %d and back', { timeout: 120_000 }, async opset => {
    const failures: string[] = []
    let [same, unsayable] = [0, 0]
    const reasons = new Map<string, number>()
    for (const test of tests) {
      let model: Model
      try {
        model = await readModel(test.model)
        inferModel(model)
      } catch {
        continue
      }
      if ((model.opsets.get('') ?? 0) <= opset || [...model.allNodes()].some(n => n.domain !== '' || !operatorOf(n))) continue
      const opsets = new Map([['', opset]])
      try {
        downgradeGraph(model.graph, opsets)
      } catch (error) {
        if (!(error instanceof LapidaryError) || error.code !== 'ops.version.unsayable') failures.push(`${test.name}: ${(error as Error).stack}`)
        unsayable++
        const why = (error as Error).message.replace(/"[^"]*" /, '')
        reasons.set(why, (reasons.get(why) ?? 0) + 1)
        continue
      }
      const wrong = [...model.allNodes()].map(n => misfit(n, opset)).find(m => m !== undefined)
      if (wrong) {
        failures.push(`${test.name}: ${wrong}`)
        continue
      }
      try {
        upgradeGraph(model.graph, opsets)
        inferModel(model)
        const session = await cpuExecutor.prepare(model, { precision: 'exact' })
        for (const { inputs, outputs } of test.sets) {
          const results = await session.run(new Map(inputs.map((datum, i) => [model.graph.inputs[i]!.name, datum])))
          for (const [i, expected] of outputs.entries()) {
            // each step of a decomposition rounds to the narrow type
            const rtol = expected !== null && isTensor(expected) && expected.dtype === 'bfloat16' ? 2 ** -7 : test.rtol
            const differs = compareData(results.get(model.graph.outputs[i]!.name), expected, rtol, test.atol)
            if (differs) failures.push(`${test.name}: output ${i}: ${differs}`)
          }
        }
        session.dispose()
        same++
      } catch (error) {
        failures.push(`${test.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      }
    }
    const why = process.env['TABLE'] === 'reasons' ? [...reasons].map(([w, n]) => `\n${n} ${w}`).join('') : ''
    if (process.env['TABLE']) console.log(`opset ${opset}: ${same} the same, ${unsayable} unsayable${why}`)
    expect(failures).toEqual([])
    expect(same).toBeGreaterThan(0)
  })
})
