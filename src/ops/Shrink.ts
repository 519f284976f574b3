import { read, select, stage } from '../expr/expr.ts'
import { nodeAlgebra, nodeAttributes } from './kit/algebra.ts'
import type { AttributeReader, Operator } from './operator.ts'

const bounds = (attributes: AttributeReader) => ({ bias: attributes.float('bias', 0), lambd: attributes.float('lambd', 0.5) })

export const Shrink: Operator = {
  name: 'Shrink',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  compute(k) {
    const x = k.input(0)
    const { bias, lambd } = bounds(k.attributes)
    return [
      stage(x.shape, k.outputDType(0), (...i) => {
        const element = read(x, i)
        const e = element.type === 'float' ? element : element.to('double')
        return select(e.lt(-lambd), e.add(bias), select(e.gt(lambd), e.sub(bias), 0)).to(element.type)
      }),
    ]
  },
  decompose(b, node) {
    const m = nodeAlgebra(b, node)
    const [x] = node.inputs
    if (!m || !x) return undefined
    const { bias, lambd } = bounds(nodeAttributes(node))
    return [m.whereLess(x, -lambd, m.add(x, bias), m.whereLess(lambd, x, m.sub(x, bias), 0))]
  },
}
