import { addDims, floorDivDims, subDims, unknownDim } from '../ir/dim.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './kit/algebra.ts'
import { tensorOfDoubles } from './kit/doubles.ts'
import type { Spectrum } from './kit/fourier.ts'
import { binsOf, fourierMatrix, pointLimit, spectrumOf } from './kit/fourier.ts'
import { hasMatrix } from './kit/fourier-graph.ts'
import { numberAt } from './kit/host.ts'
import type { Operator } from './operator.ts'

const formOf = (length: number, parts: number, onesided: boolean): Spectrum => ({ given: length, parts, length, inverse: false, onesided })

export const STFT: Operator = {
  name: 'STFT',
  host: [1, 3],
  infer(ctx) {
    const [signal, window] = [ctx.shape(0), ctx.shape(2)]
    const onesided = ctx.attributes.int('onesided', 1) !== 0
    if (signal && signal.length !== 3) ctx.fail(`a signal of rank ${signal.length}, not 3`)
    if (window && window.length !== 1) ctx.fail(`a window of rank ${window.length}`)
    const parts = signal?.[2]
    if (typeof parts === 'number' && parts !== 1 && (parts !== 2 || onesided)) ctx.fail(`${onesided ? 'half a spectrum' : 'a spectrum'} of numbers of ${parts} parts`)
    const step = ctx.shapeValue(1)?.[0] ?? unknownDim()
    if (typeof step === 'number' && step < 1) ctx.fail(`frames ${step} apart`)
    const samples = signal?.[1] ?? unknownDim()
    const length = ctx.has(3) ? (ctx.shapeValue(3)?.[0] ?? window?.[0] ?? unknownDim()) : ctx.has(2) ? (window?.[0] ?? unknownDim()) : samples
    if (typeof length === 'number' && (length < 1 || (typeof samples === 'number' && length > samples))) ctx.fail(`frames of ${length} in ${samples} samples`)
    if (typeof length === 'number' && typeof window?.[0] === 'number' && window[0] !== length) ctx.fail(`a window of ${window[0]} for frames of ${length}`)
    const frames = addDims(floorDivDims(subDims(samples, length), step), 1)
    ctx.output(0, ctx.dtype(0), [signal?.[0] ?? unknownDim(), frames, onesided ? addDims(floorDivDims(length, 2), 1) : length, 2])
  },
  evaluate(ctx) {
    const x = ctx.tensor(0)
    const [batch, samples, parts] = x.shape as [number, number, number]
    const [step, window] = [numberAt(ctx, 1, 0), ctx.inputs[2] === undefined ? undefined : ctx.tensor(2)]
    const length = numberAt(ctx, 3, window?.shape[0] ?? samples)
    if (step < 1 || length < 1 || length > Math.min(samples, pointLimit)) ctx.fail(`frames of ${length}, ${step} apart, in ${samples} samples`)
    const form = formOf(length, parts, ctx.attributes.int('onesided', 1) !== 0)
    const [bins, frames] = [binsOf(form), Math.floor((samples - length) / step) + 1]
    const [numbers, weights] = [peekNumbers(x)!, window && peekNumbers(window)!]
    const out = new Float64Array(batch * frames * bins * 2)
    const frame = new Float64Array(length * parts)
    const run = spectrumOf(form)
    for (let n = 0; n < batch; n++)
      for (let f = 0; f < frames; f++) {
        const from = (n * samples + f * step) * parts
        for (let i = 0; i < frame.length; i++) frame[i] = numbers[from + i]! * (weights ? weights[Math.floor(i / parts)]! : 1)
        run(frame, 0, parts, out, (n * frames + f) * bins * 2, 2)
      }
    return [tensorOfDoubles(x.dtype, [batch, frames, bins, 2], out)]
  },
  decompose(b, node) {
    const [x, stepInput, window, lengthInput] = node.inputs
    const [signal, dtype] = [shapeOf(x), dtypeOf(x)]
    const [step, wanted] = [stepInput, lengthInput].map(v => (v?.isConstant ? peekNumbers(v.constant)?.[0] : undefined))
    const length = wanted ?? (window ? shapeOf(window)?.[0] : signal?.[1])
    const parts = signal?.[2]
    if (dtype === undefined || step === undefined || typeof length !== 'number' || typeof parts !== 'number' || (lengthInput && wanted === undefined)) return undefined
    const form = formOf(length, parts, nodeAttributes(node).int('onesided', 1) !== 0)
    if (!hasMatrix(form)) return undefined
    const bins = binsOf(form)
    // the matrix [length, parts, bins * 2] as the kernel [bins * 2, parts, length] of a convolution along the signal
    const [matrix, turned] = [fourierMatrix(form), new Float64Array(length * parts * bins * 2)]
    for (let m = 0; m < length; m++) for (let p = 0; p < parts; p++) for (let c = 0; c < 2 * bins; c++) turned[(c * parts + p) * length + m] = matrix[(m * parts + p) * 2 * bins + c]!
    const kernel = b.constant(tensorOfDoubles(dtype, [bins * 2, parts, length], turned))
    const rows = b.op('Conv', [b.op('Transpose', [x], { perm: [0, 2, 1] }), window ? b.op('Mul', [kernel, window]) : kernel], { strides: [step] })
    return [b.op('Transpose', [b.op('Reshape', [rows, b.ints([0, bins, 2, -1])])], { perm: [0, 3, 1, 2] })]
  },
}
