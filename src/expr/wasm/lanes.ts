import type { BinaryOp } from '../expr.ts'
import type { Local, Statement, Term } from '../loop.ts'
import { identityOf } from '../analysis/guards.ts'
import { type Code, countedLoop, op, v128 } from './encode.ts'
import { i4, x4 } from './math.ts'
import type { Printer } from './print.ts'
import { binaryCode } from './scalar.ts'
import { Lanes, Unvectorisable } from './vector.ts'

type Loop = Statement & { kind: 'for' }

const constantLimits = (s: Loop): readonly [number, number] | undefined =>
  s.from.kind === 'const' && s.to.kind === 'const' ? [Number(s.from.value), Number(s.to.value)] : undefined

const holdsAxis = (body: readonly Statement[]): boolean => body.some(s => s.kind === 'for' && (s.role === 'axis' || holdsAxis(s.body)))

/**
 * An innermost axis four elements at a time; the last four overlap those before when the extent is not a multiple.
 * Undefined when it has no such form, or when the loads inside its reductions lie closer along the reductions.
 */
export function axisLanes(printer: Printer, s: Loop): Code | undefined {
  const limits = constantLimits(s)
  if (limits === undefined || limits[1] - limits[0] < 4 || holdsAxis(s.body)) return undefined
  const lanes = new Lanes(printer, s.local)
  try {
    const own = new Set<number>()
    while (lanes.learn(s.body, own));
    if (scattersInside(lanes, s.body, false)) return undefined
    const [from, to] = limits
    const counter = printer.slot(s.local)
    const body = lanes.statements(s.body)
    if ((to - from) % 4 === 0) return [...op.i32(from), ...op.set(counter), ...countedLoop(counter, op.i32(to), body, 4)]
    const back = [...op.get(counter), ...op.i32(to - 4), ...op.get(counter), ...op.i32(to - 4), op.lt, op.select, ...op.set(counter), ...op.br(1)]
    const next = [...op.get(counter), ...op.i32(4), op.add, ...op.tee(counter), ...op.i32(to), op.lt, ...op.if(undefined, back)]
    return [...op.i32(from), ...op.set(counter), ...op.loop([...body, ...next])]
  } catch (e) {
    if (e instanceof Unvectorisable) return undefined
    throw e
  }
}

/** Whether loads within reductions would be gathered element by element. */
function scattersInside(lanes: Lanes, body: readonly Statement[], inside: boolean): boolean {
  const far = (t: Term): boolean => {
    switch (t.kind) {
      case 'const': case 'local': return false
      case 'load': {
        const spread = lanes.spread(t.index)
        return spread !== 'same' && !(typeof spread === 'number' && Math.abs(spread) <= 2)
      }
      case 'cast': case 'unary': return far(t.a)
      case 'binary': return far(t.a) || far(t.b)
      case 'select': return far(t.condition) || far(t.a) || far(t.b)
    }
  }
  return body.some(s => {
    if (s.kind === 'for') return scattersInside(lanes, s.body, true)
    if (s.kind === 'if') return scattersInside(lanes, s.body, inside) || scattersInside(lanes, s.otherwise, inside)
    return inside && s.kind !== 'store' && far(s.value)
  })
}

interface Accumulator {
  readonly local: Local
  readonly name: BinaryOp
  readonly value: Term
  readonly slots: readonly number[]
}

const vectorOps: Partial<Record<string, Code>> = {
  'float add': x4.add, 'float mul': x4.mul, 'float min': x4.min, 'float max': x4.max,
  'int add': i4.add, 'int mul': i4.mul, 'int min': i4.min, 'int max': i4.max,
}
const reductionOf: Partial<Record<BinaryOp, 'sum' | 'prod' | 'min' | 'max'>> = { add: 'sum', mul: 'prod', min: 'min', max: 'max' }

/** An innermost reduction over four or sixteen partial results; undefined when it has no such form. */
export function reductionLanes(printer: Printer, s: Loop): Code | undefined {
  const limits = constantLimits(s)
  if (limits === undefined || limits[1] - limits[0] < 8) return undefined
  const [from, to] = limits
  const lanes = new Lanes(printer, s.local)
  const width = to - from >= 64 ? 4 : 1
  try {
    const named: (Statement & { kind: 'let' })[] = []
    const accumulators: Accumulator[] = []
    for (const x of s.body) {
      if (x.kind === 'let') named.push(x)
      else if (x.kind === 'set' && x.value.kind === 'binary' && x.value.a.kind === 'local' && x.value.a.local.id === x.local.id && vectorOps[`${x.local.type} ${x.value.op}`])
        accumulators.push({ local: x.local, name: x.value.op, value: x.value.b, slots: Array.from({ length: width }, () => printer.f.local(v128)) })
      else return undefined
    }
    lanes.learn(named, new Set())
    if (accumulators.length === 0 || accumulators.some(a => lanes.spread(a.value) !== 'any')) return undefined
    const inBody = [...named, ...accumulators.map((a): Statement => ({ kind: 'let', local: a.local, value: a.value }))]
    if (scattersInside(lanes, inBody, true)) return undefined
    return printReduction(printer, s, lanes, named, accumulators, from, to, width)
  } catch (e) {
    if (e instanceof Unvectorisable) return undefined
    throw e
  }
}

function printReduction(printer: Printer, s: Loop, lanes: Lanes, named: readonly Statement[], accumulators: readonly Accumulator[], from: number, to: number, width: number): Code {
  const counter = printer.slot(s.local)
  const advance = [...op.get(counter), ...op.i32(4), op.add, ...op.set(counter)]
  const step = (u: number): Code => [
    ...lanes.statements(named),
    ...accumulators.flatMap(a => [...op.get(a.slots[u]!), ...lanes.vector(a.value), ...vectorOps[`${a.local.type} ${a.name}`]!, ...op.set(a.slots[u]!)]),
  ]
  const wide = from + Math.floor((to - from) / (4 * width)) * 4 * width
  const four = from + Math.floor((to - from) / 4) * 4
  const start = accumulators.flatMap(a => {
    const identity = Number(identityOf(reductionOf[a.name]!, a.local.type))
    return a.slots.flatMap(slot => [...(a.local.type === 'float' ? op.f32x4(identity) : op.i32x4(identity)), ...op.set(slot)])
  })
  const unrolled = Array.from({ length: width }, (_, u) => [...step(u), ...(u < width - 1 ? advance : [])]).flat()
  const main = width === 1 ? countedLoop(counter, op.i32(four), step(0), 4) : [...countedLoop(counter, op.i32(wide), unrolled, 4), ...countedLoop(counter, op.i32(four), step(0), 4)]
  const finish = accumulators.flatMap(a => {
    const combine = vectorOps[`${a.local.type} ${a.name}`]!
    const all = a.slots.slice(1).flatMap(slot => [...op.get(a.slots[0]!), ...op.get(slot), ...combine, ...op.set(a.slots[0]!)])
    const slot = printer.slot(a.local)
    const lane = (i: number): Code => [...op.get(slot), ...op.get(a.slots[0]!), ...op.lane(a.local.type === 'float' ? 31 : 27, i), ...binaryCode(printer.f, a.name, a.local.type), ...op.set(slot)]
    return [...all, ...[0, 1, 2, 3].flatMap(lane)]
  })
  const rest = four < to ? countedLoop(counter, op.i32(to), printer.statements(s.body)) : []
  return [...start, ...op.i32(from), ...op.set(counter), ...main, ...finish, ...rest]
}
