import { sizeOf } from '../../../src/expr/analysis/linear.ts'
import { simplifier } from '../../../src/expr/analysis/simplify.ts'
import { visit } from '../../../src/expr/analysis/stages.ts'
import { flatRead, rewrite, substitute } from '../../../src/expr/analysis/substitute.ts'
import { Table } from '../../../src/expr/analysis/table.ts'
import type { Buffer, Expr, Scalar, Var } from '../../../src/expr/expr.ts'
import { constant, scalarOf, variable } from '../../../src/expr/expr.ts'
import { lowerOpen, reductionOp } from '../../../src/expr/lower.ts'
import { nameOf, printStatements, typeText } from '../wgsl/print.ts'
import type { Access } from '../wgsl/print.ts'
import { storageOf } from '../wgsl/storage.ts'
import { folded, identityText } from './fold.ts'
import type { Kernel, KernelContext } from './kernel.ts'
import { Shader } from './kernel.ts'
import type { Team } from './team.ts'

/** A stage as rows: its value at one place of row `row`, and in it at `element` if a row has several. Reads are by position. */
export interface RowStage {
  readonly buffer: Buffer
  readonly row: Var
  /** Missing where a row has one value. */
  readonly element: Var | undefined
  readonly position: Expr
  readonly value: Expr
  /** Read or wanted by something outside: then it is written. */
  readonly seen: boolean
  /** Stands for the stage's values in what later stages read: in each invocation, or shared by a row's team at `element`. */
  readonly inside: Buffer | undefined
}

const opOf = (type: Scalar): string => `s${typeText(type)[0]}`

/** Writes the code of stages that a team of invocations makes together, row by row. */
class RowsWriter {
  readonly #shader: Shader
  readonly #team: Team
  readonly #named = new Map<Buffer, string>()
  readonly #shared = new Map<string, string>()
  #next = 0

  constructor(shader: Shader, team: Team) {
    this.#shader = shader
    this.#team = team
  }

  get declarations(): string {
    return [...this.#shared].map(([name, type]) => `var<workgroup> ${name}: ${type};\n`).join('')
  }

  #access(store: Access['store']): Access {
    return {
      load: (buffer, index) => {
        const name = this.#named.get(buffer)
        return name === undefined ? this.#shader.load(buffer, index) : buffer.shape.length === 0 ? name : `${name}[base${buffer.shape[0]} + ${index}]`
      },
      store,
    }
  }

  /** Statements for one value at `vars`, whose texts are given; `use` says what becomes of it. */
  #value(table: Table, vars: readonly (readonly [Var, string])[], value: Expr, position: Expr, buffer: Buffer, use: Access['store']): string {
    const { counters: locals, statements } = lowerOpen(table, { axes: vars.map(v => v[0]), buffer, position, value, op: 'set' }, vars.length)
    return `${vars.map(([, text], i) => `let ${nameOf(locals[i]!)} = ${text};\n`).join('')}${printStatements(statements, this.#access(use))}`
  }

  /** Reductions of whole rows in an expression become values that the team makes together. */
  #reductions(stage: RowStage, table: Table, value: Expr): { readonly code: string; readonly value: Expr } {
    let code = ''
    const flat = simplifier(table, undefined, true)
    const rest = rewrite(value, e => {
      const n = e.node
      if (n.kind !== 'reduce') return e
      const free = table.free(e)
      const count = n.vars.reduce((p, v) => p * v.node.extent, 1)
      if (count < 4 || [...free].some(v => v !== stage.row)) return e
      const term = variable(count)
      const body = flat(substitute(n.body, placesIn(n.vars, term)))
      const made: Buffer = { shape: [], dtype: 'float32' }
      const name = `r${this.#next++}`
      const op = reductionOp(n.op, e.type)
      const inner = this.#value(table, [[stage.row, 'row'], [term, 't']], body, constant(0, 'int'), made, (_, __, text) => folded(op, e.type, name, text, to => `${name} = ${to};\n`))
      code += `var ${name}: ${typeText(e.type)} = ${identityText(n.op, e.type)};\nfor (var t = seat; t < ${count}; t += ${this.#team.lanes}) {\n${inner}}\n`
      code += this.#together(name, e.type, (a, b) => folded(op, e.type, a, b, to => `${a} = ${to};\n`))
      const held = virtual(e.type)
      this.#named.set(held, name)
      return flatReadOf(held, e.type)
    })
    return { code, value: table.intern(rest) }
  }

  /** Makes one of the values that a row's invocations hold, and gives it to each of them. */
  #together(name: string, type: Scalar, fold: (a: string, b: string) => string): string {
    const { lanes, rows, step } = this.#team
    if (lanes === 1) return ''
    const shared = opOf(type)
    this.#shared.set(shared, `array<${typeText(type)}, ${lanes * rows}>`)
    let code = `${shared}[lane] = ${name};\nworkgroupBarrier();\n`
    for (let half = lanes / 2; half >= 1; half /= 2) code += `if (seat < ${half}) {\n${fold(`${shared}[lane]`, `${shared}[lane + ${half * step}u]`)}}\nworkgroupBarrier();\n`
    return `${code}${name} = ${shared}[lane - u32(seat) * ${step}u];\nworkgroupBarrier();\n`
  }

  stage(stage: RowStage, last: boolean): string {
    const table = new Table()
    const { buffer, row, element } = stage
    const made = this.#reductions(stage, table, table.intern(stage.value))
    const storage = storageOf(buffer.dtype)!
    const put = (at: string, text: string): string => `if (alive) { ${this.#shader.store(buffer, at, text)} }\n`
    if (element === undefined) {
      const name = `r${this.#next++}`
      const first = stage.seen ? `if (seat == 0) {\n${put('at', name)}}\n` : ''
      const body = this.#value(table, [[row, 'row']], made.value, stage.position, buffer, (_, at, text) => `${name} = ${narrowed(buffer, text)};\n${first && `let at = ${at};\n${first}`}`)
      if (stage.inside) this.#named.set(stage.inside, name)
      return `${made.code}var ${name}: ${typeText(scalarOf(buffer.dtype))};\n{\n${body}}\n`
    }
    const size = element.node.extent
    const { lanes, rows } = this.#team
    const cells = stage.inside && `c${this.#next++}`
    if (cells) {
      this.#shared.set(cells, `array<${typeText(scalarOf(buffer.dtype))}, ${size * rows}>`)
      this.#named.set(stage.inside!, cells)
    }
    const keep = (value: string): string => (cells ? `${cells}[base${size} + t] = ${narrowed(buffer, value)};\n` : '')
    const use: Access['store'] = (_, at, text) => {
      const value = `v${this.#next++}`
      return `let ${value} = ${text};\n${keep(value)}${stage.seen ? put(at, value) : ''}`
    }
    const wait = last || lanes === 1 ? '' : cells ? 'workgroupBarrier();\n' : 'storageBarrier();\n'
    if (storage.packed > 1 && stage.seen) {
      const bits = 32 / storage.packed
      const inner = this.#value(table, [[row, 'row'], [element, 't']], made.value, stage.position, buffer, (_, __, text) => {
        const value = `v${this.#next++}`
        return `let ${value} = ${text};\n${keep(value)}word |= ${storage.store(value)} << (u32(e) * ${bits}u);\n`
      })
      return `${made.code}for (var w = seat; w < ${size / storage.packed}; w += ${lanes}) {
var word = 0u;
for (var e = 0; e < ${storage.packed}; e++) {
let t = w * ${storage.packed} + e;
${inner}}
if (alive) { ${this.#shader.put(buffer, `row * ${size / storage.packed} + w`, 'word')} }
}
${wait}`
    }
    const inner = this.#value(table, [[row, 'row'], [element, 't']], made.value, stage.position, buffer, use)
    return `${made.code}for (var t = seat; t < ${size}; t += ${lanes}) {\n${inner}}\n${wait}`
  }
}

/** A value as it would be read again after it was stored. */
function narrowed({ dtype }: Buffer, text: string): string {
  const { packed, load, store } = storageOf(dtype)!
  return packed === 1 && dtype !== 'uint32' ? text : load(store(text))
}

const virtual = (type: Scalar): Buffer => ({ shape: [], dtype: type === 'bool' ? 'bool' : type === 'int' ? 'int32' : type === 'long' ? 'int64' : type === 'ulong' ? 'uint64' : type === 'double' ? 'float64' : 'float32' })
const flatReadOf = (buffer: Buffer, type: Scalar): Expr => {
  const e = flatRead(buffer, constant(0, 'int'))
  return e.type === type ? e : e.to(type)
}

/** Each variable's value where all together, the last running fastest, stand at a place. */
export function placesIn(vars: readonly Var[], place: Expr): Map<Expr, Expr> {
  const out = new Map<Expr, Expr>()
  let step = 1
  for (const [i, v] of [...vars.entries()].reverse()) {
    const n = v.node.extent
    const quotient = step === 1 ? place : place.floordiv(step)
    out.set(v, n === 1 ? constant(0, 'int') : i === 0 ? quotient : quotient.floormod(n))
    step *= n
  }
  return out
}

/** One kernel for stages over the same rows. Each stage reads of the ones before it what belongs to its own row, through `inside` or memory. */
export function rowsKernel(context: KernelContext, stages: readonly RowStage[], team: Team, label = 'rows'): Kernel {
  const shader = new Shader(context)
  const writer = new RowsWriter(shader, team)
  const count = stages[0]!.row.node.extent
  const body = stages.map((s, i) => writer.stage(s, i === stages.length - 1)).join('')
  const { lanes, rows, step } = team
  const groups = Math.ceil(count / rows)
  const x = Math.min(groups, context.profile.groupsPerDimension)
  const place = step === 1 ? [`i32(lane) % ${lanes}`, `i32(lane) / ${lanes}`] : [`i32(lane) / ${rows}`, `i32(lane) % ${rows}`]
  const sizes = new Set(stages.flatMap(s => (s.inside && s.element ? [s.element.node.extent] : [])))
  const head = `let seat = ${place[0]};
let line = i32(group.x + group.y * ${x}u) * ${rows} + ${place[1]};
let alive = line < ${count};
let row = min(line, ${count - 1});
${[...sizes].map(n => `let base${n} = (${place[1]}) * ${n};\n`).join('')}`
  return shader.build(label, `${head}${body}`, [lanes * rows, 1, 1], [x, Math.ceil(groups / x), 1], writer.declarations)
}

const wordsOf = (type: Scalar): number => (type === 'long' || type === 'ulong' ? 2 : 1)

/** Bytes of memory that a team of this size shares. */
export function sharedBytes(stages: readonly RowStage[], team: Team): number {
  const trees = new Map<string, number>()
  for (const s of stages) visit([s.value], e => (e.node.kind === 'reduce' && team.lanes > 1 ? trees.set(opOf(e.type), 4 * wordsOf(e.type) * team.lanes * team.rows) : 0))
  return [...trees.values()].reduce((a, b) => a + b, 0) + stages.reduce((n, s) => n + (s.inside && s.element ? sizeOf([s.element.node.extent, team.rows]) * wordsOf(scalarOf(s.buffer.dtype)) * 4 : 0), 0)
}
