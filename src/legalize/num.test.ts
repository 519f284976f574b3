import { readFileSync, existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { onnx } from '../../converters/onnx/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { memoryBundle, memoryBytes } from '../bytes/memory.ts'
import { Log } from '../diag/diagnostic.ts'
import type { Model } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { bytesOf, deferredTensor, inlineTensor, viewOf } from '../ir/tensor.ts'
import { tensorType } from '../ir/types.ts'
import { inferModel } from '../ops/infer.ts'
import { noise, relativeError } from '../passes/kit/testing.ts'
import { transposeTensor } from '../passes/kit/weights.ts'
import { optimize } from '../passes/pipeline.ts'
import { assignLayout } from './assign-layout.ts'

const dir = 'tests/peers/.cache/torchvision/'
const files = (process.env['MODELS'] ?? 'squeezenet1_1,shufflenet_v2_x1_0,mobilenet_v3_small').split(',')
const size = (process.env['SIZE'] ?? '1,3,64,48').split(',').map(Number)
for (const f of files)
  it(f, { timeout: 600000 }, async () => {
    const path = f.includes('/') ? f : `${dir}${f}.onnx`
    if (!existsSync(path)) return
    const log = new Log()
    const load = async (): Promise<Model> => {
      const m = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(new Uint8Array(readFileSync(path)))), { log }), { log })
      m.graph.inputs[0]!.type = tensorType('float32', size)
      for (const v of m.graph.outputs) v.type = undefined
      inferModel(m)
      return m
    }
    const x = noise(size, 3)
    const run = async (m: Model, perms: ReadonlyMap<string, readonly number[]> = new Map()) => {
      const s = await cpuExecutor.prepare(m, { precision: 'exact' })
      const perm = perms.get(m.graph.inputs[0]!.name)
      const t = performance.now()
      const out = await s.run(new Map([[m.graph.inputs[0]!.name, perm ? transposeTensor(x, perm) : x]]))
      console.log(f, Math.round(performance.now() - t), 'ms')
      return Promise.all(m.graph.outputs.map(async v => {
        const t = out.get(v.name) as Tensor
        const p = perms.get(v.name)
        const back = p ? transposeTensor(t, p.map((_, i) => p.indexOf(i))) : t
        return Float64Array.from(viewOf(t.dtype, await back.load()) as Float32Array)
      }))
    }
    const a = await run(await load())
    const d = await load()
    for (const n of d.allNodes()) for (const v of [...n.inputs, ...n.outputs]) if (v?.type?.kind === 'tensor' && v.type.dtype === 'float32') {
      v.type = { ...v.type, dtype: 'float64' }
      const t = v.constant
      if (t) v.constant = deferredTensor('float64', t.shape, [t], 'wide', ([bytes]) => bytesOf(Float64Array.from(viewOf('float32', bytes!) as Float32Array)))
    }
    const s64 = await cpuExecutor.prepare(d, { precision: 'exact' })
    const truth = [...(await s64.run(new Map([[d.graph.inputs[0]!.name, inlineTensor('float64', x.shape, bytesOf(Float64Array.from(viewOf('float32', x.peek()!) as Float32Array)))]]))).values()].map(t => Float64Array.from(viewOf('float64', (t as Tensor).peek()!) as Float64Array))
    console.log(f, 'source error', a.map((r, i) => relativeError(r, truth[i]!)))
    const b = await load()
    optimize(b, { log })
    const rb = await run(b)
    console.log(f, 'optimized error', rb.map((r, i) => relativeError(r, truth[i]!)))
    console.log(f, 'optimize error', rb.map((r, i) => relativeError(r, a[i]!)))
    const { permuted } = assignLayout(b, { borders: 'nhwc', log })
    const rc = await run(b, permuted)
    console.log(f, 'layout error', rc.map((r, i) => relativeError(r, rb[i]!)), a[0]!.slice(0, 4))
    rb.forEach((r, i) => expect(relativeError(r, a[i]!)).toBeLessThan(1e-6))
    rc.forEach((r, i) => expect(relativeError(r, rb[i]!)).toBeLessThan(1e-6))
    const keep = await load()
    optimize(keep, { log })
    assignLayout(keep, { borders: 'keep', log })
    const rd = await run(keep)
    rd.forEach((r, i) => expect(relativeError(r, a[i]!)).toBeLessThan(1e-6))
  })
