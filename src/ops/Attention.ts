import type { Buffer } from '../expr/expr.ts'
import { read, stage, sum } from '../expr/expr.ts'
import type { Dim } from '../ir/dim.ts'
import { addDims, floorDivDims, mulDims } from '../ir/dim.ts'
import type { Heads } from './kit/attention.ts'
import { bias, present, probabilities, products } from './kit/attention.ts'
import { dtypeOfNumber } from './kit/datatype.ts'
import { decomposeAttention } from './kit/attention-graph.ts'
import { trimInputs } from './kit/steps.ts'
import { becomeAll } from './kit/versions.ts'
import type { AttributeReader, Operator, VersionStep } from './operator.ts'

/** [batch, heads, length, size] of an operand of either rank. */
function headed(shape: readonly Dim[], attributes: AttributeReader, name: string): readonly [Dim, Dim, Dim, Dim] | undefined {
  if (shape.length === 4) return shape as [Dim, Dim, Dim, Dim]
  const heads = attributes.int(name)
  if (shape.length !== 3 || heads === undefined || heads <= 0) return undefined
  const width = shape[2]!
  return typeof width === 'number' && width % heads !== 0 ? undefined : [shape[0]!, heads, shape[1]!, floorDivDims(width, heads)]
}

/** Whether every head of keys can serve as many heads of queries as any other. */
const share = (queries: Dim, keys: Dim): boolean => typeof queries !== 'number' || typeof keys !== 'number' || (keys > 0 && queries % keys === 0)

export const Attention: Operator = {
  name: 'Attention',
  infer(ctx) {
    const operands = [0, 1, 2].map(i => {
      const shape = ctx.shape(i)
      return shape && (headed(shape, ctx.attributes, i === 0 ? 'q_num_heads' : 'kv_num_heads') ?? ctx.fail(`input ${i} of rank ${shape.length} does not divide into heads: set ${i === 0 ? 'q_num_heads' : 'kv_num_heads'}`))
    })
    const [q, k, v] = operands
    const dtype = ctx.dtype(0)
    if (!q || !k || !v) {
      for (let o = 0; o < 4; o++) ctx.output(o, dtype, undefined)
      return
    }
    if (!share(q[1], k[1])) ctx.fail(`${q[1]} heads of queries for ${k[1]} of keys`)
    const past = ctx.has(4) ? ctx.shape(4)?.[2] : 0
    const columns = past === undefined ? undefined : addDims(past, k[2])
    ctx.output(0, dtype, ctx.shape(0)!.length === 4 ? [q[0], q[1], q[2], v[3]] : [q[0], q[2], mulDims(q[1], v[3])])
    ctx.output(1, dtype, columns === undefined ? undefined : [k[0], k[1], columns, k[3]])
    ctx.output(2, ctx.dtype(2), columns === undefined ? undefined : [v[0], v[1], columns, v[3]])
    ctx.output(3, dtype, columns === undefined ? undefined : [q[0], q[1], q[2], columns])
  },
  compute(k) {
    const [q, key, value] = [0, 1, 2].map(i => headed(k.input(i).shape, k.attributes, i === 0 ? 'q_num_heads' : 'kv_num_heads')) as (readonly [number, number, number, number])[]
    const past = k.has(4) ? k.input(4).shape[2]! : 0
    const heads: Heads = { batch: q![0], query: q![1], key: key![1], rows: q![2], columns: past + key![2], past, size: q![3], valueSize: value![3] }
    if (heads.query % heads.key !== 0 || key![3] !== heads.size || key![2] !== value![2]) k.fail(`${heads.query} and ${heads.key} heads, sizes ${heads.size} and ${key![3]}`)
    const dtype = k.input(0).dtype
    const keys = present(k.input(1), k.has(4) ? k.input(4) : undefined, heads, heads.size)
    const values = present(k.input(2), k.has(5) ? k.input(5) : undefined, heads, heads.valueSize)
    const raw = products(k, heads, keys)
    const cap = k.attributes.float('softcap', 0)
    const capped = cap > 0 ? stage(raw.shape, dtype, (...i) => read(raw, i).div(cap).apply('tanh').mul(cap)) : raw
    const added = bias(k, heads)
    const biased = stage(raw.shape, dtype, (...i) => read(capped, i).add(read(added, i).to(read(capped, i).type)))
    const precision = dtypeOfNumber(k.attributes.int('softmax_precision')) ?? dtype
    const exact = probabilities(biased, added, precision)
    const shares = precision === dtype ? exact : stage(exact.shape, dtype, (...i) => read(exact, i).to(read(biased, i).type))
    const group = heads.query / heads.key
    const mixed = stage([heads.batch, heads.query, heads.rows, heads.valueSize], dtype, (b, h, i, d) =>
      sum([heads.columns], j => read(shares, [b!, h!, i!, j!]).mul(read(values, [b!, group === 1 ? h! : h!.floordiv(group), j!, d!]).to(read(shares, [b!, h!, i!, j!]).type))),
    )
    const y = k.outputShape(0).length === 4 ? mixed : stage(k.outputShape(0), dtype, (b, i, c) => read(mixed, [b!, c!.floordiv(heads.valueSize), i!, c!.floormod(heads.valueSize)]))
    const shown: readonly Buffer[] = [raw, capped, biased, shares]
    const outputs = [y, keys, values, shown[k.attributes.int('qk_matmul_output_mode', 0)] ?? k.fail('qk_matmul_output_mode must be 0 to 3')]
    return outputs.slice(0, [0, 1, 2, 3].findLast(o => k.hasOutput(o))! + 1)
  },
  decompose: decomposeAttention,
  // versions 23 and 24 mean the same upwards: inputs and attributes were added
  downgrade: {
    25(step) {
      if (['left_window_size', 'right_window_size'].some(name => step.attributes.int(name, -1) >= 0)) return inSimplerOnes(step)
      for (const name of ['left_window_size', 'right_window_size']) step.setAttribute(name, undefined)
    },
    24(step) {
      if (step.node.inputs[6]) return inSimplerOnes(step)
      trimInputs(step)
    },
  },
}

function inSimplerOnes(step: VersionStep): void {
  becomeAll(step, decomposeAttention(step.b, step.node) ?? step.refuse('windows and lengths of keys came later, and sizes that would do without are not known'))
}
