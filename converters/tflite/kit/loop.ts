import { graphAttribute } from '../../../src/ir/attribute.ts'
import { Graph } from '../../../src/ir/model.ts'
import { tensorType } from '../../../src/ir/types.ts'
import { Builder } from '../../../src/ops/builder.ts'
import { optionsOf } from './attributes.ts'
import { commonType, inlined } from './control.ts'
import type { OptionsName, Takes, TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Values that the body makes anew while the condition of them holds. As ONNX's Loop, the condition is worked out before it and at the body's end. */
export const loop = (name: TfliteOperator['name'], options: OptionsName, takes: Takes = {}): TfliteOperator =>
  tfliteOperator({
    name,
    options,
    takes,
    infer(ctx) {
      const types = Array.from({ length: ctx.inputCount }, (_, i) => ctx.type(i))
      ctx.subgraph(ctx.attributes.graph('cond_subgraph'), types)
      ctx.subgraph(ctx.attributes.graph('body_subgraph'), types).forEach((t, i) => ctx.outputType(i, commonType(t, types[i])))
    },
    decompose(b, node) {
      const a = optionsOf(node)
      const [condition, step] = [a.graph('cond_subgraph'), a.graph('body_subgraph')]
      const flag = (at: Builder, values: readonly ReturnType<typeof inlined>[number][]) => at.op('Reshape', [inlined(at, condition, values)[0], at.ints([])])
      const body = new Graph(b.graph.names, step.name)
      const counter = body.value('iteration', tensorType('int64', []))
      const goesOn = body.value('condition', tensorType('bool', []))
      const carried = node.inputs.map((v, i) => body.value(v?.name ?? 'carried', node.outputs[i]?.type ?? v?.type))
      for (const v of [counter, goesOn, ...carried]) body.addInput(v)
      const inner = new Builder(body, undefined, node.origin, node.name)
      const results = inlined(inner, step, carried).map(v => (v.inputOf === body || v.isConstant ? inner.op('Identity', [v]) : v))
      for (const v of [flag(inner, results), ...results]) body.addOutput(v)
      const start = flag(b, node.inputs.map(v => v!))
      return b.ops('Loop', [undefined, start, ...node.inputs], node.outputs.length, { body: graphAttribute(body) })
    },
  })
