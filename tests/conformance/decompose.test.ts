import { describe, expect, it } from 'vitest'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { LapidaryError } from '../../src/diag/diagnostic.ts'
import type { Model } from '../../src/ir/model.ts'
import { isTensor } from '../../src/ir/tensor.ts'
import { operatorOf } from '../../src/ops/registry.ts'
import { builderAt, replaceNode } from '../../src/rewrite/edit.ts'
import { compareData } from './compare.ts'
import { readModel } from './run.ts'
import { loadNodeTests, loadTests } from './vectors.ts'

// Operators with a meaning of their own and a decomposition too: ONNX's vectors hold for the decomposition as well.
const filter = process.env['FILTER']

/** Replaces each node by what its operator decomposes to, once. Gives the operators for which that happened; `refused` gets those that say why it can't. */
function decomposeAll(model: Model, refused: Set<string>): string[] {
  const done: string[] = []
  for (const node of [...model.graph.nodes()]) {
    const operator = operatorOf(node)
    if (!operator?.decompose || (!operator.compute && !operator.evaluate)) continue
    const b = builderAt(node, 'decompose')
    let values
    try {
      values = operator.decompose(b, node)
    } catch (error) {
      if (!(error instanceof LapidaryError)) throw error
      refused.add(error.message)
    }
    if (!values) continue
    done.push(node.op)
    const made = new Set(b.made)
    replaceNode(node, values, v => v.producer !== undefined && made.has(v.producer.node))
  }
  return done
}

describe('decompositions', () => {
  it('give what the operators give', { timeout: 120_000 }, async () => {
    const failures: string[] = []
    const checked = new Map<string, number>()
    const refused = new Set<string>()
    const names = filter === undefined ? /^(?!.*_expanded)/ : new RegExp(filter)
    for (const test of [...loadNodeTests(names), ...loadTests('ml', names)]) {
      let model: Model
      try {
        model = await readModel(test.model)
      } catch {
        continue
      }
      const done = decomposeAll(model, refused)
      if (done.length === 0) continue
      for (const op of done) checked.set(op, (checked.get(op) ?? 0) + 1)
      try {
        const session = await cpuExecutor.prepare(model, { precision: 'exact' })
        for (const { inputs, outputs } of test.sets) {
          const results = await session.run(new Map(inputs.map((datum, i) => [model.graph.inputs[i]!.name, datum])))
          for (const [i, expected] of outputs.entries()) {
            // each step of a decomposition rounds to the narrow type
            const rtol = expected !== null && isTensor(expected) && expected.dtype === 'bfloat16' ? 2 ** -7 : test.rtol
            const wrong = compareData(results.get(model.graph.outputs[i]!.name), expected, rtol, test.atol)
            if (wrong) failures.push(`${test.name}: output ${i}: ${wrong}`)
          }
        }
        session.dispose()
      } catch (error) {
        failures.push(`${test.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      }
    }
    if (process.env['TABLE']) console.log([...checked].sort().map(([op, n]) => `${op} ${n}`).join(', '))
    expect([...refused]).toEqual([])
    expect(failures).toEqual([])
    expect(checked.size).toBeGreaterThan(filter === undefined ? 40 : 0)
  })
})
