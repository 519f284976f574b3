import { readFileSync, existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { onnx } from '../../converters/onnx/index.ts'
import { tflite } from '../../converters/tflite/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { memoryBundle, memoryBytes } from '../bytes/memory.ts'
import { Log } from '../diag/diagnostic.ts'
import type { Model } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { viewOf } from '../ir/tensor.ts'
import { tensorType } from '../ir/types.ts'
import { verify } from '../ir/verify.ts'
import { inferModel } from '../ops/infer.ts'
import { noise, relativeError } from '../passes/kit/testing.ts'
import { transposeTensor } from '../passes/kit/weights.ts'
import { optimize } from '../passes/pipeline.ts'
import { legalize } from './legalize.ts'

const dir = 'tests/peers/.cache/torchvision/'
const files = (process.env['MODELS'] ?? 'resnet18,mobilenet_v2,mobilenet_v3_small,efficientnet_b0,densenet121,squeezenet1_1,regnet_y_400mf,googlenet,mobilenet_v3_small-dynamo,mobilenet_v3_small-dynamic,shufflenet_v2_x1_0-dynamic,shufflenet_v2_x1_0-dynamo-dynamic,shufflenet_v2_x1_0').split(',')
for (const f of files)
  it(f, { timeout: 600000 }, async () => {
    const path = f.includes('/') ? f : `${dir}${f}.onnx`
    if (!existsSync(path)) return
    const size = f.startsWith('shuffle') ? [1, 3, 224, 192] : [1, 3, 64, 96]
    const log = new Log()
    const load = async (): Promise<Model> => {
      const m = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(new Uint8Array(readFileSync(path)))), { log }), { log })
      if (!f.includes('dynamic')) m.graph.inputs[0]!.type = tensorType('float32', size)
      for (const v of m.graph.outputs) v.type = undefined
      for (const n of m.allNodes()) for (const v of n.outputs) if (v) v.type = undefined
      inferModel(m)
      return m
    }
    const x = noise(f.includes('dynamic') ? [2, 3, 224, 192] : size, 3)
    const run = async (m: Model, perms: ReadonlyMap<string, readonly number[]> = new Map()) => {
      const s = await cpuExecutor.prepare(m, { precision: 'exact' })
      const perm = perms.get(m.graph.inputs[0]!.name)
      const out = await s.run(new Map([[m.graph.inputs[0]!.name, perm ? transposeTensor(x, perm) : x]]))
      return Promise.all(m.graph.outputs.map(async v => {
        const t = out.get(v.name) as Tensor
        const p = perms.get(v.name)
        const back = p ? transposeTensor(t, p.map((_, i) => p.indexOf(i))) : t
        return Float64Array.from(viewOf(t.dtype, await back.load()) as Float32Array)
      }))
    }
    const a = await run(await load())
    for (const layout of ['nhwc', 'keep'] as const) {
      const b = await load()
      optimize(b, { log, after: (_, m) => verify(m) })
      const r = legalize(b, tflite.target!, { layout })
      verify(b)
      const perms = new Map([...r.inputs, ...r.outputs].flatMap(b => (b.perm ? [[b.name, b.perm] as const] : [])))
      const rc = await run(b, perms)
      console.log(f, layout, r.transposes, 'error', rc.map((y, i) => relativeError(y, a[i]!)))
      rc.forEach((y, i) => expect(relativeError(y, a[i]!)).toBeLessThan(1e-5))
    }
  })
