import { describe, expect, it } from 'vitest'
import { onnx } from '../../converters/onnx/index.ts'
import { memorySink } from '../bytes/memory.ts'
import { Log } from '../diag/diagnostic.ts'
import { sym } from '../ir/dim.ts'
import { typeToString } from '../ir/types.ts'
import { modelOf, noise } from '../passes/kit/testing.ts'
import { convert } from './convert.ts'
import { load } from './load.ts'

const log = new Log()

async function bytesOf(...[shape, build]: Parameters<typeof modelOf>): Promise<Uint8Array> {
  const sink = memorySink()
  await onnx.write!(onnx.export!(modelOf(shape, build), { log }), sink, { log, name: 'm.onnx' })
  await sink.commit()
  return sink.files.get('m.onnx')!
}
const result = async (...given: Parameters<typeof load>): Promise<string> => typeToString((await load(...given)).model.graph.outputs[0]!.type)
const code = (expected: string) => expect.objectContaining({ code: expected })

// shapes by hand
describe('sizes of inputs', () => {
  const open = bytesOf([sym('n'), sym('t'), 4], (make, x) => make.Concat(x, x, { axis: 1 } as never))
  const fixed = bytesOf([1, 3, 4], (make, x) => make.Relu(make.Concat(x, x, { axis: 1 } as never)))

  it('a number fixes an open size, a word opens a fixed one', async () => {
    expect(await result(await open, { inputs: { x: ['n', 5, 4] } })).toBe('float32[n, 10, 4]')
    expect(await result(await fixed, { inputs: { x: ['n', 3, 4] } })).toBe('float32[n, 6, 4]')
    expect(await result(await fixed, { inputs: { x: [1, 't', 4] } })).toBe('float32[1, 2*t, 4]')
    await expect(load(await fixed, { inputs: { x: [2, 3, 4] } })).rejects.toThrow(code('app.input.shape'))
  })
  it('fixedShape takes an open first axis to be 1, and nothing else', async () => {
    expect(await result(await open, { fixedShape: true, inputs: { x: ['n', 7, 4] } })).toBe('float32[1, 14, 4]')
    await expect(load(await open, { fixedShape: true })).rejects.toThrow(code('app.input.open'))
  })
  it('fixedShape refuses sizes that follow from what is fed', async () => {
    const found = await bytesOf([4], (make, x) => make.op('NonZero', [x]))
    await expect(convert(found, { sink: memorySink(), name: 'm.tflite' }, { fixedShape: true })).rejects.toThrow(code('app.shape.open'))
    await convert(found, { sink: memorySink(), name: 'm.tflite' })
  })
  it('ONNX has one entry point', async () => {
    await expect(load(await open, { signature: 'serve' })).rejects.toThrow(code('app.signature.none'))
  })
})

describe('precision', () => {
  it('is allowed what it costs when it is proved', async () => {
    const model = await bytesOf([2, 64], (make, x) => make.MatMul(x, make.constant(noise([64, 32], 1))))
    for (const [quantize, least, most] of [['float16', 1e-5, 1e-3], ['dynamic', 1e-3, 2e-2], ['int4', 2e-2, 0.2]] as const) {
      const { proof, precision } = await convert(model, { sink: memorySink(), name: 'm.tflite' }, { quantize, prove: { draws: 2 } })
      expect(precision).toMatchObject({ stored: 1 })
      expect(proof!.passed).toBe(true)
      const difference = proof!.draws[0]!.verdicts[0]!.difference
      expect('relL2' in difference && difference.relL2 > least && difference.relL2 < most).toBe(true)
      const strict = await convert(model, { sink: memorySink(), name: 'm.tflite' }, { quantize, prove: { draws: 1, tolerance: { relL2: 1e-6 } } })
      expect(strict.proof!.passed).toBe(false)
    }
  })
  it('is of the target', async () => {
    const model = await bytesOf([2, 4], (make, x) => make.Relu(x))
    await expect(convert(model, { sink: memorySink(), name: 'm.onnx' }, { quantize: 'float16' })).rejects.toThrow(code('app.precision.unknown'))
    await expect(convert(model, { sink: memorySink(), name: 'm.tflite' }, { quantize: 'constructor' })).rejects.toThrow(code('app.precision.unknown'))
  })
})
