import { describe, expect, it } from 'vitest'
import { cpuExecutor } from '../../../executors/cpu/index.ts'
import { sym } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { float32Tensor } from '../../../src/ir/tensor.ts'
import { legalize } from '../../../src/legalize/legalize.ts'
import { modelOf, noise, ops } from '../../../src/passes/kit/testing.ts'
import type { Make } from '../../../src/rewrite/pattern.ts'
import { isBuiltin } from '../model.ts'
import { tflite } from '../index.ts'
import { dataInput, microKernels } from './kernels.ts'
import { tfliteMicroTarget } from './target.ts'

type Build = (make: Make, x: Value) => Value
const report = (build: Build, shape: Parameters<typeof modelOf>[0] = [1, 8, 6, 4]) => {
  const model = modelOf(shape, build)
  const { unsupported } = legalize(model, tfliteMicroTarget, { mode: 'report', layout: 'keep' })
  return { made: ops(model), why: unsupported.flatMap(d => d.notes ?? []).join('\n') }
}

it('knows only operators of the format', () => {
  expect([...microKernels.keys(), ...Object.keys(dataInput)].filter(name => !isBuiltin(name))).toEqual([])
  expect(tflite.target!.name).toBe('tflite')
})

// what the runtime's sources say (see kernels.ts), case by case
describe('TensorFlow Lite Micro', () => {
  it('takes a convolution of fixed size', () => {
    expect(report((make, x) => make.Relu(make.Conv(x, make.constant(noise([3, 8, 3, 3], 1))))).why).toBe('')
  })
  it('has Gelu in simpler operators, which the larger runtime has whole', () => {
    const build: Build = (make, x) => make.Gelu(x)
    expect(report(build)).toMatchObject({ why: '' })
    expect(report(build).made).not.toContain('tflite::GELU')
    const model = modelOf([2, 4], build)
    legalize(model, tflite.target!)
    expect(ops(model)).toEqual(['tflite::GELU'])
  })
  it('takes no open size', () => {
    expect(report((make, x) => make.Relu(x), [sym('n'), 4]).why).toContain('is not fixed')
  })
  it('has no kernel for TopK', () => {
    expect(report((make, x) => make.op('TopK', [x, make.ints([2])])).why).toContain('no kernel for TOPK_V2')
  })
  it('picks places counted from the end by kernels for int32', async () => {
    const build: Build = (make, x) => make.Gather(x, make.Cast(make.op('Floor', [x]), { to: 6 }), { axis: 0 } as never)
    expect(report(build, [4])).toMatchObject({ why: '', made: expect.arrayContaining(['tflite::GATHER', 'tflite::LESS']) })
    const [model, plain] = [modelOf([4], build), modelOf([4], build)]
    legalize(model, tfliteMicroTarget)
    const run = async (m: typeof model): Promise<Tensor> => (await (await cpuExecutor.prepare(m)).run(new Map([['x', float32Tensor([1.5, -1.5, 0.5, -3.5])]]))).values().next().value as Tensor
    expect((await run(model)).peek()).toEqual((await run(plain)).peek())
  })
  it('adds no float16, and no more than ten tensors to one', () => {
    expect(report((make, x) => make.Cast(make.Cast(x, { to: 10 }), { to: 1 })).why).toContain('float16')
    expect(report((make, x) => make.Concat(...Array.from({ length: 11 }, () => x), { axis: 1 } as never)).why).toContain('10 tensors')
  })
})
