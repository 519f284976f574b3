import type { TypedArray } from '../../ir/tensor.ts'
import { sizeOf } from '../analysis/linear.ts'
import type { Buffer } from '../expr.ts'
import { storageBytes, viewAt } from '../storage.ts'
import { lowestAddress } from './print.ts'
import { compileProgram } from './program.ts'

/** Compiles and runs a program once over a memory of its own: for tests and single computations. */
export function runProgram(inputs: readonly Buffer[], outputs: readonly Buffer[], arrays: readonly TypedArray[], constant: readonly boolean[] = []): TypedArray[] {
  const program = compileProgram(inputs.map((buffer, i) => ({ buffer, constant: constant[i] ?? false })), outputs)
  let top = lowestAddress
  const place = (bytes: number): number => {
    const at = top
    top += Math.ceil(bytes / 16) * 16 + 16
    return at
  }
  const bytes = (b: Buffer): number => sizeOf(b.shape) * storageBytes(b.dtype)
  const ins = inputs.map(b => place(bytes(b)))
  const outs = outputs.map(b => place(bytes(b)))
  const scratch = place(program.scratchBytes)
  const packed = place(program.packedBytes)
  const memory = new WebAssembly.Memory({ initial: Math.ceil(top / 65536) })
  inputs.forEach((b, i) => viewAt(b.dtype, memory.buffer, ins[i]!, sizeOf(b.shape)).set(arrays[i] as never))
  const instance = program.instantiate(memory)
  instance.pack(ins, packed)
  instance.run(ins, outs, scratch, packed)
  return outputs.map((b, i) => viewAt(b.dtype, memory.buffer, outs[i]!, sizeOf(b.shape)).slice())
}
