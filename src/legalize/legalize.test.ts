import { describe, expect, it } from 'vitest'
import { LapidaryError, Log } from '../diag/diagnostic.ts'
import { sym } from '../ir/dim.ts'
import { Graph, Model } from '../ir/model.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { tensorType } from '../ir/types.ts'
import { verify } from '../ir/verify.ts'
import { Builder } from '../ops/builder.ts'
import { registerOperators } from '../ops/registry.ts'
import { modelOf, noise, ops, relativeError, runModel } from '../passes/kit/testing.ts'
import type { Make } from '../rewrite/pattern.ts'
import { makeWith, rule } from '../rewrite/pattern.ts'
import { decomposeNode } from './convert.ts'
import { legalize } from './legalize.ts'
import { narrowDType } from './narrow.ts'
import type { Target } from './target.ts'

const target = (rest: Partial<Target>): Target => ({ name: 'test', ops: {}, dtypes: new Set(['float32', 'int32', 'bool']), rules: [], ...rest })
const codeOf = (f: () => unknown): LapidaryError => {
  try {
    f()
  } catch (error) {
    if (error instanceof LapidaryError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('legalize', () => {
  it('a decomposition that fails within a body it began leaves the graph as it was', () => {
    registerOperators([{
      name: 'HALF',
      domain: 'test.legalize',
      infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
      decompose(b, node) {
        const captured = b.op('Neg', [node.inputs[0]])
        const inner = b.inside(new Graph(b.graph.names, 'body'))
        inner.op('Abs', [captured])
        return [inner.op('Concat', [captured, inner.ints([1])], { axis: 9 })]
      },
    }])
    const model = new Model('net')
    const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [2])))
    model.graph.addOutput(new Builder(model.graph).op('test.legalize::HALF', [x]))
    expect(typeof decomposeNode(model.graph.first!)).toBe('string')
    verify(model)
    expect(ops(model)).toEqual(['test.legalize::HALF'])
  })

  it('keeps what is legal, applies rules, then decomposes', async () => {
    const build = () => modelOf([2, 3], (m, x) => m.Neg(m.HardSwish(m.Relu(x))))
    const model = build()
    const before = await runModel(model, noise([2, 3], 1))
    const report = legalize(model, target({ ops: { Relu: true, Mul: true, Add: true, Max: true, Min: true, Div: true, Sub: true }, rules: [rule('neg-as-sub', p => p.Neg(p.x), ({ x }, make) => make.Sub(make.scalar(0, 'float32'), x))] }))
    verify(model)
    expect(report.legal).toBe(true)
    expect(ops(model)[0]).toBe('Relu')
    expect(ops(model).at(-1)).toBe('Sub')
    expect(ops(model)).not.toContain('HardSwish')
    expect([...report.rules]).toEqual([['neg-as-sub', 1]])
    expect(report.decomposed.get('HardSwish')).toBe(1)
    expect(relativeError((await runModel(model, noise([2, 3], 1)))[0]!, before[0]!)).toBeLessThan(1e-6)
  })
  const refusing = target({
    ops: { Relu: true, Exp: node => (node.inputs[0]!.name === 'x' ? true : { refused: 'only of x' }) },
    rules: [rule('exp-of-relu', p => p.Exp(p.x), (_, __, refuse) => refuse('not this time'))],
  })
  const bad = () => modelOf([2, 3], (m, x) => m.Exp(m.Relu(x)))
  it('tells every reason for what does not fit, and throws in mode full', () => {
    const error = codeOf(() => legalize(bad(), refusing))
    expect(error.code).toBe('legalize.unsupported')
    expect(error.diagnostics[0]!.notes).toEqual(['only of x', 'exp-of-relu: not this time'])
    expect(error.diagnostics[0]!.at?.path).toBe('/test')
    expect(error.diagnostics[0]!.frame).toContain('Exp(')
  })
  it('leaves it with a warning in mode partial, and only tells in mode report', () => {
    for (const [mode, severity] of [['partial', 'warning'], ['report', 'info']] as const) {
      const log = new Log()
      const report = legalize(bad(), refusing, { mode, log })
      expect(report.legal).toBe(false)
      expect(report.unsupported).toHaveLength(1)
      expect(log.diagnostics.map(d => d.severity)).toEqual([severity])
    }
  })
  it('refuses element types and ranks that the target lacks', () => {
    const error = codeOf(() => legalize(modelOf([1, 1, 1, 1, 2], (m, x) => m.Cast(m.Relu(x), { to: 11 })), target({ ops: { Relu: true, Cast: true }, maxRank: 4 })))
    expect(error.diagnostics.flatMap(d => d.notes ?? []).join('\n')).toMatch(/5 axes; test takes 4[\s\S]*no float64/)
  })
  it('leaves to later phases what it is told to keep', () => {
    const report = legalize(modelOf([2], (m, x) => m.HardSwish(x)), target({ keep: new Set(['HardSwish']) }), { mode: 'report' })
    expect(report.unsupported.map(d => d.message)).toEqual(['HardSwish "test" can\'t be said in test'])
  })
})

const ints = (build: (m: Make, model: Model) => void): Model => {
  const model = new Model()
  build(makeWith(new Builder(model.graph)), model)
  return model
}
const dtypes = (model: Model): string[] => [...model.allNodes()].map(n => `${n.op}:${n.outputs.map(v => (v?.type?.kind === 'tensor' ? v.type.dtype : '?')).join()}`)

describe('narrow', () => {
  it('narrows inputs, what is worked out of sizes, and constants; the report says so', () => {
    const model = ints((m, { graph }) => {
      const x = graph.addInput(graph.value('x', tensorType('float32', [sym('N'), 4])))
      const i = graph.addInput(graph.value('i', tensorType('int64', [2])))
      const rows = m.Gather(m.Shape(x), m.ints([0]), { axis: 0 })
      graph.addOutput(m.Reshape(x, m.Concat(rows, m.ints([2, 2]), { axis: 0 })))
      graph.addOutput(m.Gather(x, i, { axis: 1 }))
      graph.addOutput(m.op('ArgMax', [x]))
    })
    const report = legalize(model, target({ ops: { Shape: true, Gather: true, Concat: true, Reshape: true, ArgMax: true }, narrow: { int64: 'int32' } }))
    verify(model)
    expect(dtypes(model)).toEqual(['Shape:int32', 'Gather:int32', 'Concat:int32', 'Reshape:float32', 'Gather:float32', 'ArgMax:int32'])
    expect([...model.allNodes()].flatMap(n => n.inputs).every(v => v?.type?.kind === 'tensor' && v.type.dtype !== 'int64')).toBe(true)
    expect(report.inputs.map(b => [b.name, b.was, b.changes])).toEqual([['i', 'int64', ['is int32 now; was int64']]])
    expect(report.outputs.map(b => b.was)).toEqual(['int64'])
  })
  it('clamps bounds of Slice that mean the end', () => {
    const model = modelOf([9], (m, x) => m.Slice(x, m.ints([-(2n ** 63n)]), m.ints([2n ** 63n - 1n])))
    narrowDType(model, 'int64', 'int32')
    expect(model.graph.first!.inputs.slice(1).map(v => peekNumbers(v?.constant))).toEqual([[-(2 ** 31)], [2 ** 31 - 1]])
  })
  it('leaves wide what is not proved to fit, and all that must have its type', () => {
    const model = ints((m, { graph }) => {
      const i = graph.addInput(graph.value('i', tensorType('int64', [2])))
      graph.addOutput(m.Mul(m.Abs(i), m.ints([1000])))
      const big = m.Add(m.op('ArgMax', [graph.addInput(graph.value('x', tensorType('float32', [4])))]), m.ints([2n ** 40n]))
      graph.addOutput(big)
    })
    expect(narrowDType(model, 'int64', 'int32')).toBe(0)
    expect(dtypes(model)).toEqual(['Abs:int64', 'Mul:int64', 'ArgMax:int64', 'Add:int64'])
  })
  it('narrows casts and fillings', () => {
    const model = ints((m, { graph }) => {
      const b = graph.addInput(graph.value('b', tensorType('bool', [3])))
      graph.addOutput(m.Add(m.Cast(b, { to: 7 }), m.op('ConstantOfShape', [m.ints([3])], { value: m.ints([5]).constant })))
    })
    narrowDType(model, 'int64', 'int32')
    expect(dtypes(model)).toEqual(['Cast:int32', 'ConstantOfShape:int32', 'Add:int32'])
    const [cast, fill] = [...model.allNodes()]
    expect(cast!.attributes['to']).toEqual({ type: 'int', value: 6 })
    expect(fill!.attributes['value']).toMatchObject({ value: { dtype: 'int32' } })
  })
})
