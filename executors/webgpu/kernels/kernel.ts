import type { Buffer } from '../../../src/expr/expr.ts'
import { sizeOf } from '../../../src/expr/analysis/linear.ts'
import type { Profile } from '../profile.ts'
import { declarationsFor } from '../wgsl/library.ts'
import type { Access } from '../wgsl/print.ts'
import { deviceBytes, storageOf } from '../wgsl/storage.ts'

/** A stretch of a buffer that a shader sees as one array; in bytes. */
export interface Binding {
  readonly buffer: Buffer
  readonly offset: number
  readonly bytes: number
}

/** One dispatch of a shader. Pure data. */
export interface Kernel {
  readonly label: string
  readonly code: string
  /** By number, all in group 0 and all read and written storage. */
  readonly bindings: readonly Binding[]
  /** Buffers that it fills, or changes. */
  readonly targets: readonly Buffer[]
  readonly reads: readonly Buffer[]
  readonly groups: readonly [number, number, number]
}

/** What a stage is made by: kernels in order, and the buffers between them. The last one fills the stage's own buffer. */
export interface Made {
  readonly kernels: readonly Kernel[]
  readonly between: readonly Buffer[]
}

/** What a kernel is made for. */
export interface KernelContext {
  readonly profile: Profile
  /** The buffer whose memory a buffer is a view of: the same binding serves both. Itself, as a rule. */
  readonly root: (buffer: Buffer) => Buffer
}

/** Bytes of a buffer in GPU memory. */
export const bytesOfBuffer = (b: Buffer): number => deviceBytes(b.dtype, sizeOf(b.shape))

/** A shader under construction: gives buffers names, elements access, and puts the text together. */
export class Shader implements Access {
  readonly #context: KernelContext
  readonly #names = new Map<Buffer, string>()
  readonly #targets = new Set<Buffer>()
  readonly #reads = new Set<Buffer>()
  readonly #bindings: Binding[] = []
  readonly #declarations: string[] = []

  constructor(context: KernelContext) {
    this.#context = context
  }

  /** The WGSL name of a buffer; declares it. Large ones are several arrays behind `read_NAME` and `write_NAME`. */
  #bind(seen: Buffer, shared?: 'i32' | 'u32'): string {
    const buffer = this.#context.root(seen)
    const known = this.#names.get(buffer)
    if (known !== undefined) return known
    const name = `m${this.#names.size}`
    this.#names.set(buffer, name)
    const { element, packed, load } = storageOf(buffer.dtype)!
    const bytes = bytesOfBuffer(buffer)
    const most = Math.floor(this.#context.profile.bindingBytes / 256) * 256
    const parts = Math.max(1, Math.ceil(bytes / most))
    const width = element === 'vec2<u32>' ? 8 : 4
    const part = most / width
    const declared: string[] = []
    for (let p = 0; p < parts; p++) {
      declared.push(`@group(0) @binding(${this.#bindings.length}) var<storage, read_write> ${parts === 1 ? name : `${name}_${p}`}: array<${shared ? `atomic<${shared}>` : element}>;`)
      this.#bindings.push({ buffer, offset: p * most, bytes: Math.min(most, bytes - p * most) })
    }
    const pick = (at: string, f: (array: string, index: string) => string): string =>
      parts === 1 ? f(name, at) : Array.from({ length: parts }, (_, p) => `${p === parts - 1 ? '' : `if (${at} < ${(p + 1) * part}) `}{ ${f(`${name}_${p}`, `${at} - ${p * part}`)} }`).join(' else ')
    if (parts > 1) {
      declared.push(`fn word_${name}(i: i32) -> ${element} { ${pick('i', (array, i) => `return ${array}[${i}];`)} }`)
      declared.push(`fn put_${name}(i: i32, v: ${element}) { ${pick('i', (array, i) => `${array}[${i}] = v;`)} }`)
    }
    if (packed > 1 && !shared) {
      const [shift, bits] = packed === 2 ? [1, 16] : [2, 8]
      const word = parts === 1 ? `${name}[i >> ${shift}u]` : `word_${name}(i >> ${shift}u)`
      const type = load('') === undefined ? '' : typeOfLoad(buffer)
      declared.push(`fn read_${name}(i: i32) -> ${type} { let bits = (${word} >> ((u32(i) & ${packed - 1}u) * ${bits}u)) & ${2 ** bits - 1}u; return ${load('bits')}; }`)
    }
    this.#declarations.push(...declared)
    return name
  }

  #split(buffer: Buffer): boolean {
    return bytesOfBuffer(this.#context.root(buffer)) > this.#context.profile.bindingBytes
  }

  load(buffer: Buffer, index: string): string {
    const name = this.#bind(buffer)
    this.#reads.add(this.#context.root(buffer))
    const { packed, load } = storageOf(buffer.dtype)!
    if (packed > 1) return `read_${name}(${index})`
    return load(this.#split(buffer) ? `word_${name}(${index})` : `${name}[${index}]`)
  }

  /** Stores one element of a dtype that fills a whole array element. */
  store(buffer: Buffer, index: string, value: string): string {
    return this.put(buffer, index, storageOf(buffer.dtype)!.store(value))
  }

  /** Stores a whole element of the array. */
  put(buffer: Buffer, index: string, word: string): string {
    const name = this.#bind(buffer)
    this.#targets.add(this.#context.root(buffer))
    return this.#split(buffer) ? `put_${name}(${index}, ${word});\n` : `${name}[${index}] = ${word};\n`
  }

  /** The array of a buffer of one binding whose words invocations change at once; the kernel reaches it in this way alone. */
  atomic(buffer: Buffer, word: 'i32' | 'u32'): string {
    this.#targets.add(this.#context.root(buffer))
    return this.#bind(buffer, word)
  }

  /** The kernel: `declared` stands before, and `body` inside, a main function with `id`, `local`, `group`, `lane` (the index in the workgroup) in sight. */
  build(label: string, body: string, size: readonly [number, number, number], groups: readonly [number, number, number], declared = ''): Kernel {
    const bound = this.#declarations.join('\n')
    const main = `@compute @workgroup_size(${size.join(', ')})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
${body}}
`
    const text = `${bound}\n${declared}${main}`
    return { label, code: `${declarationsFor(text)}${text}`, bindings: this.#bindings, targets: [...this.#targets], reads: [...this.#reads], groups }
  }
}

const typeOfLoad = (b: Buffer): string => (b.dtype === 'bool' ? 'bool' : /float/.test(b.dtype) ? 'f32' : 'i32')

/** Workgroups for a number of invocations, in two dimensions when one does not reach; `row` invocations make a row of workgroups. */
export function spread(invocations: number, threads: number, profile: Profile): { readonly groups: readonly [number, number, number]; readonly row: number } {
  const count = Math.max(1, Math.ceil(invocations / threads))
  const x = Math.min(count, profile.groupsPerDimension)
  return { groups: [x, Math.ceil(count / x), 1], row: x * threads }
}
