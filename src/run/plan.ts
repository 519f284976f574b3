import type { Buffer } from '../expr/expr.ts'
import { input as inputBuffer } from '../expr/expr.ts'
import { invariant, LapidaryError } from '../diag/diagnostic.ts'
import { cloneAttributes } from '../ir/clone.ts'
import { byteLengthOf } from '../ir/dtype.ts'
import { Graph, Node } from '../ir/model.ts'
import type { Value } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import type { Datum, Tensor } from '../ir/tensor.ts'
import { bytesOf, inlineTensor, int64Tensor, isTensor, peekNumbers, residentLimit } from '../ir/tensor.ts'
import { elementCount, staticShape } from '../ir/types.ts'
import type { Type } from '../ir/types.ts'
import { Builder } from '../ops/builder.ts'
import { computeInvalid } from '../ops/diagnostics.ts'
import { evaluateNode } from '../ops/evaluate.ts'
import { guarded } from '../ops/guard.ts'
import { indexChecks } from '../ops/indices.ts'
import type { IndexCheck } from '../ops/indices.ts'
import { inferNode } from '../ops/infer.ts'
import { attributesOf, computeNode, hostInputs, knownOperator, meaningOf } from '../ops/meaning.ts'
import { operatorOf } from '../ops/registry.ts'
import type { Operator } from '../ops/operator.ts'
import { inMemory } from './constants.ts'
import type { Constants } from './constants.ts'
import type { Functions } from './functions.ts'
import { captured, reads } from './liveness.ts'
import { viewed } from './views.ts'

/** A node with static types that is computed by expressions. */
export interface KernelStep {
  readonly kind: 'kernel'
  readonly node: Node
  readonly operator: Operator
  /** Buffers of the inputs that are read, by index, and of the outputs: this node alone. */
  readonly buffers: ReadonlyMap<number, Buffer>
  readonly results: readonly Buffer[]
}
/** A node of plain code. */
export interface HostStep {
  readonly kind: 'host'
  readonly node: Node
}
/** A node of control flow, with the plan's values for what it reads. */
export interface ControlStep {
  readonly kind: 'control'
  readonly node: Node
  readonly inputs: readonly (Value | undefined)[]
  readonly outputs: readonly (Value | undefined)[]
  /** What the graphs inside read from around them. */
  readonly around: ReadonlyMap<Value, Value>
}
export type Step = KernelStep | HostStep | ControlStep

type Item = { readonly node: Node } | { readonly bind: readonly (readonly [outer: Value, inner: Value])[] }

/** What is left to plan: items, the last first, and the plan's value for each of the model's. Undefined: left out. */
export interface Frontier {
  readonly items: readonly Item[]
  readonly values: ReadonlyMap<Value, Value | undefined>
}

/** A stretch of a run in which all that decides its form is known. */
export interface Stretch {
  /** Values that come from before, by the plan's value there (or the model's, for the first). */
  readonly inputs: ReadonlyMap<Value, Value>
  readonly steps: readonly Step[]
  /** Values that are others under another shape. */
  readonly views: ReadonlyMap<Value, Value>
  /** Indices that must lie within their ranges. */
  readonly checks: readonly IndexCheck[]
  /** What must be there after it: the values asked for at the end, else what the rest reads. */
  readonly kept: ReadonlySet<Value>
  /** The values asked for, when this is the end. */
  readonly wanted?: readonly Value[]
  /** Else values whose elements must be known before the rest can be planned, and the rest. The types of all kept values are known then. */
  readonly demanded?: readonly Value[]
  readonly rest?: Frontier
}

export interface PlanContext {
  readonly constants: Constants
  readonly functions: Functions
  /** Whether the executor computes nodes of an operator that is plain code by itself, once all that decides their form is known. */
  readonly computes?: (node: Node) => boolean
  /** Operators of plain code are spelled out in others where they can be: for what runs expressions only. */
  readonly spellsOut?: boolean
}

/** Constants are worked out at planning up to this size in bytes, larger ones only up to `foldGrowth` times what they are made of: four-bit weights become floats. */
const foldLimit = 65536
const foldGrowth = 8
/** Constants up to this size are in memory while a plan is made, for inference and as host values; larger ones are read when they are used. */
const smallLimit = 65536

const isStaticTensor = (type: Type | undefined): boolean => type?.kind === 'tensor' && staticShape(type.shape) !== undefined
const bytesOfType = (type: Type | undefined): number => (type?.kind === 'tensor' && isStaticTensor(type) ? byteLengthOf(type.dtype, elementCount(type.shape as number[])) : Infinity)

/** The frontier of a whole graph. */
export const frontierOf = (graph: Graph): Frontier => ({ items: [...graph.nodes()].map(node => ({ node })).reverse(), values: new Map() })

/** Plans the next stretch of what `frontier` leaves; `given` tells the types (or, for constants, the tensors) of values that come from before. */
export function planStretch(frontier: Frontier, given: ReadonlyMap<Value, Datum | Type | undefined>, wanted: readonly Value[], context: PlanContext): Promise<Stretch> {
  return new Planner(frontier, given, wanted, context).run()
}

/** The decomposition of an operator that has plain code as well: none where it says that it has none. */
function spelledOut(operator: Operator, builder: Builder, node: Node): ReturnType<NonNullable<Operator['decompose']>> {
  try {
    return operator.decompose!(builder, node)
  } catch (e) {
    if (e instanceof LapidaryError) return undefined
    throw e
  }
}

const isType = (x: Datum | Type): x is Type => x !== null && 'kind' in x

class Planner {
  readonly #graph = new Graph(new Names())
  readonly #values: Map<Value, Value | undefined>
  readonly #items: Item[]
  readonly #steps: Step[] = []
  readonly #inputs = new Map<Value, Value>()
  readonly #views = new Map<Value, Value>()
  readonly #checks: IndexCheck[] = []
  readonly #wanted: readonly Value[]
  readonly #with: PlanContext
  readonly #fresh = new Set<Value>()
  /** Set when the stretch must end here: by what must be known, beside all types. */
  #demanded: readonly Value[] | undefined

  constructor(frontier: Frontier, given: ReadonlyMap<Value, Datum | Type | undefined>, wanted: readonly Value[], context: PlanContext) {
    this.#with = context
    this.#wanted = wanted
    this.#items = [...frontier.items]
    const renewed = new Map<Value, Value>()
    for (const [from, what] of given) {
      let value: Value
      if (what !== undefined && what !== null && !isType(what) && isTensor(what)) value = this.#graph.constant(what, from.name)
      else {
        value = this.#graph.addInput(this.#graph.value(from.name, what !== undefined && what !== null && isType(what) ? what : undefined))
        this.#inputs.set(from, value)
        this.#fresh.add(value)
      }
      renewed.set(from, value)
    }
    this.#values = new Map([...frontier.values].map(([k, v]) => [k, (v && renewed.get(v)) ?? v]))
    for (const [k, v] of renewed) this.#values.set(k, v)
  }

  async run(): Promise<Stretch> {
    while (this.#items.length > 0) {
      const item = this.#items.pop()!
      if ('bind' in item) {
        for (const [outer, inner] of item.bind) this.#values.set(outer, await this.#resolve(inner))
        continue
      }
      await this.#place(item.node)
      if (this.#demanded) {
        this.#items.push(item)
        return this.#unfinished(this.#demanded)
      }
    }
    const wanted: Value[] = []
    for (const v of this.#wanted) {
      const found = await this.#resolve(v)
      invariant(found !== undefined, `${v.name} is left out`)
      wanted.push(found)
    }
    return { inputs: this.#inputs, steps: this.#steps, views: this.#views, checks: this.#checks, kept: new Set(wanted.filter(v => !v.isConstant)), wanted }
  }

  /** The stretch ends here: what the rest reads is kept. */
  #unfinished(demanded: readonly Value[]): Stretch {
    const needed = new Set<Value>(this.#wanted)
    for (const item of this.#items) {
      if ('node' in item) for (const v of reads(item.node)) needed.add(v)
      else for (const [, inner] of item.bind) needed.add(inner)
    }
    const kept = new Set<Value>(demanded)
    // what a decomposition put here reads the plan's own values
    const later = new Set(this.#items.flatMap(item => ('node' in item ? item.node.outputs : item.bind.map(([outer]) => outer))))
    for (const v of needed) if (!this.#values.has(v) && !v.isConstant && !later.has(v)) kept.add(v)
    const values = new Map<Value, Value | undefined>()
    for (const [k, v] of this.#values) {
      values.set(k, v)
      if (v && !v.isConstant && needed.has(k)) kept.add(v)
    }
    return { inputs: this.#inputs, steps: this.#steps, views: this.#views, checks: this.#checks, kept, demanded, rest: { items: this.#items, values } }
  }

  /** The plan's value for one of the model; small constants are brought into memory. */
  async #resolve(value: Value): Promise<Value | undefined> {
    if (this.#values.has(value)) return this.#values.get(value)
    if (!value.isConstant) return value
    const tensor = value.constant!
    const copy = this.#graph.constant(tensor.byteLength <= smallLimit ? await this.#with.constants.get(tensor) : tensor, value.name)
    this.#values.set(value, copy)
    return copy
  }

  async #place(node: Node): Promise<void> {
    const inputs: (Value | undefined)[] = []
    for (const v of node.inputs) inputs.push(v && (await this.#resolve(v)))
    const called = this.#with.functions.of(node)
    if (called) return this.#inline(node, this.#with.functions.body(node, called), inputs)
    const operator = knownOperator(node)
    if (operator.control) return this.#control(node, inputs)
    const formed = operator.compute ?? operator.decompose ?? this.#with.computes?.(node)
    if (formed && this.#typesMissing(inputs)) {
      this.#demanded = []
      return
    }
    const copy = this.#copy(node, inputs)
    const unknown = hostInputs(copy, operator).filter(i => !this.#known(copy.inputs[i]!))
    if (unknown.length > 0 && formed) {
      this.#demanded = unknown.map(i => copy.inputs[i]!)
      return
    }
    guarded(copy, () => inferNode(copy))
    const meaning = meaningOf(copy, operator)
    if (!operator.impure) {
      this.#takeElements(node, copy)
      if (copy.outputs.every((v, i) => v === undefined || this.#values.get(node.outputs[i]!)?.isConstant)) return
      if (meaning !== 'decompose' && this.#foldable(copy)) return await this.#fold(node, copy)
    }
    if (meaning === 'decompose' || (meaning === 'evaluate' && operator.decompose && this.#with.spellsOut)) {
      if (this.#decompose(node, copy, operator)) return
    }
    for (const [i, v] of node.outputs.entries()) if (v && !this.#values.get(v)?.isConstant) this.#values.set(v, copy.outputs[i])
    if (meaning === 'compute' && copy.outputs.every(v => v === undefined || isStaticTensor(v.type))) this.#kernel(node, copy, operator)
    else this.#steps.push({ kind: 'host', node: copy })
  }

  #known(value: Value): boolean {
    const elements = value.isConstant ? peekNumbers(value.constant) : value.elements
    return elements !== undefined && elements.every(e => typeof e === 'number')
  }

  /** Whether types of inputs are missing; they are known once the steps so far have run. */
  #typesMissing(inputs: readonly (Value | undefined)[]): boolean {
    return inputs.some(v => v !== undefined && !v.isConstant && !this.#fresh.has(v) && !(v.type && (v.type.kind !== 'tensor' || isStaticTensor(v.type))))
  }

  #copy(node: Node, inputs: readonly (Value | undefined)[]): Node {
    // graphs inside are inferred with the types at hand, so the model's own are left alone
    const inner = node.subgraphs().length > 0
    const attributes = inner ? cloneAttributes(node.attributes, this.#graph, new Map([...this.#values].flatMap(([k, v]) => (v ? [[k, v]] : [])))) : node.attributes
    const copy = new Node({ op: node.op, domain: node.domain, overload: node.overload, name: node.name, inputs, attributes, origin: node.origin })
    this.#graph.insert(copy)
    node.outputs.forEach((v, i) => {
      const value = v && this.#graph.value(v.name)
      if (value) value.extra = v.extra
      copy.setOutput(i, value)
    })
    return copy
  }

  #inline(node: Node, body: Graph, inputs: readonly (Value | undefined)[]): void {
    body.inputs.forEach((v, i) => this.#values.set(v, inputs[i]))
    this.#items.push({ bind: node.outputs.flatMap((v, i) => (v ? [[v, body.outputs[i]!] as const] : [])) })
    this.#items.push(...frontierOf(body).items)
  }

  async #control(node: Node, inputs: readonly (Value | undefined)[]): Promise<void> {
    if (node.op === 'If' && node.domain === '') {
      const condition = inputs[0]!
      if (!this.#known(condition)) {
        this.#demanded = [condition]
        return
      }
      const [taken] = (condition.isConstant ? peekNumbers(condition.constant) : condition.elements) as number[]
      return this.#inline(node, attributesOf(node).graph(taken ? 'then_branch' : 'else_branch'), [])
    }
    const around = new Map<Value, Value>()
    for (const graph of node.subgraphs()) {
      for (const v of captured(graph)) {
        const found = await this.#resolve(v)
        if (found) around.set(v, found)
      }
    }
    const outputs = node.outputs.map(v => v && this.#graph.value(v.name))
    node.outputs.forEach((v, i) => v && this.#values.set(v, outputs[i]))
    this.#steps.push({ kind: 'control', node, inputs, outputs, around })
  }

  /** Integer outputs whose elements inference knows become constants. */
  #takeElements(node: Node, copy: Node): void {
    copy.outputs.forEach((v, i) => {
      if (!v?.elements?.every(e => Number.isSafeInteger(e)) || v.type?.kind !== 'tensor' || v.type.shape === undefined || !isStaticTensor(v.type)) return
      const shape = v.type.shape as readonly number[]
      const numbers = v.elements as readonly number[]
      if (elementCount(shape) !== numbers.length) return
      const { dtype } = v.type
      const tensor = dtype === 'int64' ? int64Tensor(numbers, shape) : dtype === 'int32' ? inlineTensor(dtype, shape, bytesOf(Int32Array.from(numbers))) : undefined
      if (tensor) this.#values.set(node.outputs[i]!, this.#graph.constant(tensor, v.name))
    })
  }

  #foldable(copy: Node): boolean {
    if (!copy.inputs.every(v => v === undefined || v.isConstant)) return false
    const made = copy.outputs.reduce((n, v) => n + (v ? bytesOfType(v.type) : 0), 0)
    const from = copy.inputs.reduce((n, v) => n + (v?.constant?.byteLength ?? 0), 0)
    return made <= Math.max(foldLimit, foldGrowth * from) || copy.outputs.every(v => v === undefined || !isStaticTensor(v.type))
  }

  async #fold(node: Node, copy: Node): Promise<void> {
    const inputs: (Tensor | undefined)[] = []
    for (const v of copy.inputs) inputs.push(v && (await inMemory(v.constant!)))
    await operatorOf(copy)?.ready?.(copy, inputs)
    const results = evaluateNode(copy, inputs)
    if (results.every(d => d !== null && isTensor(d))) {
      node.outputs.forEach((v, i) => v && this.#values.set(v, this.#graph.constant(results[i] as Tensor, v.name)))
      return
    }
    node.outputs.forEach((v, i) => v && this.#values.set(v, copy.outputs[i]))
    this.#steps.push({ kind: 'host', node: copy })
  }

  /** Puts simpler nodes in a node's place; false when it has plain code besides and no simpler form for what it is given. */
  #decompose(node: Node, copy: Node, operator: Operator): boolean {
    const builder = new Builder(this.#graph, copy)
    const outputs = operator.evaluate ? spelledOut(operator, builder, copy) : guarded(copy, () => operator.decompose!(builder, copy))
    if (outputs === undefined && operator.evaluate) return false
    if (outputs === undefined) {
      const open = copy.inputs.filter(v => v !== undefined && !v.isConstant && bytesOfType(v.type) <= residentLimit) as Value[]
      if (open.length > 0) {
        this.#demanded = open
        return true
      }
    }
    if (outputs === undefined) throw computeInvalid(copy, 'the operator has no meaning for these inputs and attributes')
    for (const [i, v] of node.outputs.entries()) invariant(!v || v.uses.size === 0 || outputs[i] !== undefined, `output ${i} of ${node.qualified} is left out of its decomposition`)
    this.#items.push({ bind: node.outputs.flatMap((v, i) => (v && outputs[i] ? [[v, outputs[i]] as const] : [])) })
    this.#items.push(...builder.made.map(made => ({ node: made })).reverse())
    return true
  }

  #kernel(node: Node, copy: Node, operator: Operator): void {
    const buffers = new Map<number, Buffer>()
    const results = guarded(copy, () => computeNode(copy, operator, i => {
      let buffer = buffers.get(i)
      if (buffer === undefined) {
        const type = copy.inputs[i]!.type
        invariant(type?.kind === 'tensor', `input ${i} of ${copy.op} is no tensor`)
        buffers.set(i, (buffer = inputBuffer(staticShape(type.shape)!, type.dtype)))
      }
      return buffer
    }))
    this.#checks.push(...indexChecks(copy, operator))
    const source = new Map([...buffers].map(([i, b]) => [b, copy.inputs[i]!]))
    node.outputs.forEach((v, i) => {
      const alias = results[i] && source.get(results[i]!)
      if (v && alias) this.#values.set(v, alias)
    })
    const whole = results.length === 1 ? source.get(viewed(results[0]!)!) : undefined
    if (whole && !whole.isConstant && copy.outputs[0]) this.#views.set(copy.outputs[0], this.#views.get(whole) ?? whole)
    else if (results.some((b, i) => copy.outputs[i] && !source.has(b))) this.#steps.push({ kind: 'kernel', node: copy, operator, buffers, results })
  }
}
