import { describe, expect, it } from 'vitest'
import type { Attribute } from '../../src/ir/attribute.ts'
import type { Graph, Model, Node, Value } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { isTensor } from '../../src/ir/tensor.ts'
import { typeToString } from '../../src/ir/types.ts'
import { verify } from '../../src/ir/verify.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import { parseModel } from '../../src/text/parse.ts'
import { modelToText } from '../../src/text/print.ts'
import { readModel } from './run.ts'
import { dataSets, loadTests } from './vectors.ts'

// Every model of ONNX's data sets, as it is and optimized, printed and parsed: the same model, part by part.
const filter = process.env['FILTER']

/** Weights that stay in the file are known by their key. */
function contentOf(t: Tensor): string {
  const bytes = t.peek()
  return bytes ? Buffer.from(bytes.subarray(0, 4096)).toString('latin1') + bytes.length : t.key
}

/** A model as plain data, values by name; says nothing of docs, metadata of parts and origins, which the text form leaves out. */
class Description {
  readonly #symbols = new Map<string, string>()
  readonly tensors = new Map<string, Tensor>()

  #text(type: Value['type']): string {
    return typeToString(type).replace(/'\?[^']*'/g, s => {
      if (!this.#symbols.has(s)) this.#symbols.set(s, `?${this.#symbols.size}`)
      return this.#symbols.get(s)!
    })
  }
  #tensor(t: Tensor): unknown {
    this.tensors.set(t.key, t)
    return [t.dtype, t.shape, t.strings ?? contentOf(t)]
  }
  #value(v: Value | undefined): unknown {
    return v && [v.name, this.#text(v.type), v.constant && this.#tensor(v.constant)]
  }
  #attribute(a: Attribute): unknown {
    if (a.type === 'graph') return this.graph(a.value)
    if (a.type === 'graphs') return a.value.map(g => this.graph(g))
    if (a.type === 'type') return this.#text(a.value)
    if (a.type === 'types') return a.value.map(t => this.#text(t))
    if (a.type === 'tensor') return this.#tensor(a.value)
    if (a.type === 'sparse') return [this.#tensor(a.value.values), this.#tensor(a.value.indices), a.value.shape]
    const plain = (x: unknown): unknown => (typeof x === 'object' && x !== null && isTensor(x as Tensor) ? this.#tensor(x as Tensor) : typeof x === 'bigint' ? Number(x) : x)
    return [a.type, Array.isArray(a.value) ? a.value.map(plain) : plain(a.value)]
  }
  #node(n: Node): unknown {
    return [n.op, n.domain, n.overload, n.name, n.inputs.map(v => this.#value(v)), n.outputs.map(v => this.#value(v)), Object.entries(n.attributes).map(([k, a]) => [k, this.#attribute(a)])]
  }
  graph(g: Graph): unknown {
    return [g.name, g.inputs.map(v => this.#value(v)), [...g.nodes()].map(n => this.#node(n)), g.outputs.map(v => this.#value(v))]
  }
  model(m: Model): unknown {
    const functions = m.functions.map(f => [f.domain, f.name, f.overload, this.graph(f.graph), f.attributes, Object.entries(f.defaults).map(([k, a]) => [k, this.#attribute(a)]), [...f.opsets]])
    return [[...m.opsets], m.producer, m.domain, m.version, [...m.metadata], this.graph(m.graph), functions]
  }
}

describe('text form of every model', () => {
  it.each(dataSets)('%s', { timeout: 120_000 }, async set => {
    const tests = loadTests(set, filter === undefined ? undefined : new RegExp(filter))
    const wrong: string[] = []
    for (const test of tests) {
      const model = await readModel(test.model)
      for (const state of ['as it is', 'optimized']) {
        try {
          if (state === 'optimized') optimize(model)
          const before = new Description()
          const whole = JSON.stringify(before.model(model))
          const text = modelToText(model)
          const parsed = parseModel(text, key => before.tensors.get(key))
          verify(parsed)
          const again = JSON.stringify(new Description().model(parsed))
          if (again !== whole) wrong.push(`${test.name} ${state}: ${again.slice(0, 1000)}, not ${whole.slice(0, 1000)}`)
          if (modelToText(parsed) !== text) wrong.push(`${test.name} ${state}: it prints otherwise`)
        } catch (error) {
          wrong.push(`${test.name} ${state}: ${error instanceof Error ? (error.stack ?? error.message).slice(0, 500) : String(error)}`)
        }
      }
    }
    expect(wrong).toEqual([])
    expect(tests.length).toBeGreaterThan(0)
  })
})
