import { describe, expect, it } from 'vitest'
import { LapidaryError } from '../diag/diagnostic.ts'
import { graphAttribute } from '../ir/attribute.ts'
import { Graph, Model, Node } from '../ir/model.ts'
import { float32Tensor } from '../ir/tensor.ts'
import { tensorType } from '../ir/types.ts'
import { Builder } from '../ops/builder.ts'
import { applyRule, applyRules } from './apply.ts'
import { rule } from './pattern.ts'

/** y = relu(x @ w + b), with `name` at the output. */
function linear() {
  const model = new Model('m')
  const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [2, 3])))
  const b = new Builder(model.graph, undefined, { format: 'onnx', path: '/linear' }, 'linear')
  const w = b.constant(float32Tensor([1, 2, 3, 4, 5, 6], [3, 2]), 'w')
  const bias = b.constant(float32Tensor([1, 2]), 'bias')
  const product = b.op('MatMul', [x, w])
  const sum = b.op('Add', [bias, product])
  const y = b.op('Relu', [sum])
  y.rename('y')
  model.graph.addOutput(y)
  return { model, x, w, bias, product, sum, y, b }
}
const ops = (model: Model): string[] => [...model.allNodes()].map(n => n.qualified)
const fuse = rule('fuse', p => p.Add(p.MatMul(p.a, p.b), p.constant('bias')), ({ a, b, bias }, make) => make.op('test::Linear', [a, b, bias]))

describe('rules', () => {
  it('match an operator that commutes in either order and replace all that was matched', () => {
    const { model, w, bias } = linear()
    const { changed, counts } = applyRules(model, [fuse])
    expect(changed).toBe(true)
    expect([...counts]).toEqual([['fuse', 1]])
    expect(ops(model)).toEqual(['test::Linear', 'Relu'])
    const node = model.graph.first!
    expect(node.inputs.map(v => v?.name)).toEqual(['x', w.name, bias.name])
    expect(node.origin).toMatchObject({ path: '/linear', via: ['fuse'] })
    expect(node.outputs[0]!.name).toBe('linear/Add')
  })
  it('do not match over an inner node that others use, unless it is shared', () => {
    const { model, product } = linear()
    model.graph.addOutput(product)
    expect(applyRules(model, [fuse]).changed).toBe(false)
    const shared = rule('fuse', p => p.Add(p.MatMul(p.a, p.b).shared(), p.c), ({ a, b, c }, make) => make.op('test::Linear', [a, b, c]))
    expect(applyRules(model, [shared]).changed).toBe(true)
    expect(ops(model)).toEqual(['MatMul', 'test::Linear', 'Relu'])
  })
  it('leave the graph as it was when they refuse, and the reason is data', () => {
    const { model, sum } = linear()
    const before = ops(model)
    const picky = rule('picky', p => p.Relu(p.x), ({ x }, make, refuse) => {
      make.Add(x, make.floats([1]))
      return refuse('not today')
    })
    expect(applyRules(model, [picky])).toMatchObject({ changed: false, refusals: [{ rule: 'picky', reason: 'not today' }] })
    expect(ops(model)).toEqual(before)
    expect(sum.uses.size).toBe(1)
    expect(model.names.has('linear/constant')).toBe(false)
  })
  it('refuse what can not be inferred, with the reason', () => {
    const { model } = linear()
    const before = ops(model)
    const wrong = rule('wrong', p => p.Relu(p.x), ({ x }, make) => make.MatMul(x, make.constant(float32Tensor([1, 2, 3], [3, 1]))))
    expect(applyRules(model, [wrong]).refusals[0]?.reason).toMatch(/inner sizes/)
    expect(ops(model)).toEqual(before)
  })
  it('keep the names of graph outputs', () => {
    const { model, y } = linear()
    const drop = rule('drop', p => p.Relu(p.x), ({ x }) => x)
    expect(applyRule(drop, y.producer!.node)).toBe(true)
    expect(model.graph.outputs[0]!.name).toBe('y')
    expect(ops(model)).toEqual(['MatMul', 'Add'])
  })
  it('bear the name of an output on an Identity when the value has a name of its own to keep', () => {
    const model = new Model('m')
    const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [2])))
    const b = new Builder(model.graph)
    const y = b.op('Relu', [x])
    y.rename('y')
    model.graph.addOutput(y)
    const drop = rule('drop', p => p.Relu(p.x), ({ x }) => x)
    applyRules(model, [drop])
    expect(ops(model)).toEqual(['Identity'])
    expect(model.graph.outputs.map(v => v.name)).toEqual(['y'])
    expect(model.graph.inputs.map(v => v.name)).toEqual(['x'])
  })
  it('count inputs exactly, with undefined for one that is absent and optional for one that may be', () => {
    const model = new Model('m')
    const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [2])))
    const two = model.graph.insert(new Node({ op: 'F', domain: 'test', inputs: [x, undefined, x] }))
    two.setOutput(0, model.graph.value('y'))
    const fires = (make: Parameters<typeof rule>[1]) => applyRule(rule('r', make, ({ root }) => root.outputs), two)
    expect(fires(p => p.op('test::F', p.a, p.b))).toBe(false)
    expect(fires(p => p.op('test::F', p.a, undefined, p.a))).toBe(true)
    expect(fires(p => p.op('test::F', p.a, p.optional('b'), p.c, p.optional('d')))).toBe(true)
    expect(fires(p => p.op('test::F', p.a))).toBe(false)
    expect(fires(p => p.op('test::F', p.a).rest())).toBe(true)
    expect(fires(p => p.op('test::F'))).toBe(true)
    expect(fires(p => p.op('test::G|test::F', p.a, undefined, p.b).where(n => n.inputs.length === 2))).toBe(false)
  })
  it('may hand the graphs of a node on to another, and get them back when they refuse', () => {
    const model = new Model('m')
    const c = model.graph.addInput(model.graph.value('c', tensorType('bool', [])))
    const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [2])))
    const inner = new Graph(model.names, 'then')
    inner.addOutput(new Builder(inner).op('Relu', [x]))
    const node = model.graph.insert(new Node({ op: 'If', inputs: [c], attributes: { then_branch: graphAttribute(inner), else_branch: graphAttribute(inner) } }))
    node.setOutput(0, model.graph.value('y', tensorType('float32', [2])))
    model.graph.addOutput(node.outputs[0]!)
    const turn = (really: boolean) => rule('turn', p => p.op('If', p.c), ({ root, c }, make, refuse) => {
      const y = make.op('test::If', [c], { body: root.attributes['then_branch'] })
      return really ? y : refuse('no')
    })
    expect(applyRule(turn(false), node)).toEqual({ refused: 'no' })
    expect(inner.size).toBe(1)
    expect(inner.owner).toBe(node)
    expect(applyRule(turn(true), node)).toBe(true)
    expect(ops(model)).toEqual(['test::If', 'Relu'])
    expect(inner.owner).toBe(model.graph.first)
  })
  it('that undo each other are stopped and named', () => {
    const { model } = linear()
    const there = rule('there', p => p.Relu(p.x), ({ x }, make) => make.op('test::Other', [x]))
    const back = rule('back', p => p.op('test::Other', p.x), ({ x }, make) => make.Relu(x))
    let error: unknown
    try {
      applyRules(model, [there, back])
    } catch (e) {
      error = e
    }
    expect(error).toBeInstanceOf(LapidaryError)
    expect((error as LapidaryError).code).toBe('rewrite.loop')
    expect((error as LapidaryError).message).toMatch(/there.*back|back.*there/)
  })
})
