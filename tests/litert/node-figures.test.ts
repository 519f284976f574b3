import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { tflite } from '../../converters/tflite/index.ts'
import { memorySink } from '../../src/bytes/memory.ts'
import { LapidaryError, Log } from '../../src/diag/diagnostic.ts'
import { isTensor } from '../../src/ir/tensor.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import { readModel } from '../conformance/run.ts'
import type { NodeTest } from '../conformance/vectors.ts'
import { loadNodeTests } from '../conformance/vectors.ts'

interface Figures {
  readonly tests: number
  readonly totals: Readonly<Record<'lapidary' | 'onnx2tf', Readonly<Record<'asGiven' | 'orHeld', { readonly converted: number; readonly agree: number }>>>>
  /** Tests that do not convert, as they are given or with inputs held, and why. */
  readonly refused: Readonly<Record<string, string>>
  readonly differs: Readonly<Record<string, string>>
}

/** Made by tests/peers/node_tests.py, which runs each file in LiteRT's interpreter. */
const figures = JSON.parse(readFileSync(new URL('../peers/node-figures.json', import.meta.url), 'utf8')) as Figures

/** Whether a test converts; `hold`: with all tensors that it is fed but the first as constants. */
async function converts({ model: bytes, sets }: NodeTest, hold: boolean): Promise<boolean> {
  const log = new Log()
  try {
    const model = await readModel(bytes)
    const fed = model.graph.inputs.filter(v => v.constant === undefined)
    for (const [i, value] of hold ? fed.entries() : []) {
      const datum = sets[0]!.inputs[i]
      if (i === 0 || datum === undefined || datum === null || !isTensor(datum)) continue
      if (value.uses.size > 0) value.replaceBy(model.graph.constant(datum, value.name))
      model.graph.removeInput(value)
    }
    optimize(model, { log, recognise: tflite.target!.recognise! })
    legalize(model, tflite.target!, { log, layout: 'keep' })
    const sink = memorySink()
    await tflite.write!(tflite.export!(model, { log }), sink, { log, name: 'm.tflite' })
    log.throwErrors()
    return true
  } catch (error) {
    if (error instanceof LapidaryError) return false
    throw error
  }
}

it('every node test converts that did when the figures were made', { timeout: 900_000 }, async () => {
  const tests = loadNodeTests()
  expect(tests).toHaveLength(figures.tests)
  const lost: string[] = []
  let asGiven = 0
  for (const test of tests) {
    const given = await converts(test, false)
    if (given) asGiven++
    else if (!Object.hasOwn(figures.refused, test.name) && !(await converts(test, true))) lost.push(test.name)
  }
  expect(lost).toEqual([])
  expect(asGiven).toBeGreaterThanOrEqual(figures.totals.lapidary.asGiven.converted)
})

it('the figures add up', () => {
  const { lapidary, onnx2tf } = figures.totals
  expect(lapidary.orHeld.converted).toBe(figures.tests - Object.keys(figures.refused).length)
  expect(lapidary.orHeld.agree).toBe(lapidary.orHeld.converted - Object.keys(figures.differs).length)
  expect(lapidary.orHeld.agree).toBeGreaterThan(onnx2tf.orHeld.agree)
  expect(lapidary.asGiven.agree).toBeGreaterThan(onnx2tf.asGiven.agree)
})
