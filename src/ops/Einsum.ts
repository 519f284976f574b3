import type { Expr } from '../expr/expr.ts'
import { read, reduceOver, scalarOf, stage, variable, constant } from '../expr/expr.ts'
import type { Dim } from '../ir/dim.ts'
import { dimDiffers } from '../ir/dim.ts'
import { broadcastShapes } from './kit/broadcast.ts'
import { sumsOf } from './kit/conv.ts'
import { parseEquation } from './kit/einsum.ts'
import { knownRank } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { Buffer, Operator } from './operator.ts'

interface Operand {
  readonly buffer: Buffer
  readonly labels: readonly string[]
}

export const Einsum: Operator = {
  name: 'Einsum',
  infer(ctx) {
    const shapes = Array.from({ length: ctx.inputCount }, (_, i) => ctx.shape(i))
    if (!shapes.every(s => s !== undefined)) return ctx.output(0, ctx.dtype(0), undefined)
    const text = ctx.attributes.string('equation', '')
    const equation = parseEquation(text, shapes.map(s => s.length)) ?? ctx.fail(`equation ${JSON.stringify(text)} for ranks ${shapes.map(s => s.length).join(', ')}`)
    const sizes = new Map<string, Dim>()
    equation.inputs.forEach((labels, i) =>
      labels.forEach((c, d) => {
        const [known, size] = [sizes.get(c) ?? 1, shapes[i]![d]!]
        if (known !== 1 && size !== 1 && dimDiffers(known, size)) ctx.fail(`${c} has sizes ${known} and ${size}`)
        sizes.set(c, broadcastShapes([[known], [size]])?.[0] ?? size)
      }),
    )
    ctx.output(0, ctx.dtype(0), equation.output.map(c => sizes.get(c)!))
  },
  compute(k) {
    const buffers = Array.from({ length: k.inputCount }, (_, i) => k.input(i))
    const { inputs, output } = parseEquation(k.attributes.string('equation', ''), buffers.map(b => b.shape.length))!
    const sizes = new Map<string, number>()
    inputs.forEach((labels, i) => labels.forEach((c, d) => sizes.set(c, Math.max(sizes.get(c) ?? 1, buffers[i]!.shape[d]!))))
    for (const [c, n] of sizes) if (inputs.some((labels, i) => labels.some((l, d) => l === c && buffers[i]!.shape[d] === 0))) sizes.set(c, Math.min(n, 0))
    const dtype = k.outputDType(0)
    let [first, ...rest] = inputs.map((labels, i): Operand => ({ labels, buffer: buffers[i]! }))
    // two operands at a time, so that each product is a contraction
    while (rest.length > 1) {
      const [second, ...later] = rest
      const wanted = new Set([...output, ...later.flatMap(o => o.labels)])
      const labels = [...new Set([...first!.labels, ...second!.labels])].filter(c => wanted.has(c))
      first = { labels, buffer: contract([first!, second!], labels, sizes, sumsOf(dtype)) }
      rest = later
    }
    return [contract([first!, ...rest], output, sizes, dtype)]
  },
  downgrade: {
    12(step) {
      const { node, b, attributes } = step
      const { inputs, output } = parseEquation(attributes.string('equation', ''), node.inputs.map(v => knownRank(step, v))) ?? step.refuse('its equation is not one')
      if (inputs.some(labels => new Set(labels).size < labels.length)) return step.refuse('it takes a diagonal')
      const order = [...output, ...new Set(inputs.flat().filter(c => !output.includes(c)))]
      const spread = inputs.map((labels, i) => {
        const own = order.filter(c => labels.includes(c))
        const turned = b.op('Transpose', [node.inputs[i]], { perm: own.map(c => labels.indexOf(c)) })
        const missing = order.flatMap((c, d) => (labels.includes(c) ? [] : [d]))
        return missing.length > 0 ? b.op('Unsqueeze', [turned, b.ints(missing)]) : turned
      })
      const product = spread.reduce((x, y) => b.op('Mul', [x, y]))
      const summed = order.map((_, d) => d).slice(output.length)
      become(step, summed.length > 0 ? b.op('ReduceSum', [product, b.ints(summed)], { keepdims: 0 }) : product)
    },
  },
}

function contract(operands: readonly Operand[], output: readonly string[], sizes: ReadonlyMap<string, number>, dtype: Buffer['dtype']): Buffer {
  return stage(output.map(c => sizes.get(c)!), dtype, (...i) => {
    const at = new Map<string, Expr>(output.map((c, d) => [c, i[d]!]))
    const summed = [...new Set(operands.flatMap(o => o.labels))].filter(c => !at.has(c)).map(c => ({ c, v: variable(sizes.get(c)!) }))
    for (const { c, v } of summed) at.set(c, v)
    const factors = operands.map(({ buffer, labels }) => read(buffer, labels.map((c, d) => (buffer.shape[d] === 1 ? constant(0, 'int') : at.get(c)!))).to(scalarOf(dtype)))
    return reduceOver('sum', summed.map(s => s.v), factors.reduce((a, b) => a.mul(b)))
  })
}
