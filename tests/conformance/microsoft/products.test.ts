import { describe } from 'vitest'
import type { Tensor } from '../../../src/ir/tensor.ts'
import type { Case, Draw } from '../quantized/harness.ts'
import type { Reference } from './table.ts'
import { against, means } from './table.ts'

// The reference is onnxruntime's CPU provider, graph optimizations off.
const float = (value: number) => ({ type: 'float', value }) as const
const floats = (value: readonly number[]) => ({ type: 'floats', value }) as const

// Left out: a turned A and a vector B. onnxruntime reads A's elements as they lie, under the turned shape: its fault.
const operands: readonly (readonly [a: readonly number[], b: readonly number[]])[] = [
  [[3, 4], [4, 5]], [[2, 3, 4], [4, 5]], [[2, 3, 4], [2, 4, 5]], [[2, 3, 4, 5], [2, 3, 5, 6]], [[1, 3, 4, 5], [2, 1, 5, 2]], [[7], [7, 2]], [[2, 3, 7], [7]], [[5], [5]],
]
/** Shapes as they are before the operator turns them. */
function turned(shape: readonly number[], swapped: boolean, batch: boolean): readonly number[] {
  if (shape.length < 2) return shape
  const inner = swapped ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape
  return batch ? [inner.at(-2)!, ...inner.slice(0, -2), inner.at(-1)!] : inner
}
const product = (op: string, more: Case['init'] = {}) => (d: Draw, v: number): Case => {
  const [a, b] = operands[v % operands.length]!
  const flag = (): boolean => d.below(2) === 1
  const [transA, transB] = [flag() && b.length > 1, flag()]
  // onnxruntime turns batches of operands of one rank only
  const [transBatchA, transBatchB] = op !== 'TransposeMatMul' && a.length > 2 && a.length === b.length ? [flag(), flag()] : [false, false]
  const init = { transA: Number(transA), transB: Number(transB), ...(op === 'TransposeMatMul' ? {} : { transBatchA: Number(transBatchA), transBatchB: Number(transBatchB) }), alpha: float(v % 2 ? 1 : 0.5 + d.unit()), ...more }
  return { op: `com.microsoft::${op}`, inputs: [d.floats(turned(a, transA, transBatchA)), d.floats(turned(b, transB, transBatchB))], init, constants: v % 4 === 1 ? [1] : [] }
}
const gemm = (activation: Case['init'] = {}) => (d: Draw, v: number): Case => {
  const [transA, transB] = [v % 2, (v >> 1) % 2]
  const c: Tensor | undefined = [d.floats([5]), d.floats([3, 1]), d.floats([]), undefined][v % 4]
  const init = { transA, transB, alpha: float(0.5 + d.unit()), beta: float(2 * d.unit()), ...activation }
  return { op: 'com.microsoft::FusedGemm', inputs: [d.floats(transA ? [4, 3] : [3, 4], -2, 2), d.floats(transB ? [5, 4] : [4, 5], -2, 2), ...(c ? [c] : [])], init, constants: v % 3 ? [1] : [] }
}
const convolution = (init: Case['init']) => (d: Draw, v: number): Case => {
  const rank = 1 + (v % 2)
  const group = [1, 2, 4][v % 3]!
  const spatial = [9, 8].slice(0, rank)
  const kernel = [3, 2].slice(0, rank)
  const shape = v % 5 === 4 ? { auto_pad: 'SAME_UPPER' } : { pads: [...kernel, ...kernel].map(n => d.below(n)), strides: kernel.map(() => 1 + d.below(2)), dilations: kernel.map(() => 1 + d.below(2)) }
  return { op: 'com.microsoft::FusedConv', inputs: [d.floats([2, 4, ...spatial], -2, 2), d.floats([8, 4 / group, ...kernel]), ...(v % 4 ? [d.floats([8])] : [])], init: { group, ...shape, ...init }, constants: [1, 2] }
}

describe('matrix products with what is fused into them', () => {
  against('FusedMatMul', product('FusedMatMul'), { variants: 32 })
  against('TransposeMatMul', product('TransposeMatMul'), { variants: 8 })
  for (const [name, init] of Object.entries({
    Relu: {}, Sigmoid: {}, Tanh: {}, LeakyRelu: { activation_alpha: float(0.2) }, Elu: { activation_alpha: float(1.5) }, HardSigmoid: { activation_alpha: float(0.3), activation_beta: float(0.4) },
    Softplus: {}, Softsign: {}, ThresholdedRelu: { activation_alpha: float(0.5) }, Selu: { activation_alpha: float(1.5), activation_gamma: float(1.1) },
  })) against(`FusedGemm and ${name}`, gemm({ activation: name, ...init }), { variants: 4 })
})

describe('convolutions with what is fused into them', () => {
  against('FusedConv', convolution({}), { variants: 6, fixed: () => true })
  for (const [name, params] of Object.entries({ Relu: [], Sigmoid: [], Tanh: [], LeakyRelu: [0.2], Clip: [-0.5, 0.75], HardSigmoid: [0.3, 0.4] })) {
    against(`FusedConv and ${name}`, convolution({ activation: name, ...(params.length ? { activation_params: floats(params) } : {}) }), { variants: 3, fixed: () => true })
  }
  against('FusedConv with a sum', (d, v) => {
    const c = convolution({ activation: 'Relu', group: 1, auto_pad: 'SAME_UPPER', pads: undefined, strides: undefined, dilations: undefined })(d, v)
    const spatial = c.inputs[0]!.shape.slice(2)
    return { ...c, inputs: [c.inputs[0], d.floats([8, 4, ...c.inputs[1]!.shape.slice(2)]), d.floats([8]), d.floats([2, 8, ...spatial])] }
  }, { variants: 4, fixed: () => true })
})

// operators without a kernel on the CPU: the reference is onnxruntime on the operators that they are made of
describe('fusions for other devices', () => {
  for (const [activation, op, init, more] of [
    ['Relu', 'Relu', {}, {}], ['LeakyRelu', 'LeakyRelu', { alpha: float(0.3) }, { activation_alpha: float(0.3) }], ['Softmax', 'Softmax', { axis: 0 }, { activation_axis: 0 }],
  ] as const) {
    against(`FusedMatMulActivation and ${activation}`, (d, v) => {
      const c = product('FusedMatMulActivation', { activation, ...more })(d, v)
      const { activation: _, ...rest } = c.init as Record<string, NonNullable<Case['init']>[string]>
      const plain = Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('activation')))
      return { ...c, means: means((b, inputs) => [b.op(op, [b.op('com.microsoft::FusedMatMul', inputs, plain)], init)]) } satisfies Reference
    }, { variants: 5 })
  }
  against('NhwcFusedConv', (d, v) => {
    const init = { ...(v % 2 ? { activation: 'Relu' } : {}), strides: [1 + d.below(2), 1], pads: [1, 0, 1, 1], group: 1 + (v % 2) }
    const sums = [2, v % 2 ? 4 : 4, init.strides[0] === 1 ? 7 : 4, 6]
    const inputs = [d.floats([2, 7, 6, 4]), d.floats([4, 4 / init.group, 3, 2]), d.floats([4]), ...(v % 3 ? [d.floats([sums[0]!, sums[2]!, sums[3]!, sums[1]!])] : [])]
    const build = means((b, [x, w, bias, z]) => {
      const first = [x, z].map(t => t && b.op('Transpose', [t], { perm: [0, 3, 1, 2] }))
      return [b.op('Transpose', [b.op('com.microsoft::FusedConv', [first[0], w, bias, ...(first[1] ? [first[1]] : [])], init)], { perm: [0, 2, 3, 1] })]
    })
    return { op: 'com.microsoft::NhwcFusedConv', inputs, init, constants: [1, 2], means: build }
  }, { fixed: () => true })
})
