import { expect, it } from 'vitest'
import { tflite } from '../../converters/tflite/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import { graphAttribute } from '../../src/ir/attribute.ts'
import { Graph, Model } from '../../src/ir/model.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, float32Tensor, inlineTensor, int64Tensor, viewOf } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { Builder } from '../../src/ops/builder.ts'
import { runLiteRt } from './run.ts'
import { fileOf, modelOfFile } from './files.ts'

const log = new Log()

/** Doubles x, plus an outer value, while the sum is below a limit and for at most five rounds. */
function looping(): Model {
  const model = new Model('loop')
  const { graph } = model
  const x = graph.value('x', tensorType('float32', [3]))
  const outer = graph.value('outer', tensorType('float32', [3]))
  graph.addInput(x)
  graph.addInput(outer)
  const body = new Graph(graph.names, 'body')
  const inputs = [body.value('i', tensorType('int64', [])), body.value('go', tensorType('bool', [])), body.value('v', tensorType('float32', [3]))]
  inputs.forEach(v => body.addInput(v))
  const b = new Builder(body)
  const next = b.op('Add', [b.op('Mul', [inputs[2], b.scalar(2, 'float32')]), outer])
  body.addOutput(b.op('Less', [b.op('ReduceSum', [next], { keepdims: 0 }), b.scalar(100, 'float32')]))
  body.addOutput(next)
  const main = new Builder(graph)
  const y = main.op('Loop', [main.constant(int64Tensor([5], [])), main.scalar(1, 'bool'), x], { body: graphAttribute(body) })
  y.rename('y')
  graph.addOutput(y)
  return model
}

/** The same in plain code. */
function reference(x: readonly number[], outer: readonly number[]): number[] {
  let v = [...x]
  for (let i = 0; i < 5; i++) {
    v = v.map((a, k) => 2 * a + outer[k]!)
    if (v.reduce((p, q) => p + q, 0) >= 100) break
  }
  return v
}

it('a loop is a WHILE in the file, and a loop again when it is read', async () => {
  const model = looping()
  expect(legalize(model, tflite.target!, { log }).legal).toBe(true)
  const file = await fileOf(model)
  expect([...model.allNodes()].filter(n => n.op === 'WHILE')).toHaveLength(1)
  const bytes = file
  const read = await modelOfFile(bytes)
  for (const [x, outer] of [[[1, 2, 3], [0.5, 0, -1]], [[20, 1, 1], [1, 1, 1]]] as const) {
    const want = reference(x, outer)
    const feeds = new Map([['x', float32Tensor(x)], ['outer', float32Tensor(outer)]])
    const near = (results: ReadonlyMap<string, Datum>) => {
      const got = viewOf('float32', (results.get('y') as Tensor).peek()!)
      want.forEach((w, i) => expect(got[i]).toBeCloseTo(w, 4))
    }
    near(await runLiteRt(bytes, feeds))
    for (const m of [model, read]) {
      const session = await cpuExecutor.prepare(m)
      near(await session.run(feeds))
      session.dispose()
    }
  }
})

it('a branch is an IF that is given what it uses from outside', async () => {
  const model = new Model('branch')
  const { graph } = model
  const [x, n] = [graph.value('x', tensorType('float32', [2])), graph.value('n', tensorType('int32', []))]
  graph.addInput(x)
  graph.addInput(n)
  const b = new Builder(graph)
  const outer = b.op('Exp', [x])
  const branch = (op: string): Graph => {
    const inner = new Graph(graph.names, op)
    inner.addOutput(new Builder(inner).op(op, [outer, x]))
    return inner
  }
  const y = b.op('If', [b.op('Greater', [n, b.scalar(0, 'int32')])], { then_branch: graphAttribute(branch('Add')), else_branch: graphAttribute(branch('Sub')) })
  y.rename('y')
  graph.addOutput(y)
  legalize(model, tflite.target!, { log })
  const file = await fileOf(model)
  for (const flag of [1, -1]) {
    const feeds = new Map([['x', float32Tensor([0.5, -2])], ['n', inlineTensor('int32', [], bytesOf(Int32Array.of(flag)))]])
    const got = viewOf('float32', (await runLiteRt(file, feeds)).get('y')!.peek()!)
    ;[0.5, -2].forEach((v, i) => expect(got[i]).toBeCloseTo(Math.exp(v) + flag * v, 5))
  }
})
