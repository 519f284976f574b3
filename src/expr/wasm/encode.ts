/** Value types of WebAssembly (core specification 5.3). */
export const i32 = 0x7f
export const i64 = 0x7e
export const f32 = 0x7d
export const f64 = 0x7c
export const v128 = 0x7b
export type ValueType = typeof i32 | typeof i64 | typeof f32 | typeof f64 | typeof v128

export type Code = number[]

/** LEB128 of an unsigned 32-bit number. */
export function unsigned(n: number): Code {
  const out: Code = []
  do {
    const low = n & 127
    n >>>= 7
    out.push(n ? low | 128 : low)
  } while (n)
  return out
}

/** LEB128 of a signed number. */
export function signed(value: number | bigint): Code {
  const out: Code = []
  for (let n = BigInt(value); ; ) {
    const low = Number(n & 127n)
    n >>= 7n
    if ((n === 0n && !(low & 64)) || (n === -1n && low & 64)) {
      out.push(low)
      return out
    }
    out.push(low | 128)
  }
}

const text = (s: string): Code => [...unsigned(s.length), ...[...s].map(c => c.charCodeAt(0))]
const bytesOf = (array: Float32Array | Float64Array): Code => [...new Uint8Array(array.buffer)]

/** Instructions; those with an index or constant are functions. Numbers are the binary opcodes (core specification 5.4). */
export const op = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  tee: (local: number): Code => [0x22, ...unsigned(local)],
  call: (f: number): Code => [0x10, ...unsigned(f)],
  i32: (value: number): Code => [0x41, ...signed(value | 0)],
  i64: (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))],
  f32: (value: number): Code => [0x43, ...bytesOf(Float32Array.of(value))],
  f64: (value: number): Code => [0x44, ...bytesOf(Float64Array.of(value))],
  /** A vector of four float constants. */
  f32x4: (value: number): Code => {
    const four = bytesOf(Float32Array.of(value, value, value, value))
    return [0xfd, 12, ...four]
  },
  i32x4: (a: number, b = a, c = a, d = a): Code => [0xfd, 12, ...new Uint8Array(Int32Array.of(a, b, c, d).buffer)],
  simd: (code: number): Code => [0xfd, ...unsigned(code)],
  lane: (code: number, lane: number): Code => [0xfd, ...unsigned(code), lane],
  shuffle: (lanes: readonly number[]): Code => [0xfd, 13, ...lanes],
  memory: (code: number | Code, offset: number, align = 0): Code => [...(typeof code === 'number' ? [code] : code), align, ...unsigned(offset)],
  if: (type: ValueType | undefined, then: Code, otherwise: Code = []): Code => [0x04, type ?? 0x40, ...then, ...(otherwise.length ? [0x05, ...otherwise] : []), 0x0b],
  block: (body: Code): Code => [0x02, 0x40, ...body, 0x0b],
  loop: (body: Code): Code => [0x03, 0x40, ...body, 0x0b],
  br: (depth: number): Code => [0x0c, ...unsigned(depth)],
  brIf: (depth: number): Code => [0x0d, ...unsigned(depth)],
  add: 0x6a,
  sub: 0x6b,
  mul: 0x6c,
  lt: 0x48,
  ge: 0x4e,
  select: 0x1b,
  drop: 0x1a,
} as const

/** While `counter < to`, runs `body` and steps; both locals are i32. */
export const countedLoop = (counter: number, to: Code, body: Code, step = 1): Code =>
  op.block([...op.get(counter), ...to, op.ge, ...op.brIf(0), ...op.loop([...body, ...op.get(counter), ...op.i32(step), op.add, ...op.tee(counter), ...to, op.lt, ...op.brIf(0)])])

export interface Import {
  readonly name: string
  readonly params: readonly ValueType[]
  readonly results: readonly ValueType[]
}

/** A function under way: locals are numbered after the parameters as they are asked for. */
export class FunctionBuilder implements Import {
  readonly name: string
  readonly params: readonly ValueType[]
  readonly results: readonly ValueType[]
  readonly locals: ValueType[] = []
  code: Code = []
  /** Set when it calls functions of the host. */
  callsHost = false
  constructor(name: string, params: readonly ValueType[], results: readonly ValueType[] = []) {
    this.name = name
    this.params = params
    this.results = results
  }
  local(type: ValueType): number {
    this.locals.push(type)
    return this.params.length + this.locals.length - 1
  }
}

/**
 * A module over an imported memory `m.memory` and imported functions of `m`; exports every function by name. Functions are
 * numbered imports first.
 */
export function encodeModule(imports: readonly Import[], functions: readonly FunctionBuilder[]): Uint8Array<ArrayBuffer> {
  const types: Code[] = []
  const numbers = new Map<string, number>()
  const typeOf = (f: Import): number => {
    const key = `${f.params.join()}>${f.results.join()}`
    let n = numbers.get(key)
    if (n === undefined) {
      numbers.set(key, (n = types.length))
      types.push([0x60, ...unsigned(f.params.length), ...f.params, ...unsigned(f.results.length), ...f.results])
    }
    return n
  }
  const importItems = [[...text('m'), ...text('memory'), 2, 0, 0], ...imports.map(f => [...text('m'), ...text(f.name), 0, ...unsigned(typeOf(f))])]
  const functionItems = functions.map(f => unsigned(typeOf(f)))
  const exportItems = functions.map((f, i) => [...text(f.name), 0, ...unsigned(i + imports.length)])
  const codeItems = functions.map(f => {
    const groups: [count: number, type: ValueType][] = []
    for (const t of f.locals) {
      if (groups.at(-1)?.[1] === t) groups.at(-1)![0]++
      else groups.push([1, t])
    }
    const body = concat([unsigned(groups.length), ...groups.map(([n, t]) => [...unsigned(n), t]), f.code, [0x0b]])
    return concat([unsigned(body.length), body])
  })
  const section = (id: number, items: readonly ArrayLike<number>[]): ArrayLike<number> => {
    const body = concat([unsigned(items.length), ...items])
    return concat([[id], unsigned(body.length), body])
  }
  return concat([[0, 97, 115, 109, 1, 0, 0, 0], section(1, types), section(2, importItems), section(3, functionItems), section(7, exportItems), section(10, codeItems)])
}

function concat(parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of parts) {
    out.set(p, at)
    at += p.length
  }
  return out
}
