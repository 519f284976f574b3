import { expect } from 'vitest'
import { tflite } from '../../converters/tflite/index.ts'
import { executorNamed } from '../../src/app/executors.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import { Model } from '../../src/ir/model.ts'
import type { Value } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { float32Tensor, viewOf } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { Builder } from '../../src/ops/builder.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import { runLiteRt } from './run.ts'
import { fileOf } from './files.ts'

export const log = new Log()
export const oracle = executorNamed('onnxruntime')
export const waves = (shape: readonly number[], from = 0): Tensor => float32Tensor(Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => 2 * Math.sin(1.7 * i + from)), shape)

export type Build = (b: Builder, x: Value) => Value

export function modelOf(shape: readonly number[], build: Build): Model {
  const model = new Model('net')
  const x = model.graph.value('x', tensorType('float32', shape))
  model.graph.addInput(x)
  const y = build(new Builder(model.graph), x)
  y.rename('y')
  model.graph.addOutput(y)
  return model
}

export interface Made {
  /** Relative, L2. */
  readonly error: number
  /** Of one element. */
  readonly most: number
  readonly ops: readonly string[]
}

/** The converted model's distance from onnxruntime on the source, and the operators it has. */
export async function converted(shape: readonly number[], build: Build, format = tflite): Promise<Made> {
  const feed = waves(shape)
  const session = await oracle.prepare(modelOf(shape, build), {})
  const want = (await session.run(new Map([['x', feed]]))).get('y') as Tensor
  session.dispose()
  const model = modelOf(shape, build)
  optimize(model, { log, recognise: format.target!.recognise! })
  legalize(model, format.target!, { log, layout: 'keep' })
  const file = await fileOf(model)
  const got = (await runLiteRt(file, new Map([['x', feed]]))).get('y')!
  expect(got.shape).toEqual(want.shape)
  const [a, b] = [viewOf('float32', await want.load()) as Float32Array, viewOf('float32', await got.load()) as Float32Array]
  const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((s, v) => s + v * v, 0))
  const apart = [...a].map((v, i) => v - b[i]!)
  return { error: norm(apart) / norm([...a]), most: Math.max(...apart.map(Math.abs)), ops: [...model.allNodes()].map(n => n.op) }
}
