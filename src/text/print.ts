import type { Attribute } from '../ir/attribute.ts'
import type { Dim } from '../ir/dim.ts'
import { substituteDim, sym, symbolsOf } from '../ir/dim.ts'
import type { Function, Graph, Model, Node, Value } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { viewOf } from '../ir/tensor.ts'
import type { Type } from '../ir/types.ts'
import { typeToString } from '../ir/types.ts'

export interface TextOptions {
  /** Say where each node came from. */
  readonly origins?: boolean
}

/** Elements up to this many are written out as numbers or bytes; larger tensors are named by their key. */
const elementsShown = 16

const word = /^[A-Za-z_][A-Za-z0-9_.]*$/
const name = (text: string): string => (word.test(text) ? text : JSON.stringify(text))
const hex = (bytes: Uint8Array): string => Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('')
const decimal = (value: number | bigint): string => (Object.is(value, -0) ? '-0' : String(value))

/** Prints with names of unknown sizes counted from `?0`, so that the same model gives the same text. */
class Printer {
  readonly #unknown = new Map<string, Dim>()
  readonly #printed = new Set<Value>()
  readonly lines: string[] = []
  readonly #options: TextOptions

  constructor(options: TextOptions) {
    this.#options = options
  }
  dim(d: Dim): Dim {
    for (const symbol of symbolsOf(d)) if (symbol.startsWith('?') && !this.#unknown.has(symbol)) this.#unknown.set(symbol, sym(`?${this.#unknown.size}`))
    return substituteDim(d, this.#unknown)
  }
  type(type: Type | undefined): string {
    const renamed = (t: Type): Type => (t.kind === 'tensor' || t.kind === 'sparse' ? { ...t, shape: t.shape?.map(d => this.dim(d)) } : { ...t, of: renamed(t.of) })
    return typeToString(type && renamed(type))
  }
  value(value: Value | undefined): string {
    return value === undefined ? '_' : `%${name(value.name)}`
  }
  typed(value: Value): string {
    return `${this.value(value)}: ${this.type(value.type)}`
  }
  tensor(tensor: Tensor): string {
    return `${tensor.dtype}[${tensor.shape.join(', ')}] ${content(tensor)}`
  }
  attribute(a: Attribute, indent: string): string {
    const text = (s: string | Uint8Array): string => (typeof s === 'string' ? JSON.stringify(s) : `bytes "${hex(s)}"`)
    const list = <T>(kind: string, items: readonly T[], print: (item: T) => string): string => `${kind} [${items.map(print).join(', ')}]`
    switch (a.type) {
      case 'int': return decimal(a.value)
      case 'float': return `${decimal(a.value)}f`
      case 'string': return text(a.value)
      case 'ints': return a.value.length ? `[${a.value.map(decimal).join(', ')}]` : 'ints []'
      case 'floats': return a.value.length ? `[${a.value.map(v => `${decimal(v)}f`).join(', ')}]` : 'floats []'
      case 'strings': return a.value.length ? `[${a.value.map(text).join(', ')}]` : 'strings []'
      case 'tensor': return `tensor ${this.tensor(a.value)}`
      case 'tensors': return list('tensors', a.value, t => this.tensor(t))
      case 'type': return `type ${this.type(a.value)}`
      case 'types': return list('types', a.value, t => this.type(t))
      case 'sparse': return `sparse ${this.sparse(a.value)}`
      case 'sparses': return list('sparses', a.value, s => this.sparse(s))
      case 'graph': return `graph ${this.graph(a.value, indent)}`
      case 'graphs': return list('graphs', a.value, g => this.graph(g, indent))
      case 'reference': return `reference ${a.of} ${name(a.value)}`
    }
  }
  sparse(s: { values: Tensor; indices: Tensor; shape: readonly number[] }): string {
    return `(${this.tensor(s.values)}, ${this.tensor(s.indices)}, [${s.shape.join(', ')}])`
  }
  attributes(entries: Node['attributes'], indent: string): string {
    const all = Object.entries(entries)
    return all.length === 0 ? '' : ` {${all.map(([key, a]) => `${name(key)} = ${this.attribute(a, indent)}`).join(', ')}}`
  }
  /** Lines for constants that have not been printed yet. */
  constants(values: readonly (Value | undefined)[], indent: string): string {
    let out = ''
    for (const v of values) {
      if (!v?.isConstant || this.#printed.has(v)) continue
      this.#printed.add(v)
      out += `${indent}const ${this.value(v)} = ${this.tensor(v.constant!)}\n`
    }
    return out
  }
  node(node: Node, indent: string): string {
    const outputs = node.outputs.map(v => (v ? this.typed(v) : '_')).join(', ')
    const domain = node.domain === '' ? '' : `${name(node.domain)}::`
    const overload = node.overload === '' ? '' : ` overload ${JSON.stringify(node.overload)}`
    const named = node.name === '' ? '' : ` ${JSON.stringify(node.name)}`
    const { format, file = '', path } = node.origin
    const origin = this.#options.origins && path !== '' ? ` at ${JSON.stringify(format)} ${JSON.stringify(file)} ${JSON.stringify(path)}` : ''
    const inputs = node.inputs.map(v => this.value(v)).join(', ')
    return `${indent}${outputs}${outputs ? ' ' : ''}= ${domain}${name(node.op)}${named}${overload}(${inputs})${this.attributes(node.attributes, indent)}${origin}\n`
  }
  graph(graph: Graph, indent: string): string {
    const inner = `${indent}  `
    const inputs = graph.inputs.map(v => this.typed(v) + (v.constant ? ` = ${this.tensor(v.constant)}` : ''))
    let body = ''
    for (const node of graph.nodes()) body += this.constants(node.inputs, inner) + this.node(node, inner)
    body += this.constants(graph.outputs, inner)
    return `${name(graph.name)}(${inputs.join(', ')}) {\n${body}${inner}return ${graph.outputs.map(v => this.value(v)).join(', ')}\n${indent}}`
  }
  function(f: Function): string {
    const opsets = [...f.opsets].map(([domain, version]) => `    opset ${JSON.stringify(domain)} ${version}\n`).join('')
    return `  function ${JSON.stringify(f.domain)} ${JSON.stringify(f.name)} ${JSON.stringify(f.overload)} (${f.attributes.map(name).join(', ')})${this.attributes(f.defaults, '  ')} {\n${opsets}    graph ${this.graph(f.graph, '    ')}\n  }\n`
  }
}

function content(tensor: Tensor): string {
  const count = tensor.shape.reduce((n, d) => n * d, 1)
  if (tensor.strings) return `[${tensor.strings.map(s => JSON.stringify(s)).join(', ')}]`
  const bytes = count <= elementsShown ? tensor.peek() : undefined
  if (bytes === undefined) return `<${JSON.stringify(tensor.key)}>`
  if (['float32', 'float64', 'int64', 'int32', 'int16', 'int8', 'uint8', 'uint16', 'uint32', 'uint64'].includes(tensor.dtype)) {
    const numbers = Array.from(viewOf(tensor.dtype, bytes) as Iterable<number | bigint>)
    // bit patterns of NaN are more than one
    if (!numbers.some(n => Number.isNaN(n))) return `[${numbers.map(decimal).join(', ')}]`
  }
  return `"${hex(bytes)}"`
}

/**
 * A model as text that a person can read and `parseModel` reads back. Docs, and what only the source's format
 * understands, are left out; tensors of more than 16 elements stand there by their keys.
 */
export function modelToText(model: Model, options: TextOptions = {}): string {
  const printer = new Printer(options)
  const quote = JSON.stringify
  const head = [
    ...[...model.opsets].map(([domain, version]) => `opset ${quote(domain)} ${version}`),
    ...(model.producer.name || model.producer.version ? [`producer ${quote(model.producer.name)} ${quote(model.producer.version)}`] : []),
    ...(model.domain ? [`domain ${quote(model.domain)}`] : []),
    ...(model.version ? [`version ${model.version}`] : []),
    ...[...model.metadata].map(([key, value]) => `metadata ${quote(key)} ${quote(value)}`),
  ]
  const body = `  graph ${printer.graph(model.graph, '  ')}\n`
  return `model {\n${head.map(line => `  ${line}\n`).join('')}${body}${model.functions.map(f => printer.function(f)).join('')}}\n`
}

/** One node as text, subgraphs included. */
export const nodeToText = (node: Node): string => new Printer({}).node(node, '').trimEnd()

/** The node (marked with `>`) and its neighbours as text, for messages: who makes its inputs, who uses its outputs. At most `most` of each. */
export function frame(node: Node, most = 3): string {
  const printer = new Printer({})
  const makers = [...new Set(node.inputs.flatMap(v => (v?.producer ? [v.producer.node] : [])))]
  const users = [...new Set(node.outputs.flatMap(v => [...(v?.uses ?? [])].flatMap(u => ('node' in u ? [u.node] : []))))]
  const line = (n: Node, mark: string): string => {
    const text = printer.node(n, '').split('\n')
    return `${mark} ${text[0]}${text.length > 2 ? ' ... }' : ''}`
  }
  const some = (nodes: readonly Node[]): string[] => [...nodes.slice(0, most).map(n => line(n, ' ')), ...(nodes.length > most ? [`  ... ${nodes.length - most} more`] : [])]
  const given = node.inputs.filter((v, i, all): v is Value => v !== undefined && v.producer === undefined && all.indexOf(v) === i)
  const inputs = given.slice(0, most).map(v => (v.isConstant ? `  const ${printer.value(v)} = ${printer.tensor(v.constant!)}` : `  input ${printer.typed(v)}`))
  return [...inputs, ...some(makers), line(node, '>'), ...some(users)].join('\n')
}
