import { readFileSync, existsSync } from 'node:fs'
import { it } from 'vitest'
import { onnx } from '../../converters/onnx/index.ts'
import { memoryBundle, memoryBytes } from '../bytes/memory.ts'
import { Log } from '../diag/diagnostic.ts'
import type { Model } from '../ir/model.ts'
import { typeToString } from '../ir/types.ts'
import { inferModel } from '../ops/infer.ts'
import { optimize } from '../passes/pipeline.ts'
import { assignLayout } from './assign-layout.ts'

const dir = 'tests/peers/.cache/torchvision/'
const files = (process.env['MODELS'] ?? 'resnet18,mobilenet_v2,mobilenet_v3_small,efficientnet_b0,densenet121,shufflenet_v2_x1_0,squeezenet1_1,regnet_y_400mf,googlenet,resnet50').split(',')
const counts = (m: Model) => {
  const c: Record<string, number> = {}
  for (const n of m.allNodes()) c[n.qualified] = (c[n.qualified] ?? 0) + 1
  return JSON.stringify(c).replace(/"/g, '')
}
for (const f of files)
  it(f, async () => {
    const path = f.includes('/') ? f : `${dir}${f}.onnx`
    if (!existsSync(path)) return
    const log = new Log()
    const model = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(new Uint8Array(readFileSync(path)))), { log }), { log })
    inferModel(model)
    console.log(f, 'read', counts(model))
    let t = performance.now()
    const o = optimize(model, { log })
    console.log(f, 'optimized', Math.round(performance.now() - t), 'ms', counts(model), JSON.stringify([...o.counts]))
    t = performance.now()
    const r = assignLayout(model, { borders: (process.env['BORDERS'] as 'nhwc') ?? 'nhwc', log })
    console.log(f, 'layout', Math.round(performance.now() - t), 'ms transposes', r.transposes, JSON.stringify([...r.permuted]), counts(model))
    if (r.transposes) for (const n of model.allNodes()) if (n.op === 'Transpose') console.log(' ', n.inputs[0]!.name, typeToString(n.inputs[0]!.type), '->', typeToString(n.outputs[0]!.type), n.inputs[0]!.producer?.node.qualified, '->', [...n.outputs[0]!.uses].map(u => ('node' in u ? u.node.qualified : 'out')).join())
    for (const d of log.diagnostics) console.log(d.code, d.message)
  })
