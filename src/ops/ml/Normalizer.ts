import { dtypeOf, nodeAttributes } from '../kit/algebra.ts'
import { asFloats, castTo, refuse } from '../kit/ml-graph.ts'
import type { Operator } from '../operator.ts'

const reductions: Readonly<Record<string, string>> = { MAX: 'ReduceMax', L1: 'ReduceL1', L2: 'ReduceL2' }

export const Normalizer: Operator = {
  name: 'Normalizer',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const rank = ctx.shape(0)?.length
    if (rank !== undefined && (rank < 1 || rank > 2)) ctx.fail(`its input has rank ${rank}`)
    ctx.output(0, 'float32', ctx.shape(0))
  },
  decompose(b, node) {
    if (dtypeOf(node.inputs[0]) === undefined) return undefined
    const norm = nodeAttributes(node).string('norm', 'MAX')
    const x = asFloats(b, node.inputs[0]!)
    const divisor = b.op(reductions[norm] ?? refuse(node, `norm ${norm}`), [x, b.ints([-1])], { keepdims: 1 })
    const dtype = dtypeOf(x)!
    const safe = b.op('Where', [b.op('Equal', [divisor, b.scalar(0, dtype)]), b.scalar(1, dtype), divisor])
    return [castTo(b, b.op('Div', [x, safe]), 'float32')]
  },
}
