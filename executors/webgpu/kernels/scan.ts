import { identityOf } from '../../../src/expr/analysis/guards.ts'
import { simplifier } from '../../../src/expr/analysis/simplify.ts'
import { substitute } from '../../../src/expr/analysis/substitute.ts'
import { Table } from '../../../src/expr/analysis/table.ts'
import type { Buffer, Expr, ReduceOp, Var } from '../../../src/expr/expr.ts'
import { constant, read, reduceOver, scan, select, stage, variable } from '../../../src/expr/expr.ts'
import { lowerOpen, reductionOp } from '../../../src/expr/lower.ts'
import type { Nest } from '../../../src/expr/nest.ts'
import { nestsOf } from '../../../src/expr/nest.ts'
import type { Access } from '../wgsl/print.ts'
import { nameOf, printStatements, typeText } from '../wgsl/print.ts'
import { dtypeOfScalar, folded, identityText } from './fold.ts'
import type { Kernel, KernelContext } from './kernel.ts'
import { Shader } from './kernel.ts'
import { counters, mapStage } from './map.ts'
import { placesIn } from './rows.ts'
import { isLopsided, partsOf, teamFor } from './team.ts'

/** Neighbouring elements that an invocation of a team takes at a time. */
const each = 4

/** A running reduction: short rows by one invocation each, longer ones by a team, few very long ones in parts. Elements fill whole words. */
export function scanStage(context: KernelContext, target: Buffer): Kernel[] {
  const table = new Table()
  return nestsOf(table, target).flatMap(nest => {
    const rows = nest.axes.slice(0, -1)
    const count = rows.reduce((n, v) => n * v.node.extent, 1)
    const length = nest.axes.at(-1)!.node.extent
    return isLopsided(count, length, context.profile) && dtypeOfScalar[nest.value.type] ? inParts(context, table, nest, count) : [rowKernel(context, table, nest)]
  })
}

/** Sums of the parts, the running sum of these, and each part from where the ones before it end. */
function inParts(context: KernelContext, table: Table, nest: Nest, count: number): Kernel[] {
  const axis = nest.axes.at(-1)!
  const op = nest.scan!
  const length = axis.node.extent
  const parts = partsOf(count, length, context.profile)
  const size = Math.ceil(length / parts)
  const dtype = dtypeOfScalar[nest.value.type]!
  const flat = simplifier(table, undefined, true)
  const identity = constant(identityOf(op, nest.value.type), nest.value.type)
  const [row, part, place] = [variable(count), variable(parts), variable(size)]
  const within = (e: Expr, r: Expr, p: Expr, i: Expr): Expr => substitute(e, new Map([...placesIn(nest.axes.slice(0, -1), r), [axis, p.mul(size).add(i)]]))
  const sums = stage([count, parts], dtype, (r, p) => {
    const i = variable(size)
    return reduceOver(op, [i], select(p!.mul(size).add(i).lt(length), within(nest.value, r!, p!, i), identity))
  })
  const running = scan([count, parts], dtype, 1, op, (r, p) => read(sums, [r!, p!]))
  const start = flat(select(part.ge(1), read(running, [row, part.sub(1)]), identity))
  const inside = part.mul(size).add(place)
  return [
    ...mapStage(context, sums),
    ...scanStage(context, running),
    rowKernel(context, table, { ...nest, axes: [row, part, place], position: flat(within(nest.position, row, part, place)), value: flat(within(nest.value, row, part, place)) }, start, parts * size === length ? undefined : flat(inside.lt(length))),
  ]
}

/** Runs along the last axis, from `start` on, where `inside` holds. */
function rowKernel(context: KernelContext, table: Table, nest: Nest, start?: Expr, inside?: Expr): Kernel {
  const outer = nest.axes.slice(0, -1)
  const axis = nest.axes.at(-1)!
  const [count, length] = [outer.reduce((n, v) => n * v.node.extent, 1), axis.node.extent]
  const { lanes, rows } = teamFor({ count, terms: length, across: false }, context.profile)
  const shader = new Shader(context)
  const op: ReduceOp = nest.scan!
  const { type } = nest.value
  const how = reductionOp(op, type)
  const identity = identityText(op, type)
  const plain: Nest = { axes: nest.axes, buffer: nest.buffer, position: nest.position, value: nest.value, op: 'set' }
  const at = (what: Nest, axes: readonly Var[], store: Access['store']): string => {
    const { counters: locals, statements } = lowerOpen(table, what, axes.length)
    return `${counters(outer, locals, 'row')}${axes.length > outer.length ? `let ${nameOf(locals.at(-1)!)} = t;\n` : ''}${printStatements(statements, { load: shader.load.bind(shader), store })}`
  }
  const ifInside = (code: string): string => (inside ? `var inside = false;\n{\n${at({ ...plain, value: inside }, nest.axes, (_, __, text) => `inside = ${text};\n`)}}\nif (inside) {\n${code}}\n` : code)
  const next = (use: (index: string, total: string) => string): string => ifInside(`${at(plain, nest.axes, (_, index, text) => `{\n${folded(how, type, 'total', text, to => `total = ${to};\n${use(index, to)}`)}}\n`)}`)
  const begin = `var total: ${typeText(type)} = ${identity};\n${start ? `{\n${at({ ...plain, axes: outer, position: constant(0, 'int'), value: start }, outer, (_, __, text) => `total = ${text};\n`)}}\n` : ''}`
  const groups = Math.ceil(count / rows)
  const x = Math.min(groups, context.profile.groupsPerDimension)
  const grid = [x, Math.ceil(groups / x), 1] as const
  const head = `let seat = i32(lane) % ${lanes};\nlet line = i32(group.x + group.y * ${x}u) * ${rows} + i32(lane) / ${lanes};\n`
  const store = (index: string, to: string): string => shader.store(nest.buffer, index, to)
  if (lanes === 1) return shader.build('scan', `${head}if (line >= ${count}) { return; }\nlet row = line;\n${begin}for (var t = 0; t < ${length}; t++) {\n${next(store)}}\n`, [rows, 1, 1], grid)
  let steps = ''
  for (let d = 1; d < lanes; d *= 2) steps += `{\nvar own = shared_[lane];\nif (seat >= ${d}) {\n${folded(how, type, `shared_[lane - ${d}u]`, 'own', to => `own = ${to};\n`)}}\nworkgroupBarrier();\nshared_[lane] = own;\nworkgroupBarrier();\n}\n`
  const own = `for (var e = 0; e < ${each}; e++) {\nlet t = first + e;\nif (t < ${length}) {\n`
  const body = `${head}let alive = line < ${count};
let row = min(line, ${count - 1});
${begin}var before = total;
for (var base = 0; base < ${length}; base += ${lanes * each}) {
let first = base + seat * ${each};
total = ${identity};
${own}${next(() => '')}}
}
shared_[lane] = total;
workgroupBarrier();
${steps}total = before;
if (seat > 0) {
${folded(how, type, 'before', 'shared_[lane - 1u]', to => `total = ${to};\n`)}}
${own}${next((index, to) => `if (alive) { ${store(index, to)} }\n`)}}
}
{
${folded(how, type, 'before', `shared_[lane - u32(seat) + ${lanes - 1}u]`, to => `before = ${to};\n`)}}
workgroupBarrier();
}
`
  return shader.build('scan', body, [lanes * rows, 1, 1], grid, `var<workgroup> shared_: array<${typeText(type)}, ${lanes * rows}>;\n`)
}
