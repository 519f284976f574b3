import type { Buffer } from '../../src/expr/expr.ts'
import type { TypedArray } from '../../src/ir/tensor.ts'
import { adapterProfile, planned, runOnGpu } from './programs.ts'

/** Plans and runs stages on the adapter at hand. Arrays are as `viewAt` shows them; doubles are float32 on the GPU. */
export async function runStages(inputs: readonly Buffer[], outputs: readonly Buffer[], arrays: readonly TypedArray[]): Promise<TypedArray[]> {
  const program = planned(inputs, outputs, await adapterProfile())
  const single = inputs.map((b, i) => (b.dtype === 'float64' ? Float32Array.from(arrays[i] as Float64Array) : arrays[i]!))
  const { outputs: results } = await runOnGpu(program, single)
  return results.map((r, i) => (outputs[i]!.dtype === 'float64' ? Float64Array.from(r as Float32Array) : r))
}
