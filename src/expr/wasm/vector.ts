import type { BinaryOp, Buffer, Scalar, UnaryOp } from '../expr.ts'
import type { Local, Statement, Term } from '../loop.ts'
import { storageBytes } from '../storage.ts'
import { type Code, op, v128 } from './encode.ts'
import { half } from './half.ts'
import { i4, vectorMath, x4 } from './math.ts'
import type { Printer } from './print.ts'
import { binaryCode, castCode, decodeCode, loadCode, storeCode, unaryCode } from './scalar.ts'

/** How a value differs between the four lanes of a loop: not at all, by a constant step, or in any way. */
export type Spread = 'same' | number | 'any'

/** Thrown where a loop has no four-lane form. */
export class Unvectorisable extends Error {}

const isInt = (t: Scalar): boolean => t === 'int' || t === 'bool'

/** Prints the terms of a loop's body for four successive values of its counter. Floats are f32x4, ints i32x4, bools masks. */
export class Lanes {
  readonly printer: Printer
  readonly spreads = new Map<number, Spread>()
  readonly #slots = new Map<number, number>()
  constructor(printer: Printer, counter: Local) {
    this.printer = printer
    this.spreads.set(counter.id, 1)
  }

  slot(local: Local): number {
    let slot = this.#slots.get(local.id)
    if (slot === undefined) this.#slots.set(local.id, (slot = this.printer.f.local(v128)))
    return slot
  }

  spread(t: Term): Spread {
    switch (t.kind) {
      case 'const': return 'same'
      case 'local': return this.spreads.get(t.local.id) ?? 'same'
      case 'load': return this.#checked(t, this.spread(t.index) === 'same' ? 'same' : 'any')
      case 'cast': case 'unary': return this.#checked(t, this.spread(t.a) === 'same' ? 'same' : 'any', t.a)
      case 'select': return this.#checked(t, [t.condition, t.a, t.b].every(x => this.spread(x) === 'same') ? 'same' : 'any')
      case 'binary': {
        const [a, b] = [this.spread(t.a), this.spread(t.b)]
        if (a === 'same' && b === 'same') return 'same'
        if (t.type === 'int' && a !== 'any' && b !== 'any') {
          const [p, q] = [a === 'same' ? 0 : a, b === 'same' ? 0 : b]
          if (t.op === 'add') return p + q
          if (t.op === 'sub') return p - q || 'same'
          if (t.op === 'mul' && t.b.kind === 'const') return p * Number(t.b.value) || 'same'
        }
        return this.#checked(t, 'any', t.a)
      }
    }
  }

  #checked(t: Term, spread: Spread, operand: Term = t): Spread {
    if (spread !== 'same' && [t.type, operand.type].some(x => x === 'double' || x === 'long' || x === 'ulong')) throw new Unvectorisable()
    return spread
  }

  /** Notes the spreads of what a body names; the caller repeats it until nothing changes. */
  learn(body: readonly Statement[], own: Set<number>): boolean {
    let changed = false
    const note = (local: Local, spread: Spread): void => {
      const old = this.spreads.get(local.id) ?? 'same'
      if (old === spread || old === 'any') return
      this.spreads.set(local.id, spread)
      changed = true
    }
    for (const s of body) {
      if (s.kind === 'let') note(s.local, this.spread(s.value))
      else if (s.kind === 'var') {
        own.add(s.local.id)
        if (this.spread(s.value) !== 'same') note(s.local, 'any')
      } else if (s.kind === 'set') {
        if (!own.has(s.local.id)) throw new Unvectorisable()
        if (this.spread(s.value) !== 'same') {
          if (!isInt(s.local.type) && s.local.type !== 'float') throw new Unvectorisable()
          note(s.local, 'any')
        }
      } else if (s.kind === 'for') {
        if (this.spread(s.from) !== 'same' || this.spread(s.to) !== 'same') throw new Unvectorisable()
        changed = this.learn(s.body, own) || changed
      } else if (s.kind === 'if') {
        if (this.spread(s.condition) !== 'same') throw new Unvectorisable()
        changed = this.learn(s.body, own) || changed
        changed = this.learn(s.otherwise, own) || changed
      } else if (this.spread(s.index) === 'same') throw new Unvectorisable()
    }
    return changed
  }

  statement(s: Statement): Code {
    const p = this.printer
    switch (s.kind) {
      case 'let': case 'var': case 'set': {
        if (this.spreads.get(s.local.id) === 'any') return [...this.vector(s.value), ...op.set(this.slot(s.local))]
        return p.statement(s)
      }
      case 'if': return [...p.term(s.condition), ...op.if(undefined, this.statements(s.body), this.statements(s.otherwise))]
      case 'for': return p.loopOf(s, this.statements(s.body))
      case 'store': return this.#store(s.buffer, s.index, s.value)
    }
  }

  statements(body: readonly Statement[]): Code {
    return body.flatMap(s => this.statement(s))
  }

  /** The four values of a term. */
  vector(t: Term): Code {
    const spread = this.spread(t)
    if (t.kind === 'const') {
      if (t.type === 'float') return op.f32x4(Number(t.value))
      if (isInt(t.type)) return op.i32x4(t.type === 'bool' ? -Number(t.value) : Number(t.value))
    }
    if (spread === 'same') return this.#splat(t)
    if (spread !== 'any') return [...this.printer.term(t), ...i4.splat, ...op.i32x4(0, spread, 2 * spread, 3 * spread), ...i4.add]
    switch (t.kind) {
      case 'local': return op.get(this.slot(t.local))
      case 'load': return this.#load(t.buffer, t.index, t.type)
      case 'cast': return this.#cast(t.a, t.type)
      case 'unary': return this.#unary(t.op, t.a, t.type)
      case 'binary': return this.#binary(t.op, t.a, t.b, t.type)
      case 'select':
        if (this.spread(t.condition) === 'same') return [...this.printer.term(t.condition), ...op.if(v128, this.vector(t.a), this.vector(t.b))]
        return [...this.vector(t.a), ...this.vector(t.b), ...this.vector(t.condition), ...x4.bitselect]
    }
    throw new Unvectorisable()
  }

  #splat(t: Term): Code {
    const code = this.printer.term(t)
    if (t.type === 'float') return [...code, ...x4.splat]
    if (t.type === 'int') return [...code, ...i4.splat]
    if (t.type === 'bool') return [...code, ...i4.splat, ...i4.neg]
    throw new Unvectorisable()
  }

  /** Addresses of the four elements that an index means: code and a constant offset each. */
  #addresses(buffer: Buffer, index: Term): { readonly code: Code; readonly offset: number }[] {
    const spread = this.spread(index)
    const bytes = storageBytes(buffer.dtype)
    if (spread === 'any') {
      const at = this.printer.f.local(v128)
      const base = this.printer.address(buffer, { kind: 'const', type: 'int', value: 0 }).code
      const scaled = [...this.vector(index), ...op.i32(Math.log2(bytes)), ...i4.shl, ...base, ...i4.splat, ...i4.add, ...op.set(at)]
      return [0, 1, 2, 3].map(i => ({ code: [...(i === 0 ? scaled : []), ...op.get(at), ...op.lane(27, i)], offset: 0 }))
    }
    const step = (spread === 'same' ? 0 : spread) * bytes
    const first = this.printer.address(buffer, index)
    return [0, 1, 2, 3].map(i => (step >= 0 ? { code: first.code, offset: first.offset + i * step } : { code: [...first.code, ...op.i32(i * step), op.add], offset: first.offset }))
  }

  #load(buffer: Buffer, index: Term, type: Scalar): Code {
    const spread = this.spread(index)
    const { dtype } = buffer
    if (spread === 1 || spread === 2) {
      const { code, offset } = this.printer.address(buffer, index)
      const m = (simd: number, at = offset): Code => [...code, ...op.memory(op.simd(simd), at)]
      if (dtype === 'float32' || dtype === 'int32') {
        if (spread === 1) return m(0)
        return [...m(0), ...m(0, offset + 12), ...op.shuffle([0, 1, 2, 3, 8, 9, 10, 11, 20, 21, 22, 23, 28, 29, 30, 31])]
      }
      if (spread === 1) {
        if (dtype === 'int8' || dtype === 'uint8' || dtype === 'bool') {
          const wide = dtype === 'int8' ? [...m(92), ...op.simd(135), ...op.simd(167)] : [...m(92), ...op.simd(137), ...op.simd(169)]
          return dtype === 'bool' ? [...wide, ...op.i32x4(0), ...i4.ne] : wide
        }
        if (dtype === 'int16') return m(3)
        if (dtype === 'uint16') return m(4)
        if (dtype === 'float16') return [...m(4), ...half.decode4(this.printer.f)]
        if (dtype === 'bfloat16') return [...m(4), ...op.i32(16), ...i4.shl]
      }
    }
    const lanes = this.#addresses(buffer, index).map(({ code, offset }) => [...code, ...loadCode(dtype, offset), ...decodeCode(this.printer.f, dtype)])
    return this.#gathered(lanes, type)
  }

  /** Four scalars as a vector. */
  #gathered(lanes: readonly Code[], type: Scalar): Code {
    const [splat, replace, widen] = type === 'float' ? [x4.splat, 32, []] : type === 'int' ? [i4.splat, 28, []] : [[...i4.splat], 28, [...op.i32(0), 0x47]]
    const code = lanes.flatMap((lane, i) => [...lane, ...widen, ...(i === 0 ? splat : op.lane(replace, i))])
    return type === 'bool' ? [...code, ...i4.neg] : code
  }

  #lane(slot: number, type: Scalar, i: number): Code {
    if (type === 'bool') return [...op.get(slot), ...op.lane(27, i), ...op.i32(1), 0x71]
    return [...op.get(slot), ...op.lane(type === 'float' ? 31 : 27, i)]
  }

  /** An operation that has no vector form, lane by lane. */
  #byLane(operands: readonly Term[], type: Scalar, operation: Code): Code {
    const slots = operands.map(() => this.printer.f.local(v128))
    const keep = operands.flatMap((t, i) => [...this.vector(t), ...op.set(slots[i]!)])
    return [...keep, ...this.#gathered([0, 1, 2, 3].map(i => [...operands.flatMap((t, k) => this.#lane(slots[k]!, t.type, i)), ...operation]), type)]
  }

  #cast(a: Term, to: Scalar): Code {
    const v = this.vector(a)
    const from = a.type
    if (to === 'bool') return from === 'float' ? [...v, ...op.f32x4(0), ...x4.ne] : [...v, ...op.i32x4(0), ...i4.ne]
    if (from === 'bool') return to === 'float' ? [...v, ...op.f32x4(1), ...x4.and] : [...v, ...i4.neg]
    if (from === 'int' && to === 'float') return [...v, ...x4.fromInt]
    if (from === 'float' && to === 'int') return [...v, ...x4.toInt]
    return this.#byLane([a], to, castCode(from, to))
  }

  #unary(name: UnaryOp, a: Term, type: Scalar): Code {
    const v = (): Code => this.vector(a)
    if (a.type === 'float') {
      const direct = { neg: x4.neg, abs: x4.abs, sqrt: x4.sqrt, floor: x4.floor, ceil: x4.ceil, trunc: x4.trunc, round: x4.nearest, fround: [] as Code }[name as 'neg']
      if (direct !== undefined) return [...v(), ...direct]
      const own = vectorMath[name]
      if (own !== undefined) return [...v(), ...own(this.printer.f)]
      if (name === 'isinf') return [...v(), ...x4.abs, ...op.f32x4(Infinity), ...x4.eq]
      if (name === 'isnan') {
        const slot = this.printer.f.local(v128)
        return [...v(), ...op.tee(slot), ...op.get(slot), ...x4.ne]
      }
    } else if (name === 'not') return [...v(), ...x4.not]
    else if (a.type === 'int' && (name === 'neg' || name === 'abs')) return [...v(), ...i4[name]]
    return this.#byLane([a], type, unaryCode(this.printer.f, name, a.type))
  }

  #binary(name: BinaryOp, a: Term, b: Term, type: Scalar): Code {
    const both = (code: Code): Code => [...this.vector(a), ...this.vector(b), ...code]
    if (name === 'and' || name === 'or' || name === 'xor') return both(x4[name])
    if (a.type === 'float') {
      const direct = { add: x4.add, sub: x4.sub, mul: x4.mul, div: x4.div, min: x4.min, max: x4.max, lt: x4.lt, le: x4.le, eq: x4.eq, ne: x4.ne }[name as 'add']
      if (direct !== undefined) return both(direct)
    } else if (a.type === 'int') {
      const direct = { add: i4.add, sub: i4.sub, mul: i4.mul, min: i4.min, max: i4.max, lt: i4.lt, le: i4.le, eq: i4.eq, ne: i4.ne }[name as 'add']
      if (direct !== undefined) return both(direct)
      const log = b.kind === 'const' && Number(b.value) > 0 ? Math.log2(Number(b.value)) : 0.5
      if (Number.isInteger(log) && name === 'floordiv') return [...this.vector(a), ...op.i32(log), ...i4.shrS]
      if (Number.isInteger(log) && name === 'floormod') return [...this.vector(a), ...op.i32x4(2 ** log - 1), ...x4.and]
    } else if (a.type === 'bool') {
      if (name === 'ne') return both(x4.xor)
      if (name === 'eq') return [...both(x4.xor), ...x4.not]
    }
    const divisor = b.kind === 'const' && Number(b.value) > 0 ? Number(b.value) : undefined
    return this.#byLane([a, b], type, binaryCode(this.printer.f, name, a.type, divisor))
  }

  #store(buffer: Buffer, index: Term, value: Term): Code {
    const f = this.printer.f
    const { dtype } = buffer
    const v = this.vector(value)
    if (this.spread(index) === 1) {
      const { code, offset } = this.printer.address(buffer, index)
      if (dtype === 'float32' || dtype === 'int32') return [...code, ...v, ...op.memory(op.simd(11), offset)]
      if (dtype === 'float16' || dtype === 'bfloat16') {
        const slot = f.local(v128)
        const low = [0, 1, 4, 5, 8, 9, 12, 13]
        return [...v, ...half.encode4(f, dtype), ...op.set(slot), ...code, ...op.get(slot), ...op.get(slot), ...op.shuffle([...low, ...low]), ...op.memory(op.simd(91), offset), 0]
      }
      if (dtype === 'int8' || dtype === 'uint8' || dtype === 'bool') {
        const bytes = dtype === 'bool' ? [...v, ...i4.neg] : v
        const slot = f.local(v128)
        return [...bytes, ...op.set(slot), ...code, ...op.get(slot), ...op.get(slot), ...op.shuffle([0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12]), ...op.memory(op.simd(90), offset), 0]
      }
    }
    const slot = f.local(v128)
    const lanes = this.#addresses(buffer, index).flatMap(({ code, offset }, i) => [...code, ...this.#lane(slot, value.type, i), ...storeCode(f, dtype, offset)])
    return [...v, ...op.set(slot), ...lanes]
  }
}

