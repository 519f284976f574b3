import type { Expr } from '../expr/expr.ts'
import { constant, read, stage, sum } from '../expr/expr.ts'
import { dimDiffers, unknownDim } from '../ir/dim.ts'
import { readAttributes } from './attributes.ts'
import { inferInvalid } from './diagnostics.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { drop } from './kit/versions.ts'
import type { Operator } from './operator.ts'

const scaled = (e: Expr, by: number): Expr => (by === 1 ? e : e.mul(constant(e.type === 'float' || e.type === 'double' ? by : Math.trunc(by), e.type)))

export const Gemm: Operator = {
  name: 'Gemm',
  infer(ctx) {
    const shapes = [ctx.shape(0), ctx.shape(1)]
    for (const s of shapes) if (s && s.length !== 2) ctx.fail(`an operand has rank ${s.length}`)
    const [a, b] = shapes.map((s, i) => (s && ctx.attributes.int(i === 0 ? 'transA' : 'transB', 0) !== 0 ? [s[1]!, s[0]!] : s))
    if (a && b && dimDiffers(a[1]!, b[0]!)) ctx.fail(`inner sizes ${a[1]} and ${b[0]} differ`)
    const out = [a?.[0] ?? unknownDim(), b?.[1] ?? unknownDim()]
    const c = ctx.has(2) ? ctx.shape(2) : undefined
    if (c?.some((d, i) => d !== 1 && dimDiffers(d, out[i + 2 - c.length] ?? 1))) ctx.fail(`C of [${c.join()}] does not broadcast to [${out.join()}]`)
    ctx.output(0, ctx.dtype(0), out)
  },
  compute(k) {
    const [a, b] = [k.input(0), k.input(1)]
    const c = k.has(2) ? k.input(2) : undefined
    const [ta, tb] = [k.attributes.int('transA', 0) !== 0, k.attributes.int('transB', 0) !== 0]
    const inner = a.shape[ta ? 0 : 1]!
    return [
      stage(k.outputShape(0), k.outputDType(0), (...i) => {
        const product = sum([inner], n => read(a, ta ? [n!, i[0]!] : [i[0]!, n!]).mul(read(b, tb ? [i[1]!, n!] : [n!, i[1]!])))
        const first = scaled(product, k.attributes.float('alpha', 1))
        return c ? first.add(scaled(readBroadcast(c, i), k.attributes.float('beta', 1))) : first
      }),
    ]
  },
  decompose(b, node) {
    const attributes = readAttributes(node.attributes, message => {
      throw inferInvalid(node, message)
    })
    const [left, right, c] = node.inputs
    const type = left?.type
    if (type?.kind !== 'tensor') return undefined
    const turned = (name: string, x: typeof left) => (attributes.int(name, 0) !== 0 ? b.op('Transpose', [x], { perm: [1, 0] }) : x)
    const times = (x: NonNullable<typeof left>, by: number) => (by === 1 ? x : b.op('Mul', [x, b.scalar(by, type.dtype)]))
    const product = times(b.op('MatMul', [turned('transA', left), turned('transB', right)]), attributes.float('alpha', 1))
    return [c ? b.op('Add', [product, times(c, attributes.float('beta', 1))]) : product]
  },
  upgrade: { 7: drop('broadcast') },
  downgrade: {
    11(step) {
      const type = step.node.inputs[0]?.type
      if (step.node.inputs[2] === undefined) step.node.setInput(2, step.b.scalar(0, type?.kind === 'tensor' ? type.dtype : 'float32'))
    },
    7: step => step.setAttribute('broadcast', { type: 'int', value: 1 }),
  },
}
