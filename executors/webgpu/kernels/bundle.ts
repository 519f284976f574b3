import { positionOf, sizeOf } from '../../../src/expr/analysis/linear.ts'
import { readsOf } from '../../../src/expr/analysis/stages.ts'
import { flatRead, rewrite } from '../../../src/expr/analysis/substitute.ts'
import type { Buffer, Expr } from '../../../src/expr/expr.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import { storageOf } from '../wgsl/storage.ts'
import type { Kernel, KernelContext } from './kernel.ts'
import { bytesOfBuffer, spread } from './kernel.ts'
import { standingFor } from './levels.ts'

/** A stage that reads no more buffers than a shader may bind, and the kernels that bring them together before. */
export interface Bundled {
  readonly target: Buffer
  readonly context: KernelContext
  readonly kernels: readonly Kernel[]
}

const threads = 64

/** Says a stage that reads too many buffers anew: the smallest are copied into one buffer for each dtype, and read from there. */
export function bundled(target: Buffer, context: KernelContext): Bundled {
  const { profile } = context
  const bindings = (bytes: number): number => Math.max(1, Math.ceil(bytes / profile.bindingBytes))
  const sources = [...new Set(readsOf(target.stage!).map(b => context.root(b)))].sort((a, b) => bytesOfBuffer(a) - bytesOfBuffer(b))
  const total = [...sources, target].reduce((n, b) => n + bindings(bytesOfBuffer(b)), 0)
  if (total <= profile.storageBuffers) return { target, context, kernels: [] }
  let bundles = new Map<DType, Bundle>()
  for (let count = 2; count <= sources.length; count++) {
    bundles = bundlesOf(sources.slice(0, count))
    const left = [...sources.slice(count), target, ...[...bundles.values()].map(b => b.whole)]
    if (left.reduce((n, b) => n + bindings(bytesOfBuffer(b)), 0) <= profile.storageBuffers) break
  }
  const moved = (e: Expr): Expr =>
    rewrite(e, x => {
      const n = x.node
      if (n.kind !== 'read') return x
      const bundle = bundles.get(n.buffer.dtype)
      const start = bundle?.starts.get(context.root(n.buffer))
      if (bundle === undefined || start === undefined) return x
      return flatRead(bundle.whole, (n.indices.length === n.buffer.shape.length ? positionOf(n.buffer, n.indices) : n.indices[0]!).add(start))
    })
  const { axes, body, fill } = target.stage!
  const again: Buffer = { ...target, stage: { axes, body: moved(body), fill: fill.kind === 'scatter' ? { ...fill, at: fill.at.map(moved), value: moved(fill.value) } : fill } }
  return { target: again, context: standingFor(context, new Map([[again, target]])), kernels: [...bundles.values()].flatMap(b => copies(b, context)) }
}

/** Buffers of one dtype, one after the other in another. */
interface Bundle {
  readonly whole: Buffer
  /** In elements. */
  readonly starts: ReadonlyMap<Buffer, number>
}

function bundlesOf(sources: readonly Buffer[]): Map<DType, Bundle> {
  const out = new Map<DType, Bundle>()
  for (const dtype of new Set(sources.map(b => b.dtype))) {
    const { packed } = storageOf(dtype)!
    const starts = new Map<Buffer, number>()
    let end = 0
    for (const b of sources) {
      if (b.dtype !== dtype) continue
      starts.set(b, end)
      end += Math.ceil(sizeOf(b.shape) / packed) * packed
    }
    out.set(dtype, { whole: { shape: [end], dtype }, starts })
  }
  return out
}

/** Copies words, from as many buffers at a time as a shader may bind. */
function copies({ whole, starts }: Bundle, { profile, root }: KernelContext): Kernel[] {
  const { element, packed } = storageOf(whole.dtype)!
  const wordsOf = (elements: number): number => (elements / packed) * (element === 'vec2<u32>' ? 2 : 1)
  const all = [...starts].filter(([b]) => sizeOf(b.shape) > 0)
  const kernels: Kernel[] = []
  for (let from = 0; from < all.length; from += profile.storageBuffers - 1) {
    const some = all.slice(from, from + profile.storageBuffers - 1)
    let end = 0
    const parts = some.map(([b, start], i) => {
      const first = end
      end += bytesOfBuffer(b) / 4
      return `if (g < ${end}) { whole[g - ${first} + ${wordsOf(start)}] = part${i}[g - ${first}]; }`
    })
    const { groups, row } = spread(end, threads, profile)
    const bound = [...some.map(([b]) => root(b)), whole]
    const names = [...some.map((_, i) => `part${i}`), 'whole']
    kernels.push({
      label: 'copy',
      code: `${names.map((name, i) => `@group(0) @binding(${i}) var<storage, read_write> ${name}: array<u32>;\n`).join('')}@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
let g = i32(id.x + id.y * ${row}u);
${parts.join(' else ')}
}
`,
      bindings: bound.map(buffer => ({ buffer, offset: 0, bytes: bytesOfBuffer(buffer) })),
      targets: [whole],
      reads: bound.slice(0, -1),
      groups,
    })
  }
  return kernels
}
