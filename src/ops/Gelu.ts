import { formulaOperator, nodeAlgebra, nodeAttributes } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

const formula = formulaOperator('Gelu', (m, [x], attributes) => {
  const inner =
    attributes.string('approximate', 'none') === 'tanh'
      ? m.tanh(m.mul(m.mul(x, m.add(m.mul(m.mul(x, x), 0.044715), 1)), Math.sqrt(2 / Math.PI)))
      : m.erf(m.mul(x, Math.SQRT1_2))
  return m.mul(m.mul(x, 0.5), m.add(inner, 1))
})

/** The operators it decomposes to stand in the order in which runtimes fuse them again. */
export const Gelu: Operator = {
  ...formula,
  decompose(b, node) {
    const m = nodeAlgebra(b, node)
    const x = node.inputs[0]
    if (!m || x?.type?.kind !== 'tensor') return undefined
    if (nodeAttributes(node).string('approximate', 'none') === 'none') return [m.mul(m.mul(x, m.add(m.erf(m.div(x, Math.SQRT2)), 1)), 0.5)]
    const cube = b.op('Pow', [x, b.scalar(3, x.type.dtype)])
    return [m.mul(m.mul(x, 0.5), m.add(m.tanh(m.mul(m.add(x, m.mul(cube, 0.044715)), Math.sqrt(2 / Math.PI))), 1))]
  },
}
