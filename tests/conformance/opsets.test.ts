import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Diagnostic } from '../../src/diag/diagnostic.ts'
import type { Model } from '../../src/ir/model.ts'
import { isTensor } from '../../src/ir/tensor.ts'
import { inferModel } from '../../src/ops/infer.ts'
import { everyOpset, isAlike, rangesOf, reasonOf, writeAt } from './opsets.ts'
import type { Written } from './opsets.ts'
import { readModel, runNodeTest } from './run.ts'
import type { NodeTest } from './vectors.ts'
import { loadNodeTests } from './vectors.ts'

// Every node test of ONNX, written at every operator set, read again and run. FILTER='^test_clip' takes some and shows what
// is refused; UPDATE=1 rewrites the list of what an older operator set can't say.
const filter = process.env['FILTER']
const list = new URL('unsayable.json', import.meta.url)

/** Equal for models that say the same. */
async function keyOf(model: Model): Promise<string> {
  const { bytes } = (await writeAt(model, everyOpset[0]!)) as Written
  return Buffer.from(bytes).toString('latin1')
}

/** What differs from the expected outputs; undefined when nothing does. */
async function outcomeOf(test: NodeTest, bytes: Uint8Array): Promise<string | undefined> {
  const { sets } = test
  // each step of a decomposition rounds to the narrow type
  const isNarrow = sets.some(s => s.outputs.some(o => o !== null && isTensor(o) && o.dtype === 'bfloat16'))
  const { failures } = await runNodeTest({ ...test, sets, model: bytes, rtol: isNarrow ? 2 ** -7 : test.rtol }, ['exact'])
  return failures.exact
}

it('node tests hold at every operator set that can say them', { timeout: 300_000 }, async () => {
  const refused = new Map<string, number[]>()
  const failures: string[] = []
  const count = { models: 0, said: 0, refused: 0 }
  const say = (test: NodeTest, opset: number, diagnostics: readonly Diagnostic[]): void => {
    count.refused++
    for (const reason of new Set(diagnostics.map(reasonOf))) refused.set(reason, [...(refused.get(reason) ?? []), opset])
    if (filter !== undefined) console.log(`${test.name}: ${diagnostics.map(d => d.message).join('; ')}`)
  }
  for (const test of loadNodeTests(filter === undefined ? undefined : new RegExp(filter))) {
    const model = await readModel(test.model)
    count.models++
    inferModel(model)
    const outcomes = new Map<string, string | undefined>([[await keyOf(model), undefined]])
    let before: Written | undefined
    for (const opset of everyOpset) {
      try {
        if (!before || !isAlike(before.operators, opset + 1)) {
          const written = await writeAt(model, opset)
          before = 'bytes' in written ? written : undefined
          if (!('bytes' in written)) {
            say(test, opset, written)
            continue
          }
          const again = await readModel(written.bytes)
          const key = await keyOf(again)
          if (!outcomes.has(key)) outcomes.set(key, await outcomeOf(test, written.bytes))
          const wrong = outcomes.get(key)
          if (wrong !== undefined) failures.push(`${test.name} at ${opset}: ${wrong}`)
        }
        count.said++
      } catch (error) {
        failures.push(`${test.name} at ${opset}: ${error instanceof Error ? error.stack : String(error)}`)
      }
    }
  }
  console.log(`${count.models} models: ${count.said} pairs with an operator set said, ${count.refused} refused`)
  const now: Record<string, Record<string, string>> = {}
  for (const [reason, opsets] of [...refused].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [operator, why] = [reason.slice(0, reason.indexOf(':')), reason.slice(reason.indexOf(':') + 2)]
    ;(now[operator] ??= {})[why] = `${rangesOf(new Set(opsets))}: ${opsets.length}`
  }
  expect(failures).toEqual([])
  if (filter !== undefined) return
  if (process.env['UPDATE']) writeFileSync(list, `${JSON.stringify(now, null, 1)}\n`)
  expect(now).toEqual(existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : {})
})
