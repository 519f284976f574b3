import { type Code, countedLoop, encodeModule, f32, FunctionBuilder, i32, op, v128 } from './encode.ts'
import { x4 } from './math.ts'

/** Rows and columns that the inner kernel holds in registers. */
export interface Tile {
  readonly rows: number
  /** A multiple of 4. */
  readonly columns: number
  /** Fused multiply-add (relaxed SIMD). */
  readonly fma: boolean
}

/** What `block` does with its sums besides storing them. */
export const gemmMode = { accumulate: 1, rowBias: 2, addend: 4, clamp: 8 } as const

/**
 * The module of packing and multiplying, one for all shapes. Addresses, strides and table entries are in bytes.
 *
 * `packRows`, `packColumns(source, offsets, ks, panels, depth, target)`: for panels of `rows` or `columns` elements, target[panel][k][j] =
 * source[offsets[panel * width + j] + ks[k]].
 *
 * `block(a, b, c, stride, rows, columns, depth, mode, bias, addend, addendStride, low, high, tile)`: c[m, n] = sum over k of a * b, both packed; added to what
 * is there, to bias[m], to addend[m, n], then clamped, as `mode` says. `tile` is memory for one tile.
 */
export function gemmModule(tile: Tile): Uint8Array<ArrayBuffer> {
  return encodeModule([], [packer('packRows', tile.rows), packer('packColumns', tile.columns), block(tile)])
}

const load4 = (address: Code, offset: number): Code => [...address, ...op.memory(op.simd(0), offset)]
const loadInt = (address: Code, offset = 0): Code => [...address, ...op.memory(0x28, offset)]
const bump = (local: number, by: Code): Code => [...op.get(local), ...by, op.add, ...op.set(local)]

function packer(name: string, width: number): FunctionBuilder {
  const f = new FunctionBuilder(name, [i32, i32, i32, i32, i32, i32])
  const [source, offsets, ks, panels, depth, target] = [0, 1, 2, 3, 4, 5] as const
  const groups = Math.floor(width / 4)
  const [panel, term, k, step, from] = [f.local(i32), f.local(i32), f.local(i32), f.local(i32), f.local(i32)]
  const base = Array.from({ length: width }, () => f.local(i32))
  /** Four elements that lie `apart` bytes from each other; 0 for anywhere. */
  const fourAt = (at: (j: number) => Code, g: number, apart: 0 | 4 | 8): Code => {
    if (apart === 4) return load4(at(4 * g), 0)
    if (apart === 8) return [...load4(at(4 * g), 0), ...load4(at(4 * g), 12), ...op.shuffle([0, 1, 2, 3, 8, 9, 10, 11, 20, 21, 22, 23, 28, 29, 30, 31])]
    return [...at(4 * g), ...op.memory(op.simd(92), 0), ...[1, 2, 3].flatMap(i => laneLoad(at(4 * g + i), i))]
  }
  const row = (apart: 0 | 4 | 8): Code => {
    const at = (j: number): Code => [...op.get(from), ...op.get(base[j]!), op.add]
    const code: Code = [...op.get(source), ...loadInt(op.get(k)), op.add, ...op.set(from)]
    for (let g = 0; g < groups; g++) code.push(...op.get(target), ...fourAt(at, g, apart), ...op.memory(op.simd(11), 16 * g))
    for (let j = 4 * groups; j < width; j++) code.push(...op.get(target), ...at(j), ...op.memory(0x2a, 0), ...op.memory(0x38, 4 * j))
    return [...code, ...bump(target, op.i32(4 * width)), ...bump(k, op.i32(4))]
  }
  const loop = (apart: 0 | 4 | 8): Code => countedLoop(term, op.get(depth), row(apart))
  const even = Array.from({ length: groups }, (_, g) =>
    [1, 2, 3].flatMap(i => [...op.get(base[4 * g + i]!), ...op.get(base[4 * g]!), op.sub, ...op.get(step), ...op.i32(i), op.mul, 0x46, 0x71]),
  ).flat()
  const isStep = (bytes: number): Code => [...op.get(step), ...op.i32(bytes), 0x46, ...even]
  f.code = countedLoop(panel, op.get(panels), [
    ...base.flatMap((b, j) => [...loadInt(op.get(offsets), 4 * j), ...op.set(b)]),
    ...op.get(base[1]!), ...op.get(base[0]!), op.sub, ...op.set(step),
    ...op.get(ks), ...op.set(k),
    ...op.i32(0), ...op.set(term),
    ...isStep(4), ...op.if(undefined, loop(4), [...isStep(8), ...op.if(undefined, loop(8), loop(0))]),
    ...bump(offsets, op.i32(4 * width)),
  ])
  return f
}

/** Puts a float at an address into a lane of the vector on the stack. */
const laneLoad = (address: Code, lane: number): Code => [...address, ...op.memory(0x2a, 0), ...op.lane(32, lane)]

function block({ rows, columns, fma }: Tile): FunctionBuilder {
  const f = new FunctionBuilder('block', [i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, f32, f32, i32])
  const [a, b, c, stride, rowCount, columnCount, depth, mode, bias, addend, addendStride, low, high, tile] = Array.from({ length: 14 }, (_, i) => i) as [number, number, number, number, number, number, number, number, number, number, number, number, number, number]
  const nv = columns / 4
  const [n, m, ap, bp, cp, dp, k, i, j, value] = [...Array.from({ length: 9 }, () => f.local(i32)), f.local(f32)] as [number, number, number, number, number, number, number, number, number, number]
  const [lows, highs, av] = [f.local(v128), f.local(v128), f.local(v128)]
  const acc = Array.from({ length: rows }, () => Array.from({ length: nv }, () => f.local(v128)))
  const bv = Array.from({ length: nv }, () => f.local(v128))
  const wide = f.local(i32)

  const step = (u: number, vectors: number): Code => [
    ...bv.slice(0, vectors).flatMap((r, v) => [...load4(op.get(bp), u * columns * 4 + v * 16), ...op.set(r)]),
    ...acc.flatMap((row, r) => [
      ...op.get(ap), ...op.memory(op.simd(9), (u * rows + r) * 4), ...op.set(av),
      ...row.slice(0, vectors).flatMap((x, v) =>
        fma
          ? [...op.get(av), ...op.get(bv[v]!), ...op.get(x), ...op.simd(0x105), ...op.set(x)]
          : [...op.get(av), ...op.get(bv[v]!), ...x4.mul, ...op.get(x), ...x4.add, ...op.set(x)],
      ),
    ]),
  ]
  const unroll = 4
  const advance = (u: number): Code => [...bump(ap, op.i32(u * rows * 4)), ...bump(bp, op.i32(u * columns * 4))]
  const main = f.local(i32)
  const product = (vectors: number): Code => [
    ...acc.flatMap(row => row.slice(0, vectors).flatMap(x => [...op.f32x4(0), ...op.set(x)])),
    ...op.get(a), ...op.get(m), ...op.get(depth), op.mul, ...op.i32(2), 0x74, op.add, ...op.set(ap),
    ...op.get(b), ...op.get(n), ...op.get(depth), op.mul, ...op.i32(2), 0x74, op.add, ...op.set(bp),
    ...op.i32(0), ...op.set(k),
    ...countedLoop(k, op.get(main), [...Array.from({ length: unroll }, (_, u) => step(u, vectors)).flat(), ...advance(unroll)], unroll),
    ...countedLoop(k, op.get(depth), [...step(0, vectors), ...advance(1)]),
  ]
  const whenMode = (bit: number, code: Code): Code => [...op.get(mode), ...op.i32(bit), 0x71, ...op.if(undefined, code)]
  const each = (vectors: number, g: (x: number, r: number, v: number) => Code): Code => acc.flatMap((row, r) => row.slice(0, vectors).flatMap((x, v) => g(x, r, v)))
  /** Adds rows of memory to the sums; `pointer` is used up. */
  const addRows = (vectors: number, pointer: number, by: number): Code =>
    acc.flatMap((row, r) => [...row.slice(0, vectors).flatMap((x, v) => [...op.get(x), ...load4(op.get(pointer), 16 * v), ...x4.add, ...op.set(x)]), ...(r < rows - 1 ? bump(pointer, op.get(by)) : [])])
  const rowOf = (start: number, by: number): Code => [...op.get(start), ...op.get(m), ...op.get(by), op.mul, op.add, ...op.get(n), ...op.i32(2), 0x74, op.add]
  const whole = (vectors: number): Code => [
    ...whenMode(gemmMode.accumulate, [...rowOf(c, stride), ...op.set(cp), ...addRows(vectors, cp, stride)]),
    ...whenMode(gemmMode.rowBias, acc.flatMap((row, r) => [
      ...op.get(bias), ...op.get(m), ...op.i32(2), 0x74, op.add, ...op.memory(op.simd(9), 4 * r), ...op.set(av),
      ...row.slice(0, vectors).flatMap(x => [...op.get(x), ...op.get(av), ...x4.add, ...op.set(x)]),
    ])),
    ...whenMode(gemmMode.addend, [...rowOf(addend, addendStride), ...op.set(dp), ...addRows(vectors, dp, addendStride)]),
    ...whenMode(gemmMode.clamp, each(vectors, x => [...op.get(x), ...op.get(lows), ...x4.max, ...op.get(highs), ...x4.min, ...op.set(x)])),
    ...rowOf(c, stride), ...op.set(cp),
    ...acc.flatMap((row, r) => [...row.slice(0, vectors).flatMap((x, v) => [...op.get(cp), ...op.get(x), ...op.memory(op.simd(11), 16 * v)]), ...(r < rows - 1 ? bump(cp, op.get(stride)) : [])]),
  ]
  const add = (code: Code): Code => [...code, ...op.get(value), 0x92, ...op.set(value)]
  const at = (start: number, by: number): Code => [...op.get(start), ...op.get(m), ...op.get(i), op.add, ...op.get(by), op.mul, op.add, ...op.get(n), ...op.get(j), op.add, ...op.i32(2), 0x74, op.add]
  /** The part of a tile that lies inside, element by element. */
  const partial = (vectors: number): Code => [
    ...each(vectors, (x, r, v) => [...op.get(tile), ...op.get(x), ...op.memory(op.simd(11), r * columns * 4 + v * 16)]),
    ...op.i32(0), ...op.set(i),
    ...op.block([...op.loop([
      ...op.get(i), ...op.i32(rows), op.ge, ...op.get(m), ...op.get(i), op.add, ...op.get(rowCount), op.ge, 0x72, ...op.brIf(1),
      ...op.i32(0), ...op.set(j),
      ...op.block([...op.loop([
        ...op.get(j), ...op.i32(4 * vectors), op.ge, ...op.get(n), ...op.get(j), op.add, ...op.get(columnCount), op.ge, 0x72, ...op.brIf(1),
        ...op.get(tile), ...op.get(i), ...op.i32(columns), op.mul, ...op.get(j), op.add, ...op.i32(2), 0x74, op.add, ...op.memory(0x2a, 0), ...op.set(value),
        ...whenMode(gemmMode.accumulate, add([...at(c, stride), ...op.memory(0x2a, 0)])),
        ...whenMode(gemmMode.rowBias, add([...op.get(bias), ...op.get(m), ...op.get(i), op.add, ...op.i32(2), 0x74, op.add, ...op.memory(0x2a, 0)])),
        ...whenMode(gemmMode.addend, add([...at(addend, addendStride), ...op.memory(0x2a, 0)])),
        ...whenMode(gemmMode.clamp, [...op.get(value), ...op.get(low), 0x97, ...op.get(high), 0x96, ...op.set(value)]),
        ...at(c, stride), ...op.get(value), ...op.memory(0x38, 0),
        ...bump(j, op.i32(1)), ...op.br(0),
      ])]),
      ...bump(i, op.i32(1)), ...op.br(0),
    ])]),
  ]
  const panel = (vectors: number): Code => [
    ...op.i32(0), ...op.set(m),
    ...countedLoop(m, op.get(rowCount), [
      ...product(vectors),
      ...op.get(wide), ...op.get(m), ...op.i32(rows), op.add, ...op.get(rowCount), 0x4c, 0x71,
      ...op.if(undefined, whole(vectors), partial(vectors)),
    ], rows),
  ]
  const byVectors = (vectors: number): Code => {
    const full = [...op.get(n), ...op.i32(4 * vectors), op.add, ...op.get(columnCount), 0x4c, ...op.set(wide), ...panel(vectors)]
    if (vectors === 1) return full
    return [...op.get(columnCount), ...op.get(n), op.sub, ...op.i32(4 * (vectors - 1)), 0x4a, ...op.if(undefined, full, byVectors(vectors - 1))]
  }
  f.code = [
    ...op.get(low), ...x4.splat, ...op.set(lows), ...op.get(high), ...x4.splat, ...op.set(highs),
    ...op.get(depth), ...op.i32(-unroll), 0x71, ...op.set(main),
    ...countedLoop(n, op.get(columnCount), byVectors(nv), columns),
  ]
  return f
}

/** Whether relaxed SIMD runs here. */
export function hasFma(): boolean {
  const f = new FunctionBuilder('f', [v128], [v128])
  f.code = [...op.get(0), ...op.get(0), ...op.get(0), ...op.simd(0x105)]
  return WebAssembly.validate(encodeModule([], [f]))
}
