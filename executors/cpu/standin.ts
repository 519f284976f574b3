import { compileExact } from '../../src/expr/exact.ts'
import type { Buffer } from '../../src/expr/expr.ts'
import { bytesOf, viewOf } from '../../src/ir/tensor.ts'
import { elementCount } from '../../src/ir/types.ts'
import { bitsOf } from '../../src/ir/dtype.ts'

export interface Instance {
  pack(inputs: readonly number[], packed: number): void
  run(inputs: readonly number[], outputs: readonly number[], scratch: number, packed: number): void
}
export interface Program {
  readonly scratchBytes: number
  readonly packedBytes: number
  instantiate(memory: WebAssembly.Memory): Instance
}
const bytes = (b: Buffer): number => elementCount(b.shape) * Math.max(1, bitsOf(b.dtype) / 8)
export function compileProgram(inputs: readonly { readonly buffer: Buffer; readonly constant: boolean }[], outputs: readonly Buffer[]): Program {
  const f = compileExact(inputs.map(i => i.buffer), outputs)
  return {
    scratchBytes: 0,
    packedBytes: 0,
    instantiate: memory => ({
      pack() {},
      run(from, to) {
        const made = f(inputs.map(({ buffer }, i) => viewOf(buffer.dtype, new Uint8Array(memory.buffer, from[i]!, bytes(buffer)))))
        made.forEach((a, i) => new Uint8Array(memory.buffer, to[i]!, a.byteLength).set(bytesOf(a)))
      },
    }),
  }
}
