import type { Device } from '../../executors/webgpu/device.ts'
import { openDevice } from '../../executors/webgpu/device.ts'
import { bytesOfBuffer } from '../../executors/webgpu/kernels/kernel.ts'
import { Memory } from '../../executors/webgpu/memory.ts'
import { openNode } from '../../executors/webgpu/open-node.ts'
import { Pipelines } from '../../executors/webgpu/pipelines.ts'
import type { Profile } from '../../executors/webgpu/profile.ts'
import type { Program } from '../../executors/webgpu/program.ts'
import { planProgram } from '../../executors/webgpu/program.ts'
import { sizeOf } from '../../src/expr/analysis/linear.ts'
import type { Buffer } from '../../src/expr/expr.ts'
import { viewAt } from '../../src/expr/storage.ts'
import type { TypedArray } from '../../src/ir/tensor.ts'
import { bytesOf } from '../../src/ir/tensor.ts'

let opened: Promise<{ device: Device; pipelines: Pipelines }> | undefined

/** The device of all tests; another one after a fault, so that one test's is not another's. */
async function device(): Promise<{ device: Device; pipelines: Pipelines }> {
  if (opened && !(await opened).device.fault()) return opened
  return (opened = openDevice(openNode).then(device => ({ device, pipelines: new Pipelines(device) })))
}

/** The profile of the adapter at hand. */
export const adapterProfile = async (): Promise<Profile> => (await device()).device.profile

/** A program as it is planned for a profile. */
export const planned = (inputs: readonly Buffer[], outputs: readonly Buffer[], profile: Profile): Program =>
  planProgram(inputs, inputs.map(() => false), outputs, { profile, root: b => b })

/** Runs a program on the GPU, where doubles are float32; `times` counts runs whose mean time in milliseconds is told. */
export async function runOnGpu(program: Program, arrays: readonly TypedArray[], times = 1): Promise<{ readonly outputs: TypedArray[]; readonly milliseconds: number }> {
  const { device: d, pipelines } = await device()
  const memory = new Memory(d)
  const buffers = new Map<Buffer, GPUBuffer>()
  for (const b of [...program.inputs, ...program.outputs, ...program.between, ...program.held]) if (!buffers.has(b)) buffers.set(b, memory.allocate(bytesOfBuffer(b), 'a buffer'))
  program.inputs.forEach((b, i) => memory.write(buffers.get(b)!, 0, bytesOf(arrays[i]!)))
  const run = async (kernels: Program['kernels']): Promise<void> => {
    for (const k of kernels) {
      const { pipeline, layout } = await pipelines.of(k)
      const entries = k.bindings.map((b, binding) => ({ binding, resource: { buffer: buffers.get(b.buffer)!, offset: b.offset, size: b.bytes } }))
      memory.dispatch(pipeline, d.gpu.createBindGroup({ layout, entries }), k.groups)
    }
  }
  await run(program.once)
  await run(program.kernels)
  const regions = program.outputs.map(b => ({ buffer: buffers.get(b)!, offset: 0, bytes: bytesOfBuffer(b) }))
  const bytes = await memory.read(regions)
  let milliseconds = 0
  if (times > 1) {
    const start = performance.now()
    for (let i = 1; i < times; i++) await run(program.kernels)
    memory.flush()
    await d.gpu.queue.onSubmittedWorkDone()
    milliseconds = (performance.now() - start) / (times - 1)
  }
  const outputs = program.outputs.map((b, i) => viewAt(b.dtype === 'float64' ? 'float32' : b.dtype, bytes[i]!.buffer, 0, sizeOf(b.shape)))
  for (const b of buffers.values()) memory.free(b)
  memory.dispose()
  return { outputs, milliseconds }
}
