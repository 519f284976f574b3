import { linearOf, positionOf, sizeOf } from './analysis/linear.ts'
import { simplifier } from './analysis/simplify.ts'
import { visit } from './analysis/stages.ts'
import { substitute } from './analysis/substitute.ts'
import { Table } from './analysis/table.ts'
import { type Buffer, cast, type Expr, read, type Scalar, scalarOf, type Var } from './expr.ts'

/** A walk through a buffer: an element's place is `offset` plus, for each variable, its value times a step. In elements. */
interface Walk {
  readonly buffer: Buffer
  readonly offset: number
  readonly steps: ReadonlyMap<Expr, number>
}

/** An axis walked outside the blocked product, and how far each operand moves with it. */
export interface OuterAxis {
  readonly extent: number
  readonly a: number
  readonly b: number
  readonly c: number
  readonly bias: number
  readonly addend: number
}

/** Something added to the sums: at `offset` plus `row` times the row and `column` times the column. */
export interface Added {
  readonly buffer: Buffer
  readonly offset: number
  readonly row: number
}

/** C[m, n] = sum over k of A[m, k] * B[k, n], for every setting of the outer axes, with what follows on the sums. All places are in elements. */
export interface Contraction {
  readonly a: Buffer
  readonly b: Buffer
  readonly c: Buffer
  readonly offsets: { readonly a: number; readonly b: number }
  /** Places of the rows of A, of the columns of B, and of the terms in both. */
  readonly rows: Int32Array
  readonly columns: Int32Array
  readonly termsA: Int32Array
  readonly termsB: Int32Array
  /** From a row of C to the next. Columns lie next to each other. */
  readonly stride: number
  readonly outer: readonly OuterAxis[]
  readonly bias: Added | undefined
  readonly addend: Added | undefined
  readonly clamp: readonly [low: number, high: number] | undefined
  /** Set when the sums are `c` raw and this stage makes the wanted buffer of them. */
  readonly after: Buffer | undefined
}

/** Fewer multiplications than this are not worth packing: in one product, and in all settings of the outer axes. */
const least = { each: 2048, all: 16384 }

const walkOf = (table: Table, e: Expr, double = false): Walk | undefined => {
  if (e.node.kind !== 'read' || !(e.node.buffer.dtype === 'float32' || (double && e.node.buffer.dtype === 'float64'))) return undefined
  const { offset, terms } = linearOf(table, e.node.indices[0]!)
  return [...terms.keys()].every(x => x.node.kind === 'var') ? { buffer: e.node.buffer, offset, steps: terms } : undefined
}

/**
 * Sees a stage as a contraction of two float32 operands; undefined when it is none, or too small. With `double` the operands
 * may be float64 too, and the sums are always raw: of float64.
 */
export function recogniseContraction(buffer: Buffer, double = false): Contraction | undefined {
  const { axes, body, fill } = buffer.stage!
  const isFloat = (type: Scalar): boolean => type === 'float' || (double && type === 'double')
  if (fill.kind !== 'map' || !isFloat(scalarOf(buffer.dtype))) return undefined
  const table = new Table()
  const flat = simplifier(table, undefined, true)
  const value = flat(body)
  const reductions = new Set<Expr>()
  visit([value], e => (e.node.kind === 'reduce' ? reductions.add(e) : 0))
  const [sum] = reductions
  if (reductions.size !== 1 || sum!.node.kind !== 'reduce' || sum!.node.op !== 'sum' || !isFloat(sum!.type)) return undefined
  const product = sum!.node.body.node
  if (product.kind !== 'binary' || product.op !== 'mul') return undefined
  const [p, q] = [walkOf(table, product.a, double), walkOf(table, product.b, double)]
  if (p === undefined || q === undefined) return undefined

  const long = axes.filter(v => v.node.extent > 1)
  const position = linearOf(table, flat(positionOf(buffer, axes)))
  const place = (v: Var): number => position.terms.get(v) ?? 0
  const last = long.find(v => place(v) === 1)
  if (last === undefined || p.steps.has(last) === q.steps.has(last)) return undefined
  const [a, b] = q.steps.has(last) ? [p, q] : [q, p]
  const columns = merged(long, place, 1, v => b.steps.has(v) && !a.steps.has(v))
  const rowAxes = long.filter(v => a.steps.has(v) && !b.steps.has(v)).sort((x, y) => place(x) - place(y))
  const stride = rowAxes.length > 0 ? place(rowAxes[0]!) : 0
  const rows = merged(long, place, stride, v => rowAxes.includes(v))
  const terms = sum!.node.vars.filter(v => v.node.extent > 1)
  const count = (vs: readonly Var[]): number => vs.reduce((n, v) => n * v.node.extent, 1)
  const [m, n, k] = [count(rows), count(columns), count(terms)]
  if (m < 3 || n < 4 || k < 4 || m * n * k < least.each || sizeOf(buffer.shape) * k < least.all || terms.some(v => v.node.extent === 0)) return undefined

  const outerAxes = long.filter(v => !rows.includes(v) && !columns.includes(v))
  const epilogue = !double && buffer.dtype === 'float32' ? followOf(table, value, sum!, rows, columns) : undefined
  const raw: Buffer | undefined = epilogue === undefined ? { shape: buffer.shape, dtype: double ? 'float64' : 'float32' } : undefined
  const plain = simplifier(table)(body)
  const after: Buffer | undefined = raw && { ...buffer, stage: { axes, body: substitute(plain, new Map([[sumIn(plain), cast(read(raw, axes), sum!.type)]])), fill } }
  const step = (w: Walk | undefined, v: Expr): number => w?.steps.get(v) ?? 0
  const added = (w: Walk | undefined): Added | undefined => w && { buffer: w.buffer, offset: w.offset, row: rows.length > 0 ? step(w, rows.at(-1)!) : 0 }
  return {
    a: a.buffer,
    b: b.buffer,
    c: raw ?? buffer,
    offsets: { a: a.offset, b: b.offset },
    rows: places(rows, v => step(a, v)),
    columns: places(columns, v => step(b, v)),
    termsA: places(terms, v => step(a, v)),
    termsB: places(terms, v => step(b, v)),
    stride,
    outer: outerAxes.map(v => ({ extent: v.node.extent, a: step(a, v), b: step(b, v), c: place(v), bias: step(epilogue?.bias, v), addend: step(epilogue?.addend, v) })),
    bias: added(epilogue?.bias),
    addend: added(epilogue?.addend),
    clamp: epilogue?.clamp,
    after,
  }
}

function sumIn(body: Expr): Expr {
  let found: Expr = body
  visit([body], e => {
    if (e.node.kind === 'reduce') found = e
  })
  return found
}

/** Axes of a kind, outermost first, that together run through memory with one step. */
function merged(axes: readonly Var[], place: (v: Var) => number, step: number, fits: (v: Var) => boolean): Var[] {
  const found: Var[] = []
  for (let next = step; ; ) {
    const v = axes.find(x => fits(x) && place(x) === next && !found.includes(x))
    if (v === undefined) return found
    found.unshift(v)
    next *= v.node.extent
  }
}

/** The places that several variables reach, the last running fastest. */
function places(vars: readonly Var[], step: (v: Var) => number): Int32Array {
  let all = Int32Array.of(0)
  for (const v of vars) {
    const n = v.node.extent
    const next = new Int32Array(all.length * n)
    all.forEach((base, i) => {
      for (let j = 0; j < n; j++) next[i * n + j] = base + j * step(v)
    })
    all = next
  }
  return all
}

interface Follow {
  readonly bias: Walk | undefined
  readonly addend: Walk | undefined
  readonly clamp: readonly [number, number] | undefined
}

/** What happens to the sums, when it is only adding a vector over rows and a matrix, and clamping. */
function followOf(table: Table, value: Expr, sum: Expr, rows: readonly Var[], columns: readonly Var[]): Follow | undefined {
  let [low, high] = [-Infinity, Infinity]
  let e = value
  for (;;) {
    const n = e.node
    if (n.kind !== 'binary' || (n.op !== 'min' && n.op !== 'max')) break
    const [inner, limit] = n.b.node.kind === 'const' ? [n.a, Number(n.b.node.value)] : n.a.node.kind === 'const' ? [n.b, Number(n.a.node.value)] : [e, NaN]
    if (Number.isNaN(limit)) return undefined
    if (n.op === 'min') high = Math.min(high, limit)
    else low = Math.max(low, limit)
    e = inner
  }
  if (low > high) return undefined
  const clamp = low > -Infinity || high < Infinity ? ([low, high] as const) : undefined
  const leaves: Expr[] = []
  const split = (x: Expr): void => {
    if (x.node.kind === 'binary' && x.node.op === 'add' && x !== sum) {
      split(x.node.a)
      split(x.node.b)
    } else leaves.push(x)
  }
  split(e)
  if (leaves.filter(x => x === sum).length !== 1) return undefined
  let bias: Walk | undefined
  let addend: Walk | undefined
  for (const leaf of leaves) {
    if (leaf === sum) continue
    const w = walkOf(table, leaf)
    if (w === undefined) return undefined
    const onRows = steady(w, rows)
    const onColumns = steady(w, columns)
    if (onRows === undefined || onColumns === undefined) return undefined
    if (onColumns === 0 && onRows === 1 && bias === undefined) bias = w
    else if (onColumns === 1 && addend === undefined) addend = w
    else return undefined
  }
  return { bias, addend, clamp }
}

/** The one step with which a walk moves along merged axes. */
function steady(w: Walk, axes: readonly Var[]): number | undefined {
  const inner = axes.at(-1)
  if (inner === undefined) return 0
  const step = w.steps.get(inner) ?? 0
  let expected = step
  for (let i = axes.length - 1; i >= 0; i--) {
    if ((w.steps.get(axes[i]!) ?? 0) !== expected) return undefined
    expected *= axes[i]!.node.extent
  }
  return step
}
