// Everything that must hold of one graph: what disagrees is a finding.
import { cpuExecutor } from '../../../dist/executors/cpu/index.js'
import { LapidaryError } from '../../../dist/src/diag/diagnostic.js'
import { cloneGraph } from '../../../dist/src/ir/clone.js'
import { Model } from '../../../dist/src/ir/model.js'
import { isTensor } from '../../../dist/src/ir/tensor.js'
import { verify } from '../../../dist/src/ir/verify.js'
import { inferModel } from '../../../dist/src/ops/infer.js'
import { optimize } from '../../../dist/src/passes/pipeline.js'
import { isFar, isOdd } from './elements.mjs'
import { coarse, difference, identical, noiseOf } from './compare.mjs'
import { jittered, largestOf, nodeNoise, sizeOf } from './jitter.mjs'
import { random } from './recipes/index.mjs'
import { RuntimeRefused, fromBytes, runInRuntime, toBytes } from './runtime.mjs'
import { feedable } from './scene.mjs'
import { alone, captured, evaluateAlone } from './single.mjs'
import { kernels, newestOpset } from './tables.mjs'
import { typeProblem } from './types.mjs'

export const cloneModel = model => {
  const copy = new Model('fuzz')
  cloneGraph(model.graph, copy.graph)
  copy.opsets = new Map(model.opsets)
  return copy
}

export async function run(model, feeds, precision = 'exact', fetch = undefined) {
  const session = await cpuExecutor.prepare(model, { precision })
  try {
    return await session.run(feeds, fetch ? { fetch } : {})
  } finally {
    session.dispose()
  }
}

const codeOf = error => (error instanceof LapidaryError ? `${error.code}: ${error.message}` : undefined)
const isRandom = model => [...model.allNodes()].some(n => random.has(n.op))
const inputsOf = (node, get) => node.inputs.map(v => v && get(v))

/**
 * Judges a case. `runtime`: whether onnxruntime runs the whole graph, its nodes `alone`, or nothing, after it ended the
 * process. `tell(op)` hears which node comes next.
 */
export class Judge {
  findings = []
  /** What onnxruntime said of the graph or a node: operator and message. */
  refusals = []
  /** Nodes whose outputs were compared with onnxruntime's. */
  compared = []
  unsayable = 0
  disputed = new Set()
  unstable = 0
  constructor(made, { runtime = 'whole', tell = () => {} } = {}) {
    this.made = made
    this.runtime = runtime
    this.tell = tell
  }
  find(kind, op, text, more = {}) {
    const { data, model } = this.made
    const tensors = [...data.values(), ...[...model.allNodes()].flatMap(n => n.inputs.map(v => v?.constant))].filter(d => d && isTensor(d))
    this.findings.push({ kind, op, text, far: tensors.some(isFar), odd: tensors.some(isOdd), operators: new Set([...model.allNodes()].map(n => n.op)), ...more })
  }
  /** Runs a step; an error that is no coded one is a finding of its own. */
  async step(kind, op, f) {
    try {
      return await f()
    } catch (error) {
      if (error instanceof RuntimeRefused) throw error
      const code = codeOf(error)
      this.find(code ? kind : 'crash', op, `${kind}: ${code ?? String(error.stack).split('\n').slice(0, 4).join(' | ')}`)
      return undefined
    }
  }
  async all() {
    const { made } = this
    if (made.refused) await this.#refused()
    if (made.model.graph.outputs.length === 0) return this
    const model = cloneModel(made.model)
    // the node that was refused is no part of what can be run
    if (made.refused) removeLast(model)
    this.model = model
    const whole = (this.subject = made.subject)
    await this.step('infer', whole, () => inferModel(model))
    this.#types(model, 'type')
    const names = made.made.map(v => v.name)
    const exact = await this.step('exact', whole, () => run(model, made.feeds, 'exact', names))
    if (!exact || this.findings.length > 0) return this
    this.exact = exact
    const still = isRandom(model)
    if (!still) for (const v of made.made) if (!identical(exact.get(v.name), made.data.get(v))) this.find('order', v.producer.node.op, `run whole, ${v.name} is other than run alone: ${difference(exact.get(v.name), made.data.get(v))?.text}`)
    await this.#fast(model, still)
    if (!still) {
      await this.#optimized(model)
      await this.#reread(model)
    }
    if (this.runtime !== 'none') await this.#against(model)
    return this
  }
  #types(model, kind, values = undefined) {
    const bound = new Map()
    const { made } = this
    for (const v of model.graph.inputs) typeProblem(v, made.feeds.get(v.name), bound)
    const data = new Map(made.made.map(v => [v.name, made.data.get(v)]))
    const check = v => {
      const datum = data.get(v.name)
      const problem = datum && (values === undefined || values.has(v.name)) && typeProblem(v, datum, bound)
      if (problem) this.find(kind, v.producer?.node.op ?? 'constant', `${v.name}: ${problem}`)
    }
    for (const node of model.graph.nodes()) node.outputs.forEach(v => v && check(v))
  }
  async #fast(model, still) {
    const { made, exact } = this
    const outputs = model.graph.outputs.map(v => v.name)
    const fast = await this.step('fast', this.subject, () => run(model, made.feeds, 'fast'))
    if (!fast) return
    const wrong = outputs.filter(name => (still ? fast.get(name).shape.join() !== exact.get(name).shape.join() : difference(fast.get(name), exact.get(name), { table: coarse })))
    if (wrong.length === 0) return
    let found = false
    for (const node of made.model.graph.nodes()) {
      if (node === made.refused?.node || random.has(node.op)) continue
      const results = await this.step('fast', node.op, () => evaluateAlone(node, v => made.data.get(v) ?? v.constant, 'fast'))
      node.outputs.forEach((v, i) => {
        const d = v && results && difference(results[i], made.data.get(v), { table: coarse, size: sizeOf(node, w => made.data.get(w) ?? w.constant) })
        if (!d) return
        found = true
        this.find('fast', node.op, `output ${i}: ${d.text}`, { node, inputs: inputsOf(node, w => made.data.get(w) ?? w.constant), actual: results[i], expected: made.data.get(v), wrong: d.wrong })
      })
    }
    if (!found && !(await this.#follows(model))) await this.#stable('fast whole', model, fast, wrong[0])
  }
  /** Whether every node of the fast run gives what exact precision gives for the values that it was given. */
  async #follows(model) {
    const { made } = this
    const fast = await run(model, made.feeds, 'fast', made.made.map(v => v.name))
    const get = v => fast.get(v.name) ?? made.data.get(v) ?? v.constant
    for (const node of made.model.graph.nodes()) {
      if (node === made.refused?.node || node.inputs.some(v => v && !v.isConstant && !v.inputOf && !fast.has(v.name))) continue
      const results = await evaluateAlone(node, get).catch(() => undefined)
      if (!results || node.outputs.some((v, i) => v && fast.has(v.name) && difference(fast.get(v.name), results[i], { table: coarse, size: sizeOf(node, get) }))) return false
    }
    this.unstable++
    return true
  }
  /** A difference that no node alone shows: a finding unless a breath of noise on the inputs does the same. */
  async #stable(kind, model, results, name, text = '') {
    const { made, exact } = this
    // a difference of large numbers
    if (!difference(results.get(name), exact.get(name), { table: coarse, size: largestOf([...made.data.values(), ...[...model.allNodes()].flatMap(n => n.inputs.map(v => v?.constant))]) })) return
    for (let turn = 0; turn < 4; turn++) {
      const shaken = jittered(cloneModel(model), made.feeds, turn)
      const other = await run(shaken.model, shaken.feeds).catch(() => undefined)
      const [p, q] = [other?.get(name), exact.get(name)]
      if (!p || p.shape.join() !== q.shape.join() || !difference(results.get(name), q, { table: coarse, noise: noiseOf(p, q)?.map(n => n * 4) })) return void this.unstable++
    }
    this.find(kind, text || this.subject, `${name}: ${difference(results.get(name), exact.get(name), { table: coarse })?.text}`, { name })
  }
  async #optimized(model) {
    const { made, exact } = this
    const better = cloneModel(model)
    let last = ''
    const passes = []
    const ok = await this.step('optimize', this.subject, () => {
      optimize(better, { after: pass => { last = pass; passes.push(pass); verify(better) } })
      verify(better)
      return true
    })
    if (!ok) return void (this.findings.at(-1).text += ` after ${last}`)
    const results = await this.step('optimize', this.subject, () => run(better, made.feeds))
    if (!results) return
    for (const v of better.graph.outputs) {
      const d = difference(results.get(v.name), exact.get(v.name), { table: coarse })
      if (d && (await this.#stable('optimize', model, results, v.name)) === undefined && this.findings.at(-1)?.kind === 'optimize') return void (this.findings.at(-1).text += `; passes: ${[...new Set(passes)].join(' ')}`)
    }
    const bound = new Map()
    for (const v of better.graph.inputs) typeProblem(v, made.feeds.get(v.name), bound)
    for (const v of better.graph.outputs) {
      const problem = typeProblem(v, results.get(v.name), bound)
      if (problem) this.find('optimize', v.producer?.node.op ?? 'constant', `type of ${v.name}: ${problem}`)
    }
    const fast = await this.step('optimize', this.subject, () => run(better, made.feeds, 'fast'))
    const wrong = fast && better.graph.outputs.find(v => difference(fast.get(v.name), exact.get(v.name), { table: coarse }))
    if (wrong && !this.findings.some(f => f.kind.startsWith('fast')) && this.unstable === 0) await this.#stable('optimize fast', model, fast, wrong.name)
  }
  async #reread(model) {
    const { made, exact } = this
    let bytes
    try {
      bytes = await toBytes(model, made.opset)
    } catch (error) {
      if (!codeOf(error)) throw error
      made.opset = newestOpset
      bytes = await toBytes(model, 28).catch(e => void this.find('write', this.subject, codeOf(e) ?? String(e.stack)))
    }
    const back = bytes && (await this.step('reread', this.subject, () => fromBytes(bytes)))
    const results = back && (await this.step('reread', this.subject, () => run(back, made.feeds)))
    if (!results) return
    const wrong = model.graph.outputs.find(v => difference(results.get(v.name), exact.get(v.name)))
    if (wrong) await this.#stable('reread', model, results, wrong.name)
  }
  /** All that onnxruntime can give of the graph: what it can't give as it is, widened to float32 by a Cast. */
  #observed(model, names) {
    const copy = cloneModel(model)
    while (copy.graph.outputs.length > 0) copy.graph.removeOutput(copy.graph.outputs.length - 1)
    for (const node of [...copy.graph.nodes()])
      for (const v of node.outputs) if (v && names.has(v.name) && feedable.has(names.get(v.name).dtype)) copy.graph.addOutput(v)
    return copy
  }
  async #bytes(model, op = undefined) {
    for (const opset of [kernels[op]?.opset, this.made.opset, newestOpset]) {
      if (opset === undefined) continue
      try {
        return await toBytes(model, opset)
      } catch (error) {
        if (!codeOf(error)) throw error
      }
    }
    this.unsayable++
    return undefined
  }
  async #against(model) {
    const { made } = this
    if (!made.made.some(v => feedable.has(made.data.get(v).dtype))) return
    const data = new Map(made.made.map(v => [v.name, made.data.get(v)]))
    const bytes = await this.step('write', this.subject, () => this.#bytes(this.#observed(model, data)))
    let theirs
    if (bytes && this.runtime === 'whole') {
      try {
        theirs = await runInRuntime(bytes, made.feeds)
      } catch (error) {
        if (!(error instanceof RuntimeRefused)) throw error
        this.refusals.push({ op: /\b([A-Z][A-Za-z0-9]*?)_\d+/.exec(error.message)?.[1] ?? this.subject, message: error.message, whole: true })
      }
    }
    const held = new Map(made.data)
    const get = v => held.get(v) ?? v.constant
    for (const node of made.model.graph.nodes()) {
      if (node === made.refused?.node) continue
      await this.#node(node, get, held, theirs)
    }
  }
  async #node(node, get, held, theirs) {
    const { made } = this
    // what comes of a value whose shape is in dispute can't be compared
    if (node.inputs.some(v => v && this.disputed.has(v)) || captured(node).some(v => this.disputed.has(v))) return void node.outputs.forEach(v => v && this.disputed.add(v))
    const outputs = node.outputs.filter(v => v)
    const visible = outputs.filter(v => isTensor(made.data.get(v)) && feedable.has(made.data.get(v).dtype))
    const inputs = inputsOf(node, get)
    let given = theirs && new Map(visible.map(v => [v, theirs.get(v.name)]))
    if (!theirs) given = await this.#alone(node, get)
    if (!given) return
    const moved = node.subgraphs().length > 0 || node.inputs.some(v => v && !v.isConstant && held.get(v) !== made.data.get(v) && !identical(held.get(v), made.data.get(v)))
    const ours = moved ? await this.step('forced', node.op, () => evaluateAlone(node, get)) : node.outputs.map(v => v && made.data.get(v))
    if (!ours) return
    let counted = false
    for (const [i, v] of node.outputs.entries()) {
      const expected = v && given.get(v)
      if (!expected) {
        if (v && moved) held.set(v, ours[i])
        continue
      }
      counted = true
      let d = random.has(node.op) && ours[i].shape.join() === expected.shape.join() ? undefined : difference(ours[i], expected)
      if (d?.wrong.length > 0) {
        d = difference(ours[i], expected, { noise: await nodeNoise(node, get, ours, i), size: sizeOf(node, get) })
      }
      if (d) this.find('value', node.op, `output ${i}: ${d.text}`, { node, inputs, output: i, actual: ours[i], expected, wrong: d.wrong, opset: made.opset })
      if (theirs && ours[i].shape.join() !== expected.shape.join()) this.disputed.add(v)
      else if (theirs) held.set(v, expected)
    }
    // a sequence is seen through the tensors that come of it
    if (counted || (theirs && visible.length === 0 && outputs.some(v => v.uses.size > 0))) this.compared.push(node.op)
  }
  /** What onnxruntime gives for one node. */
  async #alone(node, get) {
    const single = alone(node, get, datum => !feedable.has(datum.dtype))
    const outputs = node.outputs.map((v, i) => [v, single.node.outputs[i]]).filter(([v]) => v && isTensor(this.made.data.get(v)) && feedable.has(this.made.data.get(v).dtype))
    const names = new Map(outputs.map(([v, copy]) => [copy.name, this.made.data.get(v)]))
    await this.tell(`${node.op}${[...node.inputs, ...captured(node)].some(v => v && isTensor(get(v)) && get(v).shape.includes(0)) ? ' of an empty tensor' : ''}`)
    if (names.size === 0) return undefined
    inferModel(single.model)
    single.model.opsets.set('', this.made.model.opsets.get(''))
    try {
      const bytes = await this.#bytes(this.#observed(single.model, names), node.op)
      const results = bytes && (await runInRuntime(bytes, single.feeds))
      return results && new Map(outputs.map(([v, copy]) => [v, results.get(copy.name)]))
    } catch (error) {
      if (!(error instanceof RuntimeRefused)) throw error
      this.refusals.push({ op: node.op, message: error.message })
      return undefined
    }
  }
  /** lapidary refuses a node: right, unless onnxruntime computes it. */
  async #refused() {
    const { made } = this
    const { node, error } = made.refused
    const code = codeOf(error)
    if (!code) this.find('crash', node.op, String(error.stack).split('\n').slice(0, 5).join(' | '))
    if (this.runtime === 'none' || !code) return
    const get = v => made.data.get(v) ?? v.constant
    const single = alone(node, get, datum => !feedable.has(datum.dtype))
    single.model.opsets.set('', made.model.opsets.get(''))
    let bytes
    try {
      bytes = await toBytes(single.model, newestOpset)
    } catch (e) {
      if (!codeOf(e)) throw e
      return void this.unsayable++
    }
    try {
      const results = await runInRuntime(bytes, single.feeds)
      this.find('refuse', node.op, code, { node, inputs: inputsOf(node, get), expected: results.get(single.node.outputs.find(v => v).name) })
    } catch (e) {
      if (!(e instanceof RuntimeRefused)) throw e
      this.refusals.push({ op: node.op, message: `both: ${code.slice(0, 120)} / ${e.message}`, both: true })
    }
  }
}

function removeLast(model) {
  const { last } = model.graph
  model.graph.remove(last)
}
