import { kindOf } from '../../src/ir/dtype.ts'
import type { Graph, Node, Value } from '../../src/ir/model.ts'
import { LapidaryError } from '../../src/diag/diagnostic.ts'
import { Builder } from '../../src/ops/builder.ts'
import { inferNode } from '../../src/ops/infer.ts'
import type { Derivative } from '../../src/ops/kit/derivatives.ts'
import { NotDifferentiable, derivatives, filledLike } from '../../src/ops/kit/derivatives.ts'
import { operatorOf } from '../../src/ops/registry.ts'

const domain = 'ai.onnx.preview.training'

/** Gradients of gradients multiply nodes: beyond this many they stay as they are. */
const most = 2 ** 17

/**
 * Says every Gradient of ai.onnx.preview.training in ordinary operators: that operator refers to a part of its graph by
 * names, which only the file knows. One that leads through what can't be differentiated stays as it is.
 */
export function expandGradients(graph: Graph): void {
  const gradients = [...graph.nodes()].filter(n => n.op === 'Gradient' && n.domain === domain)
  if (gradients.length === 0) return
  const named = new Map<string, Value>()
  for (const v of graph.inputs) named.set(v.name, v)
  for (const node of graph.nodes()) {
    for (const v of [...node.inputs, ...node.outputs]) if (v) named.set(v.name, v)
    tryInfer(node)
  }
  for (const node of gradients) {
    if (graph.size > most) return
    const b = new Builder(graph, node)
    try {
      const gradients = differentiate(b, node, named)
      const values = gradients.map((v, i) => (gradients.indexOf(v) < i ? b.op('Identity', [v]) : v))
      const names = node.outputs.map(v => v?.name)
      node.outputs.forEach((v, i) => v && v.uses.size > 0 && v.replaceBy(values[i]!))
      graph.remove(node)
      values.forEach((v, i) => {
        const name = names[i]
        if (name === undefined) return
        named.set(name, v)
        if (v.producer && b.made.includes(v.producer.node)) v.rename(name)
      })
    } catch (error) {
      if (!(error instanceof NotDifferentiable) && !(error instanceof LapidaryError)) throw error
      for (const made of b.made.toReversed()) if (made.graph) graph.remove(made)
    }
  }
}

function tryInfer(node: Node): void {
  try {
    inferNode(node)
  } catch (error) {
    if (!(error instanceof LapidaryError)) throw error
  }
}

const strings = (node: Node, name: string): readonly string[] => {
  const a = node.attributes[name]
  return a?.type === 'strings' ? a.value.map(String) : a?.type === 'string' ? [String(a.value)] : []
}

const kindOfValue = (v: Value): string | undefined => (v.type?.kind === 'tensor' ? kindOf(v.type.dtype) : undefined)

/** One step of the way forward: what its output's gradient means for its inputs. */
interface Step {
  readonly inputs: readonly (Value | undefined)[]
  readonly output: Value
  back(gradient: Value): readonly ((() => Value) | undefined)[]
}

/** The nodes between the independent values and `y`, in their order. */
function between(y: Value, independent: ReadonlySet<Value>, graph: Graph): Node[] {
  const found = new Set<Node>()
  const visit = [y]
  for (let v = visit.pop(); v !== undefined; v = visit.pop()) {
    const node = v.producer?.node
    if (independent.has(v) || node === undefined || node.graph !== graph || found.has(node)) continue
    found.add(node)
    for (const input of node.inputs) if (input) visit.push(input)
  }
  return [...graph.nodes()].filter(n => found.has(n))
}

function differentiate(b: Builder, node: Node, named: ReadonlyMap<string, Value>): Value[] {
  const of = (name: string): Value => {
    const value = named.get(name)
    if (value === undefined) throw new NotDifferentiable(`there is no ${name}`)
    return value
  }
  const [xs, zs, y] = [strings(node, 'xs').map(of), strings(node, 'zs').map(of), of(strings(node, 'y')[0] ?? '')]
  const independent = [...xs, ...zs]
  if (independent.length > node.inputs.length || node.inputs.some(v => v === undefined)) throw new NotDifferentiable('it has other inputs than names')
  // the graph at the place where its inputs are
  const at = new Map(independent.map((v, i) => [v, node.inputs[i]!]))
  const points = xs.map(x => at.get(x)!)
  const varies = new Set<Value>(points)
  const steps: Step[] = []
  const record = (n: Node): void => {
    if (!n.inputs.some(v => v !== undefined && varies.has(v))) return
    const results = n.outputs.filter(v => v !== undefined)
    // shapes and comparisons do not vary by little
    if (results.every(v => !['float', undefined].includes(kindOfValue(v)))) return
    for (const v of results) varies.add(v)
    const rule: Derivative | undefined = n.domain === '' && Object.hasOwn(derivatives, n.op) ? derivatives[n.op] : undefined
    if (rule) return void steps.push({ inputs: n.inputs, output: n.outputs[0]!, back: g => rule(b, n, g) })
    const start = b.made.length
    const values = operatorOf(n)?.decompose?.(b, n)
    if (!values) throw new NotDifferentiable(`${n.qualified} has no derivative`)
    for (const made of b.made.slice(start)) record(made)
    n.outputs.forEach((v, i) => v && values[i] && steps.push({ inputs: [values[i]], output: v, back: g => [() => g] }))
  }
  const earlier = new Set<Node>()
  for (let n = node.previous; n; n = n.previous) earlier.add(n)
  for (const n of between(y, new Set(independent), node.graph!)) {
    if (earlier.has(n) && n.inputs.every(v => v === undefined || (at.get(v) ?? v) === v)) {
      record(n)
      continue
    }
    if (n.subgraphs().length > 0) throw new NotDifferentiable(`${n.qualified} holds a graph`)
    const outputs = b.ops(n.qualified, n.inputs.map(v => v && (at.get(v) ?? v)), n.outputs.length, n.attributes)
    n.outputs.forEach((v, i) => v && at.set(v, outputs[i]!))
    record(outputs[0]!.producer!.node)
  }
  const end = at.get(y) ?? y
  const gradients = new Map<Value, Value>([[end, filledLike(b, 1, end)]])
  for (const step of steps.toReversed()) {
    const gradient = gradients.get(step.output)
    if (gradient === undefined) continue
    step.back(gradient).forEach((make, i) => {
      const input = step.inputs[i]
      if (!make || !input || !varies.has(input)) return
      const [before, more] = [gradients.get(input), make()]
      gradients.set(input, before ? b.op('Add', [before, more]) : more)
    })
  }
  return points.map(x => gradients.get(x) ?? filledLike(b, 0, x))
}
