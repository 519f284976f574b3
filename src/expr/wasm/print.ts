import type { Buffer } from '../expr.ts'
import { storageBytes } from '../storage.ts'
import type { Local, Statement, Term } from '../loop.ts'
import { type Code, countedLoop, type FunctionBuilder, i32, op } from './encode.ts'
import { axisLanes, reductionLanes } from './lanes.ts'
import { binaryCode, castCode, constCode, decodeCode, loadCode, storeCode, unaryCode, valueType } from './scalar.ts'

/**
 * Buffers begin at this address or above. A constant of up to as many bytes may be folded into an access: the rest of an
 * index may be negative, but the address without the constant is not, and WebAssembly adds the constant without wrapping.
 */
export const lowestAddress = 4096

/** Prints the loops of one nest into a function. Addresses of buffers are in i32 locals. */
export class Printer {
  readonly f: FunctionBuilder
  readonly #addresses: ReadonlyMap<Buffer, number>
  readonly #slots = new Map<number, number>()
  readonly #vectors: boolean
  constructor(f: FunctionBuilder, addresses: ReadonlyMap<Buffer, number>, vectors = true) {
    this.f = f
    this.#addresses = addresses
    this.#vectors = vectors
  }

  slot(local: Local): number {
    let slot = this.#slots.get(local.id)
    if (slot === undefined) this.#slots.set(local.id, (slot = this.f.local(valueType(local.type))))
    return slot
  }

  statements(statements: readonly Statement[]): Code {
    return statements.flatMap(s => this.statement(s))
  }

  statement(s: Statement): Code {
    switch (s.kind) {
      case 'let': case 'var': case 'set': return [...this.term(s.value), ...op.set(this.slot(s.local))]
      case 'if': return [...this.term(s.condition), ...op.if(undefined, this.statements(s.body), this.statements(s.otherwise))]
      case 'store': {
        const { code, offset } = this.address(s.buffer, s.index)
        return [...code, ...this.term(s.value), ...storeCode(this.f, s.buffer.dtype, offset)]
      }
      case 'for': return (this.#vectors ? (s.role === 'axis' ? axisLanes(this, s) : reductionLanes(this, s)) : undefined) ?? this.loopOf(s, this.statements(s.body))
    }
  }

  /** A loop over a body that is printed already. */
  loopOf(s: Statement & { kind: 'for' }, body: Code): Code {
    const counter = this.slot(s.local)
    const start = [...this.term(s.from), ...op.set(counter)]
    if (s.to.kind === 'const') return [...start, ...countedLoop(counter, this.term(s.to), body)]
    const end = this.f.local(i32)
    return [...this.term(s.to), ...op.set(end), ...start, ...countedLoop(counter, op.get(end), body)]
  }

  /** The address of an element, less a constant offset. */
  address(buffer: Buffer, index: Term): { readonly code: Code; readonly offset: number } {
    const bytes = storageBytes(buffer.dtype)
    const base = op.get(this.#addresses.get(buffer)!)
    if (index.kind === 'const' && Number(index.value) >= 0) return { code: base, offset: Number(index.value) * bytes }
    let rest = index
    let offset = 0
    if (index.kind === 'binary' && index.op === 'add' && index.b.kind === 'const' && Number(index.b.value) >= 0 && Number(index.b.value) * bytes <= lowestAddress) {
      rest = index.a
      offset = Number(index.b.value) * bytes
    }
    const scaled = bytes === 1 ? this.term(rest) : [...this.term(rest), ...op.i32(Math.log2(bytes)), 0x74]
    return { code: [...base, ...scaled, op.add], offset }
  }

  term(t: Term): Code {
    switch (t.kind) {
      case 'const': return constCode(t.value, t.type)
      case 'local': return op.get(this.slot(t.local))
      case 'load': {
        const { code, offset } = this.address(t.buffer, t.index)
        return [...code, ...loadCode(t.buffer.dtype, offset), ...decodeCode(this.f, t.buffer.dtype)]
      }
      case 'cast': return [...this.term(t.a), ...castCode(t.a.type, t.type)]
      case 'unary': return [...this.term(t.a), ...unaryCode(this.f, t.op, t.a.type)]
      case 'binary': {
        const divisor = t.b.kind === 'const' && Number(t.b.value) > 0 ? Number(t.b.value) : undefined
        return [...this.term(t.a), ...this.term(t.b), ...binaryCode(this.f, t.op, t.a.type, divisor)]
      }
      case 'select': return [...this.term(t.condition), ...op.if(valueType(t.type), this.term(t.a), this.term(t.b))]
    }
  }
}
