import { graphAttribute } from '../../../src/ir/attribute.ts'
import { optionsOf } from '../kit/attributes.ts'
import { capturing, commonType } from '../kit/control.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Condition and what both branches are given. */
export const IF: TfliteOperator = tfliteOperator({
  name: 'IF',
  options: 'IfOptions',
  infer(ctx) {
    const types = Array.from({ length: ctx.inputCount - 1 }, (_, i) => ctx.type(i + 1))
    const [then, otherwise] = [ctx.subgraph(ctx.attributes.graph('then_subgraph'), types), ctx.subgraph(ctx.attributes.graph('else_subgraph'), types)]
    then.forEach((t, i) => ctx.outputType(i, commonType(t, otherwise[i])))
  },
  decompose(b, node) {
    const a = optionsOf(node)
    const values = node.inputs.slice(1)
    const [then, otherwise] = [capturing(b, a.graph('then_subgraph'), values), capturing(b, a.graph('else_subgraph'), values)]
    return b.ops('If', [node.inputs[0]], node.outputs.length, { then_branch: graphAttribute(then), else_branch: graphAttribute(otherwise) })
  },
})
