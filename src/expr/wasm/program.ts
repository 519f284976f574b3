import { Cache, structuralKey } from '../analysis/key.ts'
import type { Buffer } from '../expr.ts'
import { planProgram } from './plan.ts'

/** Computes `outputs` from `inputs` in float32 ("fast") precision. Pure data: no memory of its own. */
export interface Program {
  /** Temporaries, 16-byte aligned. */
  readonly scratchBytes: number
  /** Packed constant operands (weights) and tables, filled once by `pack`. */
  readonly packedBytes: number
  /** By input, whether `run` reads it; else it is needed only for `pack`. */
  readonly readsAfterPack: readonly boolean[]
  instantiate(memory: WebAssembly.Memory): ProgramInstance
}

export interface ProgramInstance {
  /** Byte addresses of inputs; reads only those declared constant. */
  pack(inputs: readonly number[], packed: number): void
  /** All are byte addresses: buffers aligned to their elements, `scratch` and `packed` to 16. Outputs lie apart from inputs and from each other. */
  run(inputs: readonly number[], outputs: readonly number[], scratch: number, packed: number): void
}

const cache = new Cache<Program>(512)

/** Compiles stages, of one operator or of several that belong together, to WebAssembly. Programs of equal structure are compiled once. */
export function compileProgram(inputs: readonly { readonly buffer: Buffer; readonly constant: boolean }[], outputs: readonly Buffer[]): Program {
  const buffers = inputs.map(i => i.buffer)
  const key = `${inputs.map(i => Number(i.constant)).join('')}\n${structuralKey(buffers, outputs)}`
  return cache.get(key, () => planProgram(buffers, inputs.map(i => i.constant), outputs))
}
