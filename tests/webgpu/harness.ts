import { openDevice } from '../../executors/webgpu/device.ts'
import { bytesOfBuffer } from '../../executors/webgpu/kernels/kernel.ts'
import { Memory } from '../../executors/webgpu/memory.ts'
import { openNode } from '../../executors/webgpu/open-node.ts'
import { Pipelines } from '../../executors/webgpu/pipelines.ts'
import { planProgram } from '../../executors/webgpu/program.ts'
import type { Buffer } from '../../src/expr/expr.ts'
import { sizeOf } from '../../src/expr/analysis/linear.ts'
import { viewAt } from '../../src/expr/storage.ts'
import type { TypedArray } from '../../src/ir/tensor.ts'
import { bytesOf } from '../../src/ir/tensor.ts'

let opened: Promise<{ readonly memory: Memory; readonly pipelines: Pipelines }> | undefined

/** The device, opened once for all tests of a process. No adapter is a failure. */
const device = () => (opened ??= openDevice(openNode).then(d => ({ memory: new Memory(d), pipelines: new Pipelines(d) })))

/** Runs stages on the GPU. Arrays are as `viewAt` shows them; doubles are float32 there. */
export async function runStages(inputs: readonly Buffer[], outputs: readonly Buffer[], arrays: readonly TypedArray[]): Promise<TypedArray[]> {
  const { memory, pipelines } = await device()
  const program = planProgram(inputs, inputs.map(() => false), outputs, { profile: memory.device.profile, root: b => b })
  const places = new Map<Buffer, GPUBuffer>()
  const place = (b: Buffer): void => {
    if (!places.has(b)) places.set(b, memory.allocate(bytesOfBuffer(b), 'a test'))
  }
  for (const b of [...program.inputs, ...program.outputs, ...program.between, ...program.held]) place(b)
  inputs.forEach((b, i) => memory.write(places.get(b)!, 0, bytesOf(b.dtype === 'float64' ? Float32Array.from(arrays[i] as Float64Array) : arrays[i]!)))
  for (const kernel of [...program.once, ...program.kernels]) {
    const { pipeline, layout } = await pipelines.of(kernel)
    const entries = kernel.bindings.map((b, binding) => ({ binding, resource: { buffer: places.get(b.buffer)!, offset: b.offset, size: b.bytes } }))
    memory.dispatch(pipeline, memory.device.gpu.createBindGroup({ layout, entries }), kernel.groups)
  }
  const bytes = await memory.read(program.outputs.map(b => ({ buffer: places.get(b)!, offset: 0, bytes: bytesOfBuffer(b) })))
  for (const buffer of places.values()) memory.free(buffer)
  return program.outputs.map((b, i) => {
    const count = sizeOf(b.shape)
    if (b.dtype === 'float64') return Float64Array.from(new Float32Array(bytes[i]!.buffer, 0, count))
    return viewAt(b.dtype, bytes[i]!.buffer, 0, count)
  })
}
