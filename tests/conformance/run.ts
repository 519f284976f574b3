import { onnx } from '../../converters/onnx/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { memoryBundle, memoryBytes } from '../../src/bytes/memory.ts'
import { LapidaryError, Log } from '../../src/diag/diagnostic.ts'
import type { Model } from '../../src/ir/model.ts'
import type { Datum } from '../../src/ir/tensor.ts'
import { compareData } from './compare.ts'
import type { Executor } from '../../src/spi/executor.ts'
import { judgeBernoulli, randomTests } from './random.ts'
import type { NodeTest } from './vectors.ts'

export type Precision = 'exact' | 'fast'

/** What became of a test: the operators in it, and why it failed in a precision, if it did. */
export interface Outcome {
  readonly name: string
  readonly operators: readonly string[]
  readonly failures: Readonly<Partial<Record<Precision, string>>>
}

export async function readModel(bytes: Uint8Array): Promise<Model> {
  const log = new Log()
  const model = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(bytes, 'model.onnx')), { log }), { log })
  log.throwErrors()
  return model
}

/** A test's inputs by name: they stand for the model's inputs in order, without those that have a default. */
export function feedsOf(model: Model, inputs: readonly Datum[]): Map<string, Datum> {
  const fed = model.graph.inputs.filter(v => v.constant === undefined)
  return new Map(inputs.map((datum, i) => [fed[i]!.name, datum]))
}

function reason(error: unknown): string {
  if (error instanceof LapidaryError) return `${error.code}: ${error.message}`
  return error instanceof Error ? `${error.name}: ${error.message}${process.env['STACK'] ? `\n${error.stack}` : ''}` : String(error)
}

/** What a model gives otherwise than a test says, if anything; Bernoulli tests are judged by their statistics. */
export async function differs(test: NodeTest, model: Model, precision: Precision, executor: Executor = cpuExecutor): Promise<string | undefined> {
  const session = await executor.prepare(model, { precision })
  try {
    for (const { inputs, outputs } of test.sets) {
      if (randomTests.has(test.name)) {
        const draw = async () => (await session.run(feedsOf(model, inputs))).get(model.graph.outputs[0]!.name)
        const wrong = await judgeBernoulli(test.name, draw, inputs[0]!, outputs[0]!)
        if (wrong) return wrong
        continue
      }
      const results = await session.run(feedsOf(model, inputs))
      for (const [i, expected] of outputs.entries()) {
        const wrong = compareData(results.get(model.graph.outputs[i]!.name), expected, test.rtol, test.atol)
        if (wrong) return `output ${i}: ${wrong}`
      }
    }
    return undefined
  } finally {
    session.dispose()
  }
}

/** Reads, imports, changes and runs a node test in each precision; the operators are the model's own, functions apart. */
export async function runNodeTest(test: NodeTest, precisions: readonly Precision[], change: (model: Model) => void = () => {}): Promise<Outcome> {
  const failures: Partial<Record<Precision, string>> = {}
  let model: Model
  try {
    model = await readModel(test.model)
    change(model)
  } catch (error) {
    for (const p of precisions) failures[p] = reason(error)
    return { name: test.name, operators: [], failures }
  }
  const operators = [...new Set([...model.allNodes()].map(n => n.qualified))]
  for (const p of precisions) {
    try {
      const wrong = await differs(test, model, p)
      if (wrong) failures[p] = wrong
    } catch (error) {
      failures[p] = reason(error)
    }
  }
  return { name: test.name, operators, failures }
}
