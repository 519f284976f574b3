import { describe, expect, it } from 'vitest'
import { attributes, graphAttribute } from '../../src/ir/attribute.ts'
import type { DType } from '../../src/ir/dtype.ts'
import { sym } from '../../src/ir/dim.ts'
import type { Dim } from '../../src/ir/dim.ts'
import { Graph, Model, Node } from '../../src/ir/model.ts'
import type { Value } from '../../src/ir/model.ts'
import { float32Tensor, inlineTensor, int64Tensor, peekNumbers } from '../../src/ir/tensor.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { modelToText } from '../../src/text/print.ts'
import { Builder } from '../../src/ops/builder.ts'
import { cpuExecutor } from './index.ts'

// expected values are closed forms
const input = (graph: Graph, name: string, dtype: DType, shape: readonly Dim[] | undefined): Value => graph.addInput(graph.value(name, tensorType(dtype, shape)))
const numbers = (datum: Datum | undefined): number[] => peekNumbers(datum as Tensor)!
const code = (code: string): unknown => expect.objectContaining({ diagnostics: [expect.objectContaining({ code })] })

function addModel(): Model {
  const model = new Model()
  const { graph } = model
  const [x, y] = [input(graph, 'x', 'float32', [sym('n'), 3]), input(graph, 'y', 'float32', [sym('n'), 3])]
  const b = new Builder(graph)
  const total = b.op('Add', [x, y])
  total.rename('total')
  const out = b.op('Relu', [total])
  out.rename('out')
  graph.addOutput(out)
  return model
}

describe.each(['exact', 'fast'] as const)('cpu, %s', precision => {
  const prepare = (model: Model) => cpuExecutor.prepare(model, { precision })

  it('runs, again with other shapes, and fetches inner values', async () => {
    const session = await prepare(addModel())
    for (const n of [1, 2, 1]) {
      const x = float32Tensor(Array.from({ length: 3 * n }, (_, i) => i), [n, 3])
      const y = float32Tensor(Array.from({ length: 3 * n }, () => -1), [n, 3])
      const results = await session.run(new Map([['x', x], ['y', y]]), { fetch: ['total', 'out', 'x'] })
      expect(numbers(results.get('total'))).toEqual(Array.from({ length: 3 * n }, (_, i) => i - 1))
      expect(numbers(results.get('out'))).toEqual(Array.from({ length: 3 * n }, (_, i) => Math.max(0, i - 1)))
      expect(numbers(results.get('x'))).toEqual(numbers(x))
    }
    session.dispose()
  })

  it('lets runs wait for each other', async () => {
    const session = await prepare(addModel())
    const results = await Promise.all([1, 2, 3].map(k => session.run(new Map([['x', float32Tensor([k, k, k], [1, 3])], ['y', float32Tensor([1, 2, 3], [1, 3])]]))))
    expect(results.map(r => numbers(r.get('out')))).toEqual([1, 2, 3].map(k => [k + 1, k + 2, k + 3]))
  })

  it('says what is wrong with feeds', async () => {
    const session = await prepare(addModel())
    const x = float32Tensor([1, 2, 3], [1, 3])
    const run = (feeds: Record<string, Datum>, fetch?: string[]) => session.run(new Map(Object.entries(feeds)), fetch ? { fetch } : {})
    await expect(run({ x })).rejects.toEqual(code('run.feed.missing'))
    await expect(run({ x, y: x, z: x })).rejects.toEqual(code('run.feed.unknown'))
    await expect(run({ x, y: int64Tensor([1, 2, 3], [1, 3]) })).rejects.toEqual(code('run.feed.dtype'))
    await expect(run({ x, y: float32Tensor([1, 2, 3]) })).rejects.toEqual(code('run.feed.shape'))
    await expect(run({ x, y: float32Tensor([1, 2], [1, 2]) })).rejects.toEqual(code('run.feed.shape'))
    await expect(run({ x, y: float32Tensor([1, 2, 3, 4, 5, 6], [2, 3]) })).rejects.toThrow('n is 1 by the other sizes given')
    await expect(run({ x, y: [x] })).rejects.toEqual(code('run.feed.kind'))
    await expect(run({ x, y: x }, ['nowhere'])).rejects.toEqual(code('run.fetch.unknown'))
  })

  it('refuses an operator it does not know, with its origin', async () => {
    const model = new Model()
    const x = input(model.graph, 'x', 'float32', [1])
    const node = new Node({ op: 'Frobnicate', domain: 'acme', name: 'f', inputs: [x], origin: { format: 'onnx', path: '/f' } })
    model.graph.insert(node)
    node.setOutput(0, model.graph.value('y'))
    model.graph.addOutput(node.outputs[0]!)
    await expect(prepare(model)).rejects.toEqual(expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'ops.operator.unknown', at: expect.objectContaining({ path: '/f' }) })] }))
  })

  it('takes the branch that a condition says, with values from around', async () => {
    const model = new Model()
    const { graph } = model
    const [c, x] = [input(graph, 'c', 'bool', []), input(graph, 'x', 'float32', [2])]
    const branch = (op: string): Graph => {
      const inner = new Graph(model.names)
      const b = new Builder(inner)
      inner.addOutput(b.op(op, [x, b.floats([10, 20])]))
      return inner
    }
    const node = new Node({ op: 'If', inputs: [c], attributes: { then_branch: graphAttribute(branch('Add')), else_branch: graphAttribute(branch('Mul')) } })
    graph.insert(node)
    node.setOutput(0, graph.value('y'))
    graph.addOutput(new Builder(graph).op('Neg', [node.outputs[0]]))
    const session = await prepare(model)
    const feeds = (taken: boolean) => new Map<string, Datum>([['c', { ...int64Tensor([0], []), dtype: 'bool', byteLength: 1, peek: () => Uint8Array.of(Number(taken)), load: async () => Uint8Array.of(Number(taken)) }], ['x', float32Tensor([1, 2])]])
    for (const taken of [true, false, true]) expect(numbers([...(await session.run(feeds(taken))).values()][0])).toEqual(taken ? [-11, -22] : [-10, -40])
  })

  const loopModel = (): Model => {
    const model = new Model()
    const { graph } = model
    const [n, x] = [input(graph, 'n', 'int64', []), input(graph, 'x', 'float32', [2])]
    const body = new Graph(model.names)
    const [, going, state] = [input(body, 'i', 'int64', []), input(body, 'going', 'bool', []), input(body, 'state', 'float32', [2])]
    const b = new Builder(body)
    const next = b.op('Add', [state!, x])
    for (const v of [b.op('Identity', [going!]), next, b.op('Mul', [next, next])]) body.addOutput(v)
    const node = new Node({ op: 'Loop', inputs: [n, undefined, x], attributes: { body: graphAttribute(body) } })
    graph.insert(node)
    for (const [i, name] of ['last', 'squares'].entries()) {
      node.setOutput(i, graph.value(name))
      graph.addOutput(node.outputs[i]!)
    }
    return model
  }

  it('loops, with a state, values from around and a scan output', async () => {
    const session = await prepare(loopModel())
    for (const n of [3, 0, 1]) {
      const results = await session.run(new Map<string, Datum>([['n', int64Tensor([n], [])], ['x', float32Tensor([1, 2])]]))
      expect(numbers(results.get('last'))).toEqual([1 + n, 2 + 2 * n])
      expect((results.get('squares') as Tensor).shape).toEqual([n, 2])
      expect(numbers(results.get('squares'))).toEqual(Array.from({ length: n }, (_, i) => [(2 + i) ** 2, (4 + 2 * i) ** 2]).flat())
    }
  })

  it('takes a shape that is fed, and keeps what it planned for each', async () => {
    const model = new Model()
    const { graph } = model
    const [x, shape] = [input(graph, 'x', 'float32', [6]), input(graph, 'shape', 'int64', [2])]
    const b = new Builder(graph)
    graph.addOutput(b.op('ReduceSum', [b.op('Reshape', [b.op('Neg', [x]), shape]), b.ints([1])], { keepdims: 0 }))
    const session = await prepare(model)
    for (const [wanted, expected] of [[[2, 3], [-3, -12]], [[3, 2], [-1, -5, -9]], [[2, -1], [-3, -12]], [[2, 3], [-3, -12]]] as const) {
      const results = await session.run(new Map([['x', float32Tensor([0, 1, 2, 3, 4, 5])], ['shape', int64Tensor(wanted)]]))
      expect([...results.values()].map(numbers)).toEqual([expected])
    }
    await expect(session.run(new Map([['x', float32Tensor([0, 1, 2, 3, 4, 5])], ['shape', int64Tensor([4, 2])]]))).rejects.toEqual(code('ir.infer.invalid'))
  })

  it('leaves the model as it is', async () => {
    const model = loopModel()
    const uses = (): number[] => [...model.allNodes()].flatMap(n => n.inputs.map(v => v?.uses.size ?? 0))
    const before = [modelToText(model), uses()]
    const session = await prepare(model)
    await session.run(new Map<string, Datum>([['n', int64Tensor([2], [])], ['x', float32Tensor([1, 2])]]))
    session.dispose()
    expect([modelToText(model), uses()]).toEqual(before)
  })

  it('stops when its signal is raised', async () => {
    const session = await prepare(loopModel())
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 20)
    await expect(session.run(new Map<string, Datum>([['n', int64Tensor([1e9], [])], ['x', float32Tensor([1, 2])]]), { signal: stop.signal })).rejects.toEqual(code('run.cancelled'))
  })

  it('runs functions of the model, their attributes put in', async () => {
    const model = new Model()
    const body = new Graph(model.names)
    const a = body.addInput(body.value('a'))
    const node = new Node({ op: 'LeakyRelu', inputs: [a], attributes: { alpha: { type: 'reference', value: 'slope', of: 'float' } } })
    body.insert(node)
    node.setOutput(0, body.value('b'))
    body.addOutput(node.outputs[0]!)
    model.functions.push({ domain: 'own', name: 'F', overload: '', graph: body, attributes: [], defaults: { slope: { type: 'float', value: 0.5 } }, opsets: new Map(), doc: '', metadata: new Map(), extra: {} })
    const x = input(model.graph, 'x', 'float32', [2])
    for (const init of [{}, { slope: { type: 'float', value: 0.25 } as const }]) {
      const call = new Node({ op: 'F', domain: 'own', inputs: [x], attributes: attributes(init) })
      model.graph.insert(call)
      call.setOutput(0, model.graph.value('y'))
      model.graph.addOutput(call.outputs[0]!)
    }
    const results = await (await prepare(model)).run(new Map([['x', float32Tensor([-4, 4])]]))
    expect([...results.values()].map(numbers)).toEqual([[-2, 4], [-1, 4]])
  })

  it('rounds and wraps each value as it would be stored, also where steps are fused', async () => {
    const model = new Model()
    const { graph } = model
    const [x, h] = [input(graph, 'x', 'uint8', [2]), input(graph, 'h', 'float16', [2])]
    const b = new Builder(graph)
    graph.addOutput(b.op('Div', [b.op('Add', [x, x]), b.constant(inlineTensor('uint8', [], Uint8Array.of(2)))]))
    // 2048 + 1 is 2048 in half precision
    const one = b.constant(inlineTensor('float16', [], Uint8Array.of(0, 0x3c)))
    graph.addOutput(b.op('Sub', [b.op('Add', [h, one]), h]))
    const results = await (await prepare(model)).run(new Map([['x', inlineTensor('uint8', [2], Uint8Array.of(200, 100))], ['h', inlineTensor('float16', [2], Uint8Array.of(0, 0x68, 0, 0x3c))]]))
    expect([...results.values()].map(numbers)).toEqual([[72, 100], [0, 1]])
  })

  it('refuses a function that calls itself', async () => {
    const model = new Model()
    const x = input(model.graph, 'x', 'float32', [2])
    for (const [name, calls] of [['F', 'G'], ['G', 'F']] as const) {
      const body = new Graph(model.names)
      const node = new Node({ op: calls, domain: 'own', inputs: [body.addInput(body.value('a'))] })
      body.insert(node)
      node.setOutput(0, body.value('b'))
      body.addOutput(node.outputs[0]!)
      model.functions.push({ domain: 'own', name, overload: '', graph: body, attributes: [], defaults: {}, opsets: new Map(), doc: '', metadata: new Map(), extra: {} })
    }
    const call = new Node({ op: 'F', domain: 'own', inputs: [x] })
    model.graph.insert(call)
    call.setOutput(0, model.graph.value('y'))
    model.graph.addOutput(call.outputs[0]!)
    await expect(prepare(model)).rejects.toEqual(code('run.function.recursive'))
  })

  it('goes on behind shapes that only data tells', async () => {
    const model = new Model()
    const { graph } = model
    const x = input(graph, 'x', 'float32', [sym('n')])
    const b = new Builder(graph)
    const places = b.op('NonZero', [x])
    const picked = b.op('Gather', [x, b.op('Squeeze', [places, b.ints([0])])])
    const twice = b.op('Add', [picked, picked])
    const folded = b.op('Reshape', [twice, b.op('Concat', [b.ints([1]), b.op('Shape', [twice])], { axis: 0 })])
    graph.addOutput(folded)
    const session = await prepare(model)
    for (const data of [[0, 3, 0, 5], [1, 2, 3, 4], [0, 0, 7, 0]]) {
      const [out] = [...(await session.run(new Map([['x', float32Tensor(data)]]))).values()]
      const expected = data.filter(v => v !== 0).map(v => 2 * v)
      expect((out as Tensor).shape).toEqual([1, expected.length])
      expect(numbers(out)).toEqual(expected)
    }
  })
})

describe('cpu, exact', () => {
  it('refuses a value that fits no array, with a code', async () => {
    const model = new Model()
    const shape = input(model.graph, 'shape', 'int64', [2])
    const b = new Builder(model.graph)
    model.graph.addOutput(b.op('Expand', [b.scalar(1, 'float32'), shape]))
    const session = await cpuExecutor.prepare(model, { precision: 'exact' })
    await expect(session.run(new Map([['shape', int64Tensor([500000, 500000])]]))).rejects.toEqual(code('ops.memory.refused'))
  })
})

describe('cpu, fast', () => {
  it('tells what it holds, and gives it back', async () => {
    const model = new Model()
    const x = input(model.graph, 'x', 'float32', [4, 64])
    const b = new Builder(model.graph)
    model.graph.addOutput(b.op('Relu', [b.op('MatMul', [x, b.constant(float32Tensor(new Float32Array(64 * 32), [64, 32]))])]))
    const session = await cpuExecutor.prepare(model)
    await session.run(new Map([['x', float32Tensor(new Float32Array(256), [4, 64])]]))
    expect(session.stats).toMatchObject({ programs: 1, weightBytes: 64 * 32 * 4 })
    expect(session.stats!.arenaBytes).toBeGreaterThanOrEqual((256 + 128) * 4)
    session.dispose()
    expect(session.stats).toMatchObject({ weightBytes: 0, packedBytes: 0 })
  })

  it('refuses more memory than there can be, with a code', async () => {
    const model = new Model()
    const shape = input(model.graph, 'shape', 'int64', [2])
    const b = new Builder(model.graph)
    model.graph.addOutput(b.op('Neg', [b.op('Expand', [b.scalar(1, 'float32'), shape])]))
    const session = await cpuExecutor.prepare(model)
    await expect(session.run(new Map([['shape', int64Tensor([50000, 50000])]]))).rejects.toEqual(code('run.memory.exceeded'))
    const [out] = [...(await session.run(new Map([['shape', int64Tensor([1, 2])]]))).values()]
    expect(numbers(out)).toEqual([-1, -1])
  })
})
