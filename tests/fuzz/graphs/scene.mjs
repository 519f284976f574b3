// A graph being built, with what each value holds: recipes look at the values and add nodes that can follow.
import { attributes } from '../../../dist/src/ir/attribute.js'
import { sym } from '../../../dist/src/ir/dim.js'
import { Model, Node } from '../../../dist/src/ir/model.js'
import { isTensor } from '../../../dist/src/ir/tensor.js'
import { tensorType } from '../../../dist/src/ir/types.js'
import { evaluateNode } from '../../../dist/src/ops/evaluate.js'
import { inferNode } from '../../../dist/src/ops/infer.js'
import { operatorOf } from '../../../dist/src/ops/registry.js'
import { countOf, elementsOf, tensorOf } from './elements.mjs'
import { evaluateAlone } from './single.mjs'
import { kernels, legalDtypes } from './tables.mjs'

/** What onnxruntime-node takes and gives. */
export const feedable = new Set(['float32', 'float64', 'float16', 'int64', 'int32', 'int16', 'int8', 'uint64', 'uint32', 'uint16', 'uint8', 'bool', 'string'])

/** lapidary refused the node that was added last: the graph ends here. */
export class Refused extends Error {
  constructor(node, error) {
    super(error.message)
    this.node = node
    this.error = error
  }
}

/** Values larger than this are not built on. */
const most = 4096

export class Scene {
  constructor(draw, outer) {
    this.draw = draw
    this.outer = outer
    this.root = outer?.root ?? this
    if (outer) this.model = outer.model
    else {
      this.model = new Model('fuzz')
      this.graph = this.model.graph
      this.feeds = new Map()
      this.data = new Map()
      this.count = 0
      this.symbolic = draw.chance(0.2)
      this.opset = undefined
    }
    this.values = []
  }
  /** A scene in a graph of its own that sees the values of this one. */
  inner(graph) {
    const scene = new this.constructor(this.draw, this)
    scene.graph = graph
    return scene
  }
  datum(value) {
    return value.constant ?? this.root.data.get(value)
  }
  shape(value) {
    return this.datum(value).shape
  }
  dtypeOf(value) {
    return this.datum(value).dtype
  }
  elements(value) {
    return elementsOf(this.datum(value))
  }
  /** All tensors in sight. */
  get visible() {
    return this.outer ? [...this.outer.visible, ...this.values] : this.values
  }
  /** A dtype for a type variable of an operator: mostly float32, mostly one that onnxruntime has a kernel for. */
  dtype(op, variable = 'T', allow = () => true) {
    const legal = legalDtypes(op, variable).filter(allow)
    const known = (kernels[op]?.[variable] ?? legal.filter(t => feedable.has(t))).filter(t => legal.includes(t))
    if (known.length === 0 || this.draw.chance(0.04)) return this.draw.pick(legal)
    if (known.includes('float32') && this.draw.chance(0.45)) return 'float32'
    return this.draw.pick(known)
  }
  #type(dtype, shape) {
    const { draw } = this
    if (!this.root.symbolic || draw.chance(0.3)) return tensorType(dtype, shape)
    if (draw.chance(0.08)) return tensorType(dtype, undefined)
    return tensorType(dtype, shape.map(n => (n > 0 && draw.chance(0.5) ? sym(`${draw.pick(['n', 'm'])}${n}`) : n)))
  }
  /** A new tensor: a constant, or an input of the graph with these elements. */
  make(dtype, shape, { constant = 0.3, elements, temper, ...range } = {}) {
    const datum = tensorOf(dtype, shape, elements ?? this.draw.elements(dtype, countOf(shape), temper, range))
    return this.given(datum, constant)
  }
  given(datum, constant = 0.3) {
    const { root } = this
    if (!feedable.has(datum.dtype) || this.draw.chance(constant)) return this.graph.constant(datum, `c${root.count++}`)
    const value = root.graph.addInput(root.graph.value(`x${root.count++}`, this.#type(datum.dtype, datum.shape)))
    root.feeds.set(value.name, datum)
    root.data.set(value, datum)
    root.values.push(value)
    return value
  }
  /** Numbers that decide the form of an operator: mostly a constant. */
  ints(values, { dtype = 'int64', shape = [values.length] } = {}) {
    return this.make(dtype, shape, { elements: values, constant: 0.8 })
  }
  /** A tensor that is there and fits, or a new one. `shape` for the new one is asked for when needed. */
  take(dtype, { fits = () => true, shape = () => this.draw.shape(), again = 0.65, ...range } = {}) {
    const found = this.draw.chance(again) && range.low === undefined ? this.visible.filter(v => isTensor(this.datum(v)) && this.dtypeOf(v) === dtype && fits(this.shape(v))) : []
    return found.length > 0 ? this.draw.pick(found) : this.make(dtype, shape(), range)
  }
  /** One with at least so many axes. */
  takeRank(dtype, least, largest = 4, range = {}) {
    return this.take(dtype, { fits: s => s.length >= least && s.length <= largest, shape: () => this.draw.shape(least, largest), ...range })
  }
  takeShape(dtype, shape, range = {}) {
    return this.take(dtype, { fits: s => s.join() === shape.join(), shape: () => shape, again: 0.4, ...range })
  }
  #insert(op, inputs, init, outputs) {
    const { root } = this
    const present = typeof outputs === 'number' ? Array.from({ length: outputs }, () => true) : outputs
    while (inputs.length > 0 && inputs.at(-1) === undefined) inputs = inputs.slice(0, -1)
    const node = new Node({ op, name: `${op}_${root.count++}`, inputs, attributes: attributes(init) })
    this.graph.insert(node)
    present.forEach((there, i) => node.setOutput(i, there ? this.graph.value(`v${root.count++}`) : undefined))
    return node
  }
  #keep(node, results) {
    return node.outputs.map((value, i) => {
      if (!value) return undefined
      const datum = results[i]
      this.root.data.set(value, datum)
      if (datum !== null && isTensor(datum) && value.type?.kind !== 'optional' && countOf(datum.shape) <= most) this.values.push(value)
      return value
    })
  }
  /** Adds a node and works out its outputs: a list of values. `outputs`: how many, or which are there. Throws `Refused`. */
  node(op, inputs, init = {}, outputs = 1) {
    const node = this.#insert(op, inputs, init, outputs)
    try {
      inferNode(node)
      return this.#keep(node, evaluateNode(node, node.inputs.map(v => v && this.datum(v))))
    } catch (error) {
      throw new Refused(node, error)
    }
  }
  /** The same for a node that holds graphs, or is made of such. */
  async control(op, inputs, init, outputs) {
    const node = this.#insert(op, inputs, init, outputs)
    try {
      inferNode(node)
      return this.#keep(node, await evaluateAlone(node, v => this.datum(v)))
    } catch (error) {
      throw new Refused(node, error)
    }
  }
  knows(op) {
    return operatorOf({ op, domain: '' }) !== undefined
  }
}
