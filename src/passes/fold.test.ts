import { describe, expect, it } from 'vitest'
import { Log } from '../diag/diagnostic.ts'
import { graphAttribute } from '../ir/attribute.ts'
import { sym } from '../ir/dim.ts'
import type { Value } from '../ir/model.ts'
import { Graph, Model, Node } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { inlineTensor, int64Tensor, peekNumbers, rangeTensor } from '../ir/tensor.ts'
import { tensorType } from '../ir/types.ts'
import { verify } from '../ir/verify.ts'
import { assignLayout } from '../legalize/assign-layout.ts'
import { Builder } from '../ops/builder.ts'
import { fixInputs } from './fix-inputs.ts'
import { foldConstants } from './fold-constants.ts'
import { foldIf } from './fold-if.ts'
import { inlineFunctions } from './inline-functions.ts'
import { modelOf, noise, onDisk, ops, relativeError, runModel, tryPass } from './kit/testing.ts'
import { allPasses, optimize } from './pipeline.ts'

const ctx = { log: new Log() }

describe('fold-constants', () => {
  it('works out what depends on constants only', async () => {
    const { ops, error } = await tryPass(foldConstants, modelOf([2, 3], (m, x) => m.Add(x, m.Mul(m.Exp(m.floats([1, 2, 3])), m.floats([2])))))
    expect(ops).toEqual(['Add'])
    expect(error).toBe(0)
  })
  it('works out shape arithmetic whose sizes are known', async () => {
    const model = modelOf([2, 3, 4], (m, x) => m.Reshape(x, m.Concat(m.Slice(m.Shape(x), m.ints([0]), m.ints([1])), m.ints([12]), { axis: 0 })))
    expect((await tryPass(foldConstants, model)).ops).toEqual(['Reshape'])
    expect(peekNumbers(model.graph.first!.inputs[1]!.constant)).toEqual([2, 12])
    const open = modelOf([sym('N'), 3], (m, x) => m.Shape(x))
    expect(foldConstants.run(open, ctx).changed).toBe(false)
  })
  it('defers work on weights that are not in memory, and does it right', async () => {
    const model = modelOf([1, 64], (m, x) => m.Gemm(x, m.Transpose(m.constant(onDisk(noise([32, 64], 1))), { perm: [1, 0] })))
    const { ops, error } = await tryPass(foldConstants, model)
    expect(ops).toEqual(['Gemm'])
    expect(model.graph.first!.inputs[1]!.constant!.peek()).toBeUndefined()
    expect(error).toBe(0)
  })
  it('says the same bytes in another shape without any work', () => {
    const weight = onDisk(noise([64, 64], 1))
    const model = modelOf([64], (m, x) => m.Mul(x, m.Reshape(m.constant(weight), m.ints([4, 16, 64]))))
    foldConstants.run(model, ctx)
    expect(model.graph.first!.inputs[1]!.constant!.key).toBe(weight.key)
  })
  it('does not let a model grow', async () => {
    for (const build of [
      (m: Parameters<Parameters<typeof modelOf>[1]>[0]) => m.op('ConstantOfShape', [m.ints([100, 100])]),
      (m: Parameters<Parameters<typeof modelOf>[1]>[0]) => m.Expand(m.floats([1]), m.ints([100, 100])),
      (m: Parameters<Parameters<typeof modelOf>[1]>[0]) => m.Tile(m.floats([1, 2]), m.ints([5000])),
      (m: Parameters<Parameters<typeof modelOf>[1]>[0]) => m.Cast(m.op('Range', [m.int(0), m.int(10000), m.int(1)]), { to: 1 }),
    ]) {
      const model = modelOf([1], (m, x) => m.Add(x, build(m)))
      const before = ops(model)
      expect(foldConstants.run(model, ctx).changed).toBe(false)
      expect(ops(model)).toEqual(before)
    }
  })
  it('works out what a mask is made of', () => {
    const model = modelOf([40, 40], (m, x) => {
      const [rows, columns] = [m.Expand(m.op('Reshape', [m.op('Range', [m.int(0), m.int(40), m.int(1)]), m.ints([40, 1])]), m.ints([40, 40])), m.Expand(m.op('Range', [m.int(0), m.int(40), m.int(1)]), m.ints([40, 40]))]
      return m.Where(m.op('Greater', [columns, rows]), m.floats([0]), x)
    })
    for (let round = 0; round < 8; round++) foldConstants.run(model, ctx)
    expect(ops(model)).toEqual(['Where'])
  })
  it('leaves random operators alone', () => {
    expect(foldConstants.run(modelOf([2], (m, x) => m.Add(x, m.op('RandomNormalLike', [m.floats([1, 2])]))), ctx).changed).toBe(false)
  })
  it('keeps no second copy of weights that are used as they are and transposed', async () => {
    const tied = (also: boolean) =>
      modelOf([3, 64], (m, x) => {
        const table = m.constant(onDisk(noise([40, 64], 1)))
        const y = m.MatMul(x, m.Transpose(table, { perm: [1, 0] }))
        return also ? [y, m.Gather(table, m.ints([3, 1]), { axis: 0 })] : y
      })
    expect((await tryPass(foldConstants, tied(true))).ops).toContain('Transpose')
    expect((await tryPass(foldConstants, tied(false))).ops).toEqual(['MatMul'])
  })
})

function branching(condition: Tensor | undefined): { model: Model; x: Value } {
  const model = new Model()
  const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [3])))
  const c = condition ? model.graph.constant(condition) : model.graph.addInput(model.graph.value('c', tensorType('bool', [])))
  const branch = (op: string): Graph => {
    const g = new Graph(model.names, op)
    g.addOutput(new Builder(g).op(op, [x]))
    return g
  }
  const pass = new Graph(model.names, 'pass')
  pass.addOutput(x)
  const node = model.graph.insert(new Node({ op: 'If', inputs: [c], attributes: { then_branch: graphAttribute(branch('Relu')), else_branch: graphAttribute(pass) } }))
  node.setOutput(0, model.graph.value('y', tensorType('float32', [3])))
  model.graph.addOutput(node.outputs[0]!)
  return { model, x }
}

describe('fold-if', () => {
  const bool = (b: number): Tensor => inlineTensor('bool', [], Uint8Array.of(b))
  it('puts the branch that is taken in its place', async () => {
    const { model } = branching(bool(1))
    expect(foldIf.run(model, ctx).changed).toBe(true)
    expect(ops(model)).toEqual(['Relu'])
    expect(model.graph.outputs[0]!.name).toBe('y')
    expect(model.graph.first!.origin.via).toEqual(['fold-if'])
    const x = noise([3], 2)
    expect([...(await runModel(model, x))[0]!]).toEqual(peekNumbers(x)!.map(v => Math.max(0, v)))
  })
  it('keeps names where a branch gives back a value from outside', () => {
    const { model } = branching(bool(0))
    foldIf.run(model, ctx)
    expect(ops(model)).toEqual(['Identity'])
    expect(model.graph.outputs[0]!.name).toBe('y')
  })
  it('refuses a condition that is not constant', () => {
    const { model } = branching(undefined)
    expect(foldIf.run(model, ctx).changed).toBe(false)
    expect(ops(model)).toEqual(['If', 'Relu'])
  })
})

describe('inline-functions', () => {
  it('puts bodies in the place of calls, with attributes handed down', async () => {
    const model = new Model()
    const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [4])))
    const body = new Graph(new Model().names)
    const p = body.addInput(body.value('p'))
    const node = body.insert(new Node({ op: 'LeakyRelu', inputs: [p], attributes: { alpha: { type: 'reference', value: 'slope', of: 'float' } } }))
    node.setOutput(0, body.value('q'))
    body.addOutput(node.outputs[0]!)
    model.functions = [{ domain: 'my', name: 'F', overload: '', graph: body, attributes: [], defaults: { slope: { type: 'float', value: 0.5 } }, opsets: new Map(), doc: '', metadata: new Map(), extra: {} }]
    const b = new Builder(model.graph)
    const y = b.op('my::F', [b.op('my::F', [x], { slope: { type: 'float', value: 0.25 } })])
    model.graph.addOutput(y)
    expect(inlineFunctions.run(model, ctx).changed).toBe(true)
    expect(ops(model)).toEqual(['LeakyRelu', 'LeakyRelu'])
    expect(model.graph.outputs[0]!.name).toBe('my::F_1'.replace('my::', ''))
    const out = (await runModel(model, noise([4], 1)))[0]!
    // closed form: 0.25 * 0.5 below zero
    peekNumbers(noise([4], 1))!.forEach((v, i) => expect(out[i]).toBeCloseTo(v < 0 ? v * 0.125 : v, 6))
  })
  it('leaves a model without functions alone', () => {
    expect(inlineFunctions.run(modelOf([1], (m, x) => m.Relu(x)), ctx).changed).toBe(false)
  })
})

describe('fix-inputs', () => {
  it('makes an input a constant, and says which does not fit', () => {
    const model = modelOf([2], (m, x) => m.Relu(x))
    expect(fixInputs(model, new Map([['y', noise([2], 1)]]))).toBe('y')
    expect(fixInputs(model, new Map([['x', noise([3], 1)]]))).toBe('x')
    expect(fixInputs(model, new Map([['x', int64Tensor([1, 2])]]))).toBe('x')
    expect(model.graph.inputs).toHaveLength(1)
    expect(fixInputs(model, new Map([['x', noise([2], 1)]]))).toBeUndefined()
    verify(model)
    expect(model.graph.inputs).toHaveLength(0)
    optimize(model)
    expect(ops(model)).toEqual([])
    expect(peekNumbers(model.graph.outputs[0]!.constant)).toEqual(peekNumbers(noise([2], 1))!.map(v => Math.max(0, v)))
  })
})

describe('optimize', () => {
  const net = () =>
    modelOf([1, 3, 8, 8], (m, x) => {
      const conv = m.Conv(x, m.constant(onDisk(noise([8, 3, 3, 3], 1))), { pads: [1, 1, 1, 1] })
      const norm = m.BatchNormalization(conv, ...[2, 3, 4].map(s => m.constant(noise([8], s))), m.constant(noise([8], 5, 0.5, 2)))
      const act = m.Div(m.Mul(norm, m.Clip(m.Add(norm, m.floats([3])), m.scalar(0, 'float32'), m.scalar(6, 'float32'))), m.floats([6]))
      return m.Add(m.MatMul(m.Reshape(m.GlobalAveragePool(act), m.ints([1, 8])), m.constant(noise([8, 4], 6))), m.constant(noise([4], 7)))
    })
  it('runs every phase and keeps names and numbers', async () => {
    const model = net()
    model.graph.outputs[0]!.rename('logits')
    const x = noise([1, 3, 8, 8], 9)
    const before = await runModel(model, x)
    const seen: string[] = []
    const { changed, counts } = optimize(model, { after(pass, m) {
      seen.push(pass)
      verify(m)
    } })
    expect(changed).toBe(true)
    expect(ops(model)).toEqual(['Conv', 'HardSwish', 'ReduceMean', 'Gemm'])
    expect(model.graph.outputs[0]!.name).toBe('logits')
    expect(relativeError((await runModel(model, x))[0]!, before[0]!)).toBeLessThan(1e-6)
    expect(counts.get('fold-batch-normalization')).toBeGreaterThan(0)
    expect(seen).toContain('recognise-activations')
    expect(optimize(model).changed).toBe(false)
  })
  it('leaves out what it is told to', () => {
    const model = net()
    optimize(model, { without: new Set(['recognise-activations']) })
    expect(ops(model)).toContain('Clip')
    const other = net()
    optimize(other, { only: new Set(['fuse-gemm']) })
    expect(ops(other)).toContain('BatchNormalization')
  })
  it('reads no weight', () => {
    const far = (shape: readonly number[], name: string): Tensor => rangeTensor('float32', shape, { name, size: 1e9, read: () => Promise.reject(new Error(`${name} was read`)) }, 0)
    const model = modelOf([1, 64, 8, 8], (m, x) => {
      const stats = ['s', 'b', 'm', 'v'].map(n => m.constant(far([96], n)))
      const y = m.Mul(m.BatchNormalization(m.Conv(x, m.constant(far([96, 64, 3, 3], 'w'))), ...stats), m.constant(far([96, 1, 1], 'k')))
      return m.MatMul(m.Flatten(y), m.Transpose(m.constant(far([10, 96 * 36], 'g'))))
    })
    optimize(model)
    assignLayout(model, { borders: 'nhwc' })
    expect(ops(model)).toEqual(['lapidary::NhwcConv', 'Reshape', 'MatMul'])
    expect([...model.allNodes()].flatMap(n => n.inputs).filter(v => v?.isConstant && v.constant!.byteLength > 4096).every(v => v!.constant!.peek() === undefined)).toBe(true)
  })
  it('names no pass twice', () => {
    const names = allPasses.map(p => p.name)
    expect(new Set(names).size).toBe(names.length)
  })
  it('gives the same model for the same model', () => {
    const [a, b] = [net(), net()]
    optimize(a)
    optimize(b)
    const text = (m: Model): string => [...m.allNodes()].map(n => `${n.outputs.map(v => v?.name).join()} = ${n.qualified}(${n.inputs.map(v => v?.name).join()})`).join('\n')
    expect(text(a)).toBe(text(b))
    expect(int64Tensor([1]).key).toBe(int64Tensor([1]).key)
  })
})
