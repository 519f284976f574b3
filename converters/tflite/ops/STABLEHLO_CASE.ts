import { graphAttribute } from '../../../src/ir/attribute.ts'
import type { Graph, Node, Value } from '../../../src/ir/model.ts'
import { Graph as NewGraph } from '../../../src/ir/model.ts'
import type { Type } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { capturing, commonType } from '../kit/control.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

const branchesOf = (node: Node): readonly Graph[] => {
  const branches = node.attributes['branch_subgraphs']
  return branches?.type === 'graphs' ? branches.value : []
}

/** Branch `i` where the index is `i`, and so on; the last one for every other index. */
function choice(b: Builder, index: Value, branches: readonly Graph[], values: readonly (Value | undefined)[], count: number, i = 0): Value[] {
  const otherwise = new NewGraph(b.graph.names, 'otherwise')
  const rest = i + 2 < branches.length ? choice(b.inside(otherwise), index, branches, values, count, i + 1) : undefined
  rest?.forEach(v => otherwise.addOutput(v))
  const last = rest ? otherwise : capturing(b, branches[i + 1]!, values)
  const isThis = b.op('Equal', [index, b.scalar(i, 'int32')])
  return b.ops('If', [isThis], count, { then_branch: graphAttribute(capturing(b, branches[i]!, values)), else_branch: graphAttribute(last) })
}

/** An index and what the branches are given. */
export const STABLEHLO_CASE: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_CASE',
  options: 'StablehloCaseOptions',
  infer(ctx) {
    const branches = branchesOf(ctx.node)
    if (branches.length === 0) ctx.fail('no branches')
    const types = Array.from({ length: ctx.inputCount - 1 }, (_, i) => ctx.type(i + 1))
    const found = branches.map(branch => ctx.subgraph(branch, types))
    for (let i = 0; i < ctx.outputCount; i++) ctx.outputType(i, found.map(f => f[i]).reduce((a: Type | undefined, t) => commonType(a, t)))
  },
  decompose(b, node) {
    const branches = branchesOf(node)
    const index = b.op('Reshape', [node.inputs[0], b.ints([])])
    return choice(b, index, branches.length === 1 ? [branches[0]!, branches[0]!] : branches, node.inputs.slice(1), node.outputs.length)
  },
})
