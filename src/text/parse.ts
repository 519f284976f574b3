import type { Origin } from '../diag/origin.ts'
import { nowhere } from '../diag/origin.ts'
import type { Attribute, Attributes, Int, SparseTensor } from '../ir/attribute.ts'
import { toInt } from '../ir/attribute.ts'
import type { Dim } from '../ir/dim.ts'
import { parseDim, substituteDim, symbolsOf, unknownDim } from '../ir/dim.ts'
import type { DType } from '../ir/dtype.ts'
import { byteLengthOf, isDType } from '../ir/dtype.ts'
import type { Function, Value } from '../ir/model.ts'
import { Graph, Model, Node } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import type { Tensor } from '../ir/tensor.ts'
import { inlineTensor, stringTensor, viewOf } from '../ir/tensor.ts'
import type { Shape, Type } from '../ir/types.ts'
import { elementCount } from '../ir/types.ts'
import { Scanner } from './scanner.ts'

/** Gives the tensor that stands in a text by its key. */
export type FindTensor = (key: string) => Tensor | undefined

/**
 * The model that a text says, as `modelToText` prints it. Tensors that stand there by their keys are asked of `find`.
 * Throws `text.parse.invalid`.
 */
export function parseModel(text: string, find: FindTensor = () => undefined): Model {
  return new Parser(text, find).model()
}

class Parser {
  readonly #s: Scanner
  readonly #find: FindTensor
  readonly #unknown = new Map<string, Dim>()
  #values = new Map<string, Value>()

  constructor(text: string, find: FindTensor) {
    this.#s = new Scanner(text)
    this.#find = find
  }

  model(): Model {
    const s = this.#s
    const model = new Model()
    s.expect('model')
    s.expect('{')
    while (!s.seesWord('graph')) {
      if (s.takeWord('opset')) model.opsets.set(s.string(), s.integer())
      else if (s.takeWord('producer')) model.producer = { name: s.string(), version: s.string() }
      else if (s.takeWord('domain')) model.domain = s.string()
      else if (s.takeWord('version')) model.version = this.#int()
      else if (s.takeWord('metadata')) model.metadata.set(s.string(), s.string())
      else s.fail('a graph is missing')
    }
    s.expect('graph')
    this.#graph(model.graph)
    while (s.takeWord('function')) model.functions.push(this.#function())
    s.expect('}')
    if (!s.ended) s.fail('the text goes on after its end')
    return model
  }

  #function(): Function {
    const s = this.#s
    const outer = this.#values
    this.#values = new Map()
    const [domain, name, overload] = [s.string(), s.string(), s.string()]
    const attributes = s.list('(', ')', () => s.name())
    const graph = new Graph(new Names())
    const defaults = this.#attributesAhead() ? this.#attributes(graph) : {}
    s.expect('{')
    const opsets = new Map<string, number>()
    while (s.takeWord('opset')) opsets.set(s.string(), s.integer())
    s.expect('graph')
    this.#graph(graph)
    s.expect('}')
    this.#values = outer
    return { domain, name, overload, graph, attributes, defaults, opsets, doc: '', metadata: new Map(), extra: {} }
  }

  /** Defaults in braces come before the braces of the body, which begins with `opset` or `graph NAME(`. */
  #attributesAhead(): boolean {
    return this.#s.ahead(/\{\s*(?:"(?:[^"\\]|\\.)*"|[A-Za-z_][\w.]*)\s*=/y)
  }

  #graph(graph: Graph): Graph {
    const s = this.#s
    graph.name = s.name()
    s.list('(', ')', () => {
      const value = this.#typed(graph)
      if (s.take('=')) value.constant = this.#tensor()
      graph.addInput(value)
    })
    s.expect('{')
    while (!s.takeWord('return')) {
      if (s.takeWord('const')) {
        const name = this.#valueName()
        s.expect('=')
        const value = this.#define(graph, name)
        value.constant = this.#tensor()
        value.type = { kind: 'tensor', dtype: value.constant.dtype, shape: value.constant.shape }
      } else this.#node(graph)
    }
    if (!s.sees('}')) do graph.addOutput(this.#use())
    while (s.take(','))
    s.expect('}')
    return graph
  }

  #node(graph: Graph): void {
    const s = this.#s
    const outputs: (Value | undefined)[] = []
    if (!s.sees('=')) {
      do outputs.push(s.take('_') ? undefined : this.#typed(graph))
      while (s.take(','))
    }
    s.expect('=')
    let op = s.name()
    let domain = ''
    if (s.take('::')) [domain, op] = [op, s.name()]
    const name = s.tryString() ?? ''
    const overload = s.takeWord('overload') ? s.string() : ''
    const inputs = s.list('(', ')', () => (s.take('_') ? undefined : this.#use()))
    const attributes = s.sees('{') ? this.#attributes(graph) : {}
    const origin: Origin = s.takeWord('at') ? this.#origin() : nowhere
    const node = graph.insert(new Node({ op, domain, overload, name, inputs, attributes, origin }))
    outputs.forEach((v, i) => node.setOutput(i, v))
  }

  #origin(): Origin {
    const [format, file, path] = [this.#s.string(), this.#s.string(), this.#s.string()]
    return { format, ...(file !== '' && { file }), path }
  }

  #valueName(): string {
    this.#s.expect('%')
    return this.#s.name()
  }
  #define(graph: Graph, name: string): Value {
    if (this.#values.has(name)) this.#s.fail(`%${name} is made twice`)
    const value = graph.value(name)
    this.#values.set(name, value)
    return value
  }
  #use(): Value {
    const name = this.#valueName()
    return this.#values.get(name) ?? this.#s.fail(`%${name} is not made before it is used`)
  }
  #typed(graph: Graph): Value {
    const value = this.#define(graph, this.#valueName())
    this.#s.expect(':')
    value.type = this.#type()
    return value
  }

  #type(): Type | undefined {
    const s = this.#s
    if (s.take('?')) return undefined
    const word = s.name()
    if (isDType(word)) return { kind: 'tensor', dtype: word, shape: this.#shape() }
    s.expect('<')
    let type: Type
    if (word === 'sparse') type = { kind: 'sparse', dtype: this.#dtype(), shape: this.#shape() }
    else if (word === 'map') {
      const key = this.#dtype()
      s.expect(',')
      type = { kind: 'map', key, of: this.#type() ?? s.fail('a type is missing') }
    } else if (word === 'sequence' || word === 'optional') type = { kind: word, of: this.#type() ?? s.fail('a type is missing') }
    else return s.fail(`there is no type ${word}`)
    s.expect('>')
    return type
  }
  #dtype(): DType {
    const word = this.#s.name()
    return isDType(word) ? word : this.#s.fail(`there is no element type ${word}`)
  }
  #shape(): Shape {
    const text = this.#s.bracketed()
    if (text === '...') return undefined
    return text.trim() === '' ? [] : splitDims(text).map(part => this.#dim(part))
  }
  #dim(text: string): Dim {
    const dim = parseDim(text.trim()) ?? this.#s.fail(`${text.trim()} is not a size`)
    for (const symbol of symbolsOf(dim)) if (symbol.startsWith('?') && !this.#unknown.has(symbol)) this.#unknown.set(symbol, unknownDim())
    return substituteDim(dim, this.#unknown)
  }

  #tensor(): Tensor {
    const s = this.#s
    const dtype = this.#dtype()
    const shape = s.list('[', ']', () => s.integer())
    const count = elementCount(shape)
    if (s.take('<')) {
      const key = s.string()
      s.expect('>')
      const found = this.#find(key)
      if (found === undefined || found.dtype !== dtype || elementCount(found.shape) !== count) return s.fail(`the tensor ${key} is not at hand`)
      return found
    }
    if (dtype === 'string') {
      const strings = s.list('[', ']', () => s.string())
      return strings.length === count ? stringTensor(shape, strings) : s.fail(`${count} strings are needed`)
    }
    const bytes = new Uint8Array(byteLengthOf(dtype, count))
    const hex = s.tryString()
    if (hex !== undefined) {
      if (!/^[0-9a-f]*$/.test(hex) || hex.length !== 2 * bytes.length) s.fail(`${bytes.length} bytes are needed`)
      for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)
    } else {
      const numbers = s.list('[', ']', () => s.number())
      if (numbers.length !== count) s.fail(`${count} numbers are needed`)
      const view = viewOf(dtype, bytes)
      numbers.forEach((text, i) => {
        if (view instanceof BigInt64Array || view instanceof BigUint64Array) view[i] = this.#big(text)
        else view[i] = Number(text)
      })
    }
    return inlineTensor(dtype, shape, bytes)
  }
  #big(text: string): bigint {
    return /^-?\d+$/.test(text) ? BigInt(text) : this.#s.fail(`${text} is not an integer`)
  }
  #int(): Int {
    return toInt(this.#big(this.#s.number()))
  }

  #attributes(graph: Graph): Attributes {
    const out: Record<string, Attribute> = {}
    this.#s.list('{', '}', () => {
      const name = this.#s.name()
      this.#s.expect('=')
      out[name] = this.#attribute(graph)
    })
    return out
  }
  #subgraph(graph: Graph): Graph {
    return this.#graph(new Graph(graph.names))
  }
  #sparse(): SparseTensor {
    const s = this.#s
    s.expect('(')
    const values = this.#tensor()
    s.expect(',')
    const indices = this.#tensor()
    s.expect(',')
    const shape = s.list('[', ']', () => s.integer())
    s.expect(')')
    return { values, indices, shape }
  }
  #item(): number | Int | string | Uint8Array | { float: number } {
    const s = this.#s
    if (s.takeWord('bytes')) return Uint8Array.from(s.string().match(/../g) ?? [], b => Number.parseInt(b, 16))
    const text = s.tryString()
    if (text !== undefined) return text
    const number = s.number()
    return s.take('f') ? { float: Number(number) } : toInt(this.#big(number))
  }
  #attribute(graph: Graph): Attribute {
    const s = this.#s
    const items = <T>(item: () => T): T[] => s.list('[', ']', item)
    if (s.takeWord('tensor')) return { type: 'tensor', value: this.#tensor() }
    if (s.takeWord('tensors')) return { type: 'tensors', value: items(() => this.#tensor()) }
    if (s.takeWord('type')) return { type: 'type', value: this.#type() }
    if (s.takeWord('types')) return { type: 'types', value: items(() => this.#type()) }
    if (s.takeWord('sparse')) return { type: 'sparse', value: this.#sparse() }
    if (s.takeWord('sparses')) return { type: 'sparses', value: items(() => this.#sparse()) }
    if (s.takeWord('graph')) return { type: 'graph', value: this.#subgraph(graph) }
    if (s.takeWord('graphs')) return { type: 'graphs', value: items(() => this.#subgraph(graph)) }
    if (s.takeWord('reference')) return { type: 'reference', of: s.name() as 'int', value: s.name() }
    for (const type of ['ints', 'floats', 'strings'] as const) {
      if (s.takeWord(type)) {
        items(() => s.fail('an empty list holds nothing'))
        return { type, value: [] }
      }
    }
    if (s.sees('[')) {
      const list = items(() => this.#item())
      const [first] = list
      if (typeof first === 'object' && 'float' in first) return { type: 'floats', value: list.map(v => (v as { float: number }).float) }
      if (typeof first === 'string' || first instanceof Uint8Array) return { type: 'strings', value: list as (string | Uint8Array)[] }
      return { type: 'ints', value: list as Int[] }
    }
    const item = this.#item()
    if (typeof item === 'string' || item instanceof Uint8Array) return { type: 'string', value: item }
    return typeof item === 'object' ? { type: 'float', value: item.float } : { type: 'int', value: item }
  }
}

/** Splits sizes at the commas that are in no bracket and no quotes. */
function splitDims(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let quoted = false
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quoted && c === '\\') i++
    else if (c === "'") quoted = !quoted
    else if (!quoted && c === '(') depth++
    else if (!quoted && c === ')') depth--
    else if (!quoted && depth === 0 && c === ',') {
      parts.push(text.slice(from, i))
      from = i + 1
    }
  }
  return [...parts, text.slice(from)]
}
