import { expect, it } from 'vitest'
import { litert } from '../../converters/tflite/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { LapidaryError, Log } from '../../src/diag/diagnostic.ts'
import type { DType } from '../../src/ir/dtype.ts'
import type { Model } from '../../src/ir/model.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { isTensor } from '../../src/ir/tensor.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import { withDType } from '../../src/validate/adapt.ts'
import { compareData } from '../conformance/compare.ts'
import { randomTests } from '../conformance/random.ts'
import { readModel } from '../conformance/run.ts'
import { loadNodeTests } from '../conformance/vectors.ts'
import { runLiteRt } from './run.ts'
import { fileOf, modelOfFile } from './files.ts'

// ONNX's own node tests, converted: the runtime, our executor on the legalized model, and on what is read back must all
// give ONNX's expected outputs. All inputs but the first are made constants, as weights, shapes and axes are.
const filter = process.env['FILTER']
const log = new Log()
const target = litert.target!
const native = new Set(['float32', 'int32', 'uint8'])

function bindConstants(model: Model, inputs: readonly Datum[]): boolean {
  for (const [i, value] of [...model.graph.inputs].entries()) {
    const datum = inputs[i]
    if (i === 0 || datum === undefined || datum === null || !isTensor(datum)) continue
    const constant = model.graph.constant(datum, value.name)
    if (value.uses.size > 0) value.replaceBy(constant)
    model.graph.removeInput(value)
  }
  return model.graph.inputs.length === 1
}

/** A tensor in the element type that the conversion gave the value. */
async function narrowed(datum: Datum, dtype: DType | undefined): Promise<Datum> {
  const changes = dtype !== undefined && datum !== null && isTensor(datum) && ((datum.dtype === 'int64' && dtype === 'int32') || target.carry?.[datum.dtype] === dtype)
  return changes ? withDType(datum, dtype) : datum
}

/** What the runtime computes in float32 in between, ONNX rounds at each step. */
const toleranceOf = (wanted: Datum, given: number): number => Math.max(given, wanted !== null && isTensor(wanted) && wanted.dtype === 'bfloat16' ? 2 ** -6 : 1e-5)

it('node vectors hold after conversion', { timeout: 900_000 }, async () => {
  const failures: string[] = []
  const refused = new Map<string, number>()
  const passed = { runtime: 0, executor: 0, again: 0 }
  for (const test of loadNodeTests(filter === undefined ? /^(?!.*_expanded)/ : new RegExp(filter))) {
    const [set] = test.sets
    if (randomTests.has(test.name)) continue
    // a file of the format holds tensors alone
    if (!set || ![...set.inputs, ...set.outputs].every(d => d !== null && isTensor(d))) continue
    let model: Model
    try {
      model = await readModel(test.model)
      if (!bindConstants(model, set.inputs)) continue
    } catch {
      continue
    }
    const operator = model.graph.first?.op ?? ''
    let bytes: Uint8Array
    try {
      optimize(model, { log })
      legalize(model, target, { log, layout: 'keep' })
      bytes = await fileOf(model)
    } catch (error) {
      if (!(error instanceof LapidaryError)) failures.push(`${test.name}: ${(error as Error).stack}`)
      else refused.set(operator, (refused.get(operator) ?? 0) + 1)
      if (process.env['WHY']) console.log(test.name, error instanceof LapidaryError ? error.diagnostics.map(d => `${d.message} ${d.notes?.join(' | ')}`).join('; ') : error)
      continue
    }
    const { graph } = model
    const dtype = (v: (typeof graph.inputs)[number]) => (v.type?.kind === 'tensor' ? v.type.dtype : undefined)
    const feed = await narrowed(set.inputs[0]!, dtype(graph.inputs[0]!))
    const wanted: Datum[] = []
    for (const [i, o] of set.outputs.entries()) wanted.push(await narrowed(o, graph.outputs[i] && dtype(graph.outputs[i])))
    const check = (kind: keyof typeof passed, results: ReadonlyMap<string, Datum>, names: readonly string[]) => {
      const wrong = wanted.map((w, i) => compareData(results.get(names[i]!), w, toleranceOf(w, test.rtol), Math.max(test.atol, 1e-6))).find(w => w)
      if (wrong) failures.push(`${test.name} (${kind}): ${wrong}; ${[...model.allNodes()].map(n => n.op).join()}`)
      else passed[kind]++
    }
    const attempt = async (kind: keyof typeof passed, run: () => Promise<void>) => {
      try {
        await run()
      } catch (error) {
        failures.push(`${test.name} (${kind}): ${error instanceof Error ? error.message : String(error)}; ${[...model.allNodes()].map(n => n.op).join()}`)
      }
    }
    const names = graph.outputs.map(v => v.name)
    await attempt('executor', async () => {
      const session = await cpuExecutor.prepare(model, { precision: 'exact' })
      check('executor', await session.run(new Map([[graph.inputs[0]!.name, feed]])), names)
      session.dispose()
    })
    await attempt('again', async () => {
      const read = await modelOfFile(bytes)
      const session = await cpuExecutor.prepare(read, { precision: 'exact' })
      check('again', await session.run(new Map([[read.graph.inputs[0]!.name, feed]])), read.graph.outputs.map(v => v.name))
      session.dispose()
    })
    const closed = graph.outputs.every(v => v.type?.kind === 'tensor' && v.type.shape?.every(d => typeof d === 'number'))
    const whole = closed && [feed, ...wanted].every(d => d !== null && isTensor(d) && native.has(d.dtype) && !d.shape.includes(0))
    if (whole) await attempt('runtime', async () => check('runtime', await runLiteRt(bytes, new Map([[names.length > 0 ? graph.inputs[0]!.name : '', feed as Tensor]])), names))
  }
  console.log('passed', JSON.stringify(passed), 'failed', failures.length, 'refused', JSON.stringify(Object.fromEntries([...refused].sort((a, b) => b[1] - a[1]))))
  expect(failures).toEqual([])
  if (filter === undefined) {
    expect(passed.runtime).toBeGreaterThanOrEqual(520)
    expect(passed.executor).toBeGreaterThanOrEqual(620)
    expect(passed.again).toBe(passed.executor)
  }
})
