import { describe, expect, it } from 'vitest'
import { float } from '../../../src/ir/attribute.ts'
import { cpuExecutor } from '../../../executors/cpu/index.ts'
import type { Value } from '../../../src/ir/model.ts'
import { Model } from '../../../src/ir/model.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { float32Tensor, int64Tensor, viewOf } from '../../../src/ir/tensor.ts'
import { tensorType } from '../../../src/ir/types.ts'
import { Builder } from '../../../src/ops/builder.ts'
import type { Executor, PrepareOptions } from '../../../src/spi/executor.ts'
import type { Case } from '../quantized/harness.ts'
import { Draw, actual, expected, oracle } from '../quantized/harness.ts'

// onnxruntime's CPU provider, graph optimizations off, computes most float16 operators in float32 between casts that it
// puts in. Ours computes in float32 (fast) or doubles (exact) and rounds where a value is stored.

/** How many float16 numbers lie between two. */
function steps(a: Tensor, b: Tensor): number[] {
  const place = (bits: number): number => (bits & 0x8000 ? -(bits & 0x7fff) : bits)
  const [x, y] = [viewOf('float16', a.peek()!), viewOf('float16', b.peek()!)] as [Uint16Array, Uint16Array]
  const isNaN = (bits: number): boolean => (bits & 0x7fff) > 0x7c00
  return Array.from(x, (bits, i) => (isNaN(bits) && isNaN(y[i]!) ? 0 : Math.abs(place(bits) - place(y[i]!))))
}

type Make = (d: Draw) => Case
const half = (d: Draw, shape: readonly number[], low = -2, high = 2): Tensor => d.floats(shape, low, high, 'float16')
const unary = (op: string, low = -3, high = 3, init: Case['init'] = {}): [string, Make] => [op, d => ({ op, inputs: [half(d, [3, 50], low, high)], init: init! })]
const binary = (op: string, low = -2, high = 2): [string, Make] => [op, d => ({ op, inputs: [half(d, [4, 30], low, high), half(d, [30], low, high)] })]

const table: readonly (readonly [string, Make])[] = [
  ...['Abs', 'Neg', 'Relu', 'Floor', 'Ceil', 'Round', 'Sign', 'Exp', 'Sigmoid', 'Tanh', 'Erf', 'Sin', 'Cos', 'Softplus', 'Softsign', 'HardSwish', 'HardSigmoid', 'Elu', 'Selu', 'LeakyRelu', 'ThresholdedRelu', 'Mish', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Tan'].map(op => unary(op)),
  unary('Gelu'), unary('Gelu', -3, 3, { approximate: 'tanh' }),
  ...['Log', 'Sqrt', 'Reciprocal'].map(op => unary(op, 0.01, 8)),
  ...['Asin', 'Acos', 'Atanh'].map(op => unary(op, -0.95, 0.95)),
  unary('Acosh', 1.01, 9),
  ...['Add', 'Sub', 'Mul', 'Max', 'Min', 'PRelu'].map(op => binary(op)),
  binary('Div', 0.1, 5), binary('Pow', 0.1, 3),
  ...['Softmax', 'LogSoftmax'].map((op): [string, Make] => [op, d => ({ op, inputs: [half(d, [4, 33], -6, 6)] })]),
  ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceL1', 'ReduceL2', 'ReduceLogSumExp', 'ReduceSumSquare'].map((op): [string, Make] => [op, d => ({ op, inputs: [half(d, [5, 6, 40]), int64Tensor([2])], constants: [1] })]),
  ['MatMul', d => ({ op: 'MatMul', inputs: [half(d, [2, 7, 65]), half(d, [65, 9])] })],
  ['Gemm', d => ({ op: 'Gemm', inputs: [half(d, [7, 65]), half(d, [9, 65]), half(d, [9])], init: { transB: 1, alpha: float(0.5), beta: float(2) } })],
  ['Conv', d => ({ op: 'Conv', inputs: [half(d, [1, 6, 9, 8]), half(d, [4, 3, 3, 3]), half(d, [4])], init: { group: 2, pads: [1, 1, 1, 1] } })],
  ['ConvTranspose', d => ({ op: 'ConvTranspose', inputs: [half(d, [1, 6, 5, 4]), half(d, [6, 3, 3, 3]), half(d, [3])], init: { strides: [2, 2] } })],
  ['AveragePool', d => ({ op: 'AveragePool', inputs: [half(d, [1, 3, 9, 8])], init: { kernel_shape: [3, 2], strides: [2, 1] } })],
  ['MaxPool', d => ({ op: 'MaxPool', inputs: [half(d, [1, 3, 9, 8])], init: { kernel_shape: [3, 2] } })],
  ['GlobalAveragePool', d => ({ op: 'GlobalAveragePool', inputs: [half(d, [2, 5, 9, 8])] })],
  ['LayerNormalization', d => ({ op: 'LayerNormalization', inputs: [half(d, [4, 48]), half(d, [48], 0.5, 1.5), half(d, [48])] })],
  ['BatchNormalization', d => ({ op: 'BatchNormalization', inputs: [half(d, [2, 5, 7]), half(d, [5], 0.5, 1.5), half(d, [5]), half(d, [5]), half(d, [5], 0.5, 2)] })],
  ['InstanceNormalization', d => ({ op: 'InstanceNormalization', inputs: [half(d, [2, 5, 30]), half(d, [5], 0.5, 1.5), half(d, [5])] })],
  ['LRN', d => ({ op: 'LRN', inputs: [half(d, [1, 7, 5, 5])], init: { size: 3 } })],
  ['Resize', d => ({ op: 'Resize', inputs: [half(d, [1, 2, 5, 6]), undefined, float32Tensor([1, 1, 2, 1.5])], init: { mode: 'linear' }, constants: [2] })],
  ['Einsum', d => ({ op: 'Einsum', inputs: [half(d, [3, 20]), half(d, [20, 4])], init: { equation: 'ij,jk->ik' } })],
  ['CumSum', d => ({ op: 'CumSum', inputs: [half(d, [3, 8]), int64Tensor([1], [])], constants: [1] })],
  ['Where', d => ({ op: 'Where', inputs: [d.integers('bool', [4, 5], [0, 1]), half(d, [4, 5]), half(d, [5])] })],
  ['Clip', d => ({ op: 'Clip', inputs: [half(d, [4, 5]), half(d, [], -1, -0.5), half(d, [], 0.5, 1)] })],
]

/** onnxruntime's own float16 kernels of these work in float16 throughout; doubles rounded once are up to six numbers away from them. */
const inHalf: Readonly<Record<string, number>> = { Softmax: 8, LogSoftmax: 2 }

/** Several operators in a row: what is between them is seen by what the last leaves. */
const chains: readonly (readonly [string, (b: Builder, x: Value, y: Value) => Value])[] = [
  ['a sum less one of its parts', (b, x, y) => b.op('Sub', [b.op('Add', [x, y]), x])],
  ['a product over one of its parts', (b, x, y) => b.op('Sub', [b.op('Div', [b.op('Mul', [x, y]), y]), x])],
  ['activation of a sum', (b, x, y) => b.op('Mul', [b.op('Sigmoid', [b.op('Add', [x, y])]), b.op('Add', [x, y])])],
  ['matrix product, bias, activation', (b, x, y) => b.op('Tanh', [b.op('Add', [b.op('MatMul', [x, b.op('Transpose', [y], { perm: [1, 0] })]), b.op('ReduceMean', [x, b.ints([1])])])])],
  ['variance by hand', (b, x) => {
    const centred = b.op('Sub', [x, b.op('ReduceMean', [x, b.ints([1])])])
    return b.op('ReduceMean', [b.op('Mul', [centred, centred]), b.ints([1])])
  }],
  ['exponentials over their sum', (b, x) => {
    const e = b.op('Exp', [x])
    return b.op('Div', [e, b.op('ReduceSum', [e, b.ints([1])])])
  }],
]

describe('chains of float16 operators', () => {
  for (const [name, build] of chains) {
    it(name, { timeout: 60_000 }, async () => {
      const d = new Draw(7)
      const feeds = new Map([['x', half(d, [16, 32])], ['y', half(d, [16, 32], 0.5, 3)]])
      const chain = (wide: boolean): Model => {
        const model = new Model('chain')
        model.opsets.set('', 21)
        const b = new Builder(model.graph)
        const [x, y] = ['x', 'y'].map(n => model.graph.addInput(model.graph.value(n, tensorType('float16', [16, 32])))).map(v => (wide ? b.op('Cast', [v], { to: 1 }) : v))
        const out = build(b, x!, y!)
        model.graph.addOutput(wide ? b.op('Cast', [out], { to: 10 }) : out)
        return model
      }
      const run = async (executor: Executor, model: Model, options?: PrepareOptions): Promise<Tensor> => {
        const session = await executor.prepare(model, options)
        const [out] = (await session.run(feeds)).values()
        session.dispose()
        return out as Tensor
      }
      const most = (a: Tensor, b: Tensor): number => Math.max(...steps(a, b))
      const [each, fast, once, theirs] = [
        await run(cpuExecutor, chain(false), { precision: 'exact' }), await run(cpuExecutor, chain(false), { precision: 'fast' }), await run(cpuExecutor, chain(true), { precision: 'exact' }), await run(oracle, chain(false)),
      ] as const
      if (process.env['TABLE']) console.log(name, { fastAgainstExact: most(fast, each), onnxruntimeAgainstExact: most(theirs, each), onnxruntimeAgainstWide: most(theirs, once) })
      // both precisions round after each operator, as ONNX's types have it
      expect(most(fast, each)).toBeLessThanOrEqual(1)
      // onnxruntime takes the casts between its float32 kernels out: it rounds the whole chain once
      expect(most(theirs, once)).toBeLessThanOrEqual(1)
    })
  }
})

describe('float16 against onnxruntime', () => {
  for (const [name, make] of table) {
    it(name, { timeout: 60_000 }, async () => {
      const seen = { exact: [0, 0, 0], fast: [0, 0, 0] }
      for (const seed of [1, 2, 3]) {
        const c = make(new Draw(seed))
        const theirs = await expected(c)
        for (const precision of ['exact', 'fast'] as const) {
          const found = steps((await actual(c, precision))[0]!, theirs[0]!)
          seen[precision][0]! += found.length
          seen[precision][1]! += found.filter(n => n > 0).length
          seen[precision][2] = Math.max(seen[precision][2]!, ...found)
        }
      }
      if (process.env['TABLE']) console.log(name, JSON.stringify(seen))
      expect(Math.max(seen.exact[2]!, seen.fast[2]!)).toBeLessThanOrEqual(inHalf[name] ?? 1)
    })
  }
})
