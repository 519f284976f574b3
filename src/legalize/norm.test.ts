import { it } from 'vitest'
import { modelOf, noise, ops } from '../passes/kit/testing.ts'
import type { Make } from '../rewrite/pattern.ts'
import type { Value } from '../ir/model.ts'
import { typeToString } from '../ir/types.ts'
import { legalize } from './legalize.ts'
const all = new Proxy({}, { get: () => undefined, getOwnPropertyDescriptor: () => undefined })
for (const [name, f] of Object.entries({
  inst: (m: Make, x: Value) => m.op('InstanceNormalization', [x, m.constant(noise([4], 1)), m.constant(noise([4], 2))]),
  group: (m: Make, x: Value) => m.op('GroupNormalization', [x, m.constant(noise([4], 1)), m.constant(noise([4], 2))], { num_groups: 2 }),
  layer: (m: Make, x: Value) => m.op('LayerNormalization', [x, m.constant(noise([4, 6, 8], 1))], { axis: 1 }),
  convnext: (m: Make, x: Value) => m.Transpose(m.op('LayerNormalization', [m.Transpose(x, { perm: [0, 2, 3, 1] }), m.constant(noise([4], 1))], { axis: -1 }), { perm: [0, 3, 1, 2] }),
  lrn: (m: Make, x: Value) => m.op('LRN', [x], { size: 3 }),
  gelu: (m: Make, x: Value) => m.Gelu(x),
  logsoftmax: (m: Make, x: Value) => m.op('LogSoftmax', [x], { axis: 1 }),
  lp: (m: Make, x: Value) => m.op('LpNormalization', [x], { axis: 1 }),
  lppool: (m: Make, x: Value) => m.op('LpPool', [x], { kernel_shape: [2, 2] }),
  globallp: (m: Make, x: Value) => m.op('GlobalLpPool', [x]),
  upsample: (m: Make, x: Value) => m.Squeeze(m.Unsqueeze(m.Resize(x, undefined, m.floats([1, 1, 2, 2])), m.ints([0])), m.ints([0])),
}))
  it(name, () => {
    try {
      const model = modelOf([1, 4, 6, 8], (m, x) => m.Conv(f(m, m.Conv(x, m.constant(noise([4, 4, 3, 3], 1)))), m.constant(noise([4, 4, 3, 3], 1))))
    } catch (e) {
      console.log(name, 'shape', (e as Error).message)
    }
    const model = modelOf([1, 4, 6, 8], (m, x) => m.Conv(f(m, m.Conv(x, m.constant(noise([4, 4, 1, 1], 1)))), m.constant(noise([4, 4, 1, 1], 1))))
    const r = legalize(model, { name: 't', ops: all as never, dtypes: new Set(['float32']), layout: 'NHWC', rules: [] }, { mode: 'report' })
    console.log(name, r.transposes, ops(model).join(' '))
    void typeToString
  })
