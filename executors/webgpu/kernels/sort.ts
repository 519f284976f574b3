import type { Buffer } from '../../../src/expr/expr.ts'
import { scalarOf } from '../../../src/expr/expr.ts'
import type { Kernel, KernelContext } from './kernel.ts'
import { Shader, spread } from './kernel.ts'

/** The first elements of rows in order: of `outer` times `inner` rows of `size` elements, `count` each. */
export interface Ordering {
  readonly x: Buffer
  readonly outer: number
  readonly size: number
  readonly inner: number
  readonly count: number
  readonly descending: boolean
  /** Gets places in the row: int32, outer, count, inner. */
  readonly places: Buffer
}

/** Rows sorted so far: of each, `lists` runs of `length` keys and places in order. */
interface Runs {
  readonly keys: Buffer
  readonly places: Buffer
  readonly lists: number
  readonly length: number
  /** Elements of the row that each run stands for; the last has fewer. */
  readonly span: number
}

const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, n)))

/**
 * Kernels that find the first elements of each row, equal ones by place, NaN above all: pieces of rows are sorted in the
 * memory of a workgroup (bitonic: Batcher, 1968), then two and two merged, each element finding its rank in the other.
 */
export function orderKernels(context: KernelContext, ordering: Ordering): Kernel[] {
  const { profile } = context
  const { outer, inner, size, count, x } = ordering
  const rows = outer * inner
  const wide = x.dtype === 'int64' || x.dtype === 'uint64'
  const most = 2 ** Math.floor(Math.log2(Math.min(2048, profile.workgroupBytes / (wide ? 12 : 8))))
  // sorting costs a CPU more steps than merging
  const piece = Math.max(2, Math.min(powerOfTwo(size), profile.software ? 128 : most))
  const runsOf = (span: number): Runs => {
    const [lists, length] = [Math.ceil(size / span), Math.min(count, span)]
    return {
      keys: { shape: [rows, lists, length], dtype: wide ? 'uint64' : 'uint32' },
      places: { shape: [rows, lists, length], dtype: 'int32' },
      lists,
      length,
      span,
    }
  }
  let runs = runsOf(piece)
  const kernels = [sortPieces(context, ordering, piece, wide, runs)]
  while (runs.lists > 1) {
    const next = runsOf(2 * runs.span)
    kernels.push(mergePairs(context, ordering, wide, runs, next))
    runs = next
  }
  return kernels
}

const comparison = (wide: boolean): string => {
  const type = wide ? 'vec2<u32>' : 'u32'
  const less = wide ? '(a.y < b.y || (a.y == b.y && a.x < b.x))' : 'a < b'
  const same = wide ? 'all(a == b)' : 'a == b'
  return `fn comesFirst(a: ${type}, i: i32, b: ${type}, j: i32) -> bool { return ${less} || (${same} && i < j); }\n`
}

/** Unsigned words in the order of the elements. */
function keyOf({ x, descending }: Ordering, wide: boolean): string {
  const type = scalarOf(x.dtype)
  const given = type === 'float' ? 'f32' : type === 'int' ? 'i32' : 'vec2<u32>'
  const key =
    type === 'float' ? `let bits = bitcast<u32>(x);
if (isNan(x)) { return ${descending ? '0u' : '0xffffffffu'}; }
var key = select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
if ((bits & 0x7fffffffu) == 0u) { key = 0x80000000u; }`
    : type === 'int' ? 'let key = bitcast<u32>(x) ^ 0x80000000u;'
    : wide ? `let key = vec2<u32>(x.x, x.y${type === 'long' ? ' ^ 0x80000000u' : ''});`
    : 'let key = x.x;'
  return `fn keyOf(x: ${given}) -> ${wide ? 'vec2<u32>' : 'u32'} {\n${key}\nreturn ${descending ? '~key' : 'key'};\n}\n`
}

/** Where the place of a row's element at `rank` goes when nothing is left to merge. */
const finalPlace = ({ inner, count }: Ordering, row: string, rank: string): string => (inner === 1 ? `${row} * ${count} + ${rank}` : `(${row} / ${inner} * ${count} + ${rank}) * ${inner} + ${row} % ${inner}`)

/** Writes an element of sorted runs; the last ones keep places alone. */
function put(shader: Shader, ordering: Ordering, runs: Runs, [row, list, rank]: readonly [string, string, string], key: string, place: string): string {
  if (runs.lists === 1) return shader.store(ordering.places, finalPlace(ordering, row, rank), place)
  const at = `((${row} * ${runs.lists} + ${list}) * ${runs.length} + ${rank})`
  return `${shader.put(runs.keys, at, key)}${shader.store(runs.places, at, place)}`
}

function sortPieces(context: KernelContext, ordering: Ordering, piece: number, wide: boolean, runs: Runs): Kernel {
  const { profile } = context
  const { outer, inner, size, x } = ordering
  const shader = new Shader(context)
  const rows = outer * inner
  // SIMD registers of a CPU hold eight invocations, and waiting for one another costs more
  const threads = Math.max(1, Math.min(profile.software ? 8 : 2 ** Math.floor(Math.log2(Math.min(256, profile.workgroupThreads))), piece / 2))
  const units = rows * runs.lists
  const { groups } = spread(units, 1, profile)
  const element = inner === 1 ? `row * ${size} + place` : `(row / ${inner} * ${size} + place) * ${inner} + row % ${inner}`
  const body = `let unit = i32(group.x + group.y * ${groups[0]}u);
if (unit >= ${units}) { return; }
let row = unit / ${runs.lists};
let list = unit % ${runs.lists};
for (var i = i32(lane); i < ${piece}; i += ${threads}) {
let place = list * ${piece} + i;
var key = ${wide ? 'vec2<u32>(0xffffffffu, 0xffffffffu)' : '0xffffffffu'};
if (place < ${size}) { key = keyOf(${shader.load(x, element)}); }
keys[i] = key;
places[i] = place;
}
workgroupBarrier();
for (var k = 2; k <= ${piece}; k *= 2) {
for (var j = k / 2; j > 0; j = j / 2) {
for (var p = i32(lane); p < ${piece / 2}; p += ${threads}) {
let a = 2 * p - (p & (j - 1));
let b = a + j;
if (comesFirst(keys[b], places[b], keys[a], places[a]) == ((a & k) == 0)) {
let key = keys[a]; keys[a] = keys[b]; keys[b] = key;
let place = places[a]; places[a] = places[b]; places[b] = place;
}
}
workgroupBarrier();
}
}
for (var i = i32(lane); i < ${runs.length}; i += ${threads}) {
${put(shader, ordering, runs, ['row', 'list', 'i'], 'keys[i]', 'places[i]')}}
`
  const declared = `${comparison(wide)}${keyOf(ordering, wide)}var<workgroup> keys: array<${wide ? 'vec2<u32>' : 'u32'}, ${piece}>;\nvar<workgroup> places: array<i32, ${piece}>;\n`
  return shader.build('sort', body, [threads, 1, 1], groups, declared)
}

function mergePairs(context: KernelContext, ordering: Ordering, wide: boolean, from: Runs, to: Runs): Kernel {
  const shader = new Shader(context)
  const { outer, inner, size } = ordering
  const rows = outer * inner
  const all = rows * from.lists * from.length
  const { groups, row } = spread(all, 64, context.profile)
  const key = (at: string): string => `${shader.load(from.keys, at)}${wide ? '' : '.x'}`
  const body = `let g = i32(id.x + id.y * ${row}u);
if (g >= ${all}) { return; }
let rank = g % ${from.length};
let list = g / ${from.length} % ${from.lists};
let row = g / ${from.length * from.lists};
if (rank >= ${size} - list * ${from.span}) { return; }
let key = ${key('g')};
let place = ${shader.load(from.places, 'g')};
let other = list ^ 1;
var low = 0;
var high = clamp(${size} - other * ${from.span}, 0, ${from.length});
let start = (row * ${from.lists} + other) * ${from.length};
while (low < high) {
let middle = (low + high) >> 1u;
if (comesFirst(${key('(start + middle)')}, ${shader.load(from.places, '(start + middle)')}, key, place)) { low = middle + 1; } else { high = middle; }
}
let at = rank + low;
if (at < ${to.length}) {
${put(shader, ordering, to, ['row', '(list >> 1u)', 'at'], 'key', 'place')}}
`
  return shader.build('merge', body, [64, 1, 1], groups, comparison(wide))
}
