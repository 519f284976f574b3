import { float } from '../../ir/attribute.ts'
import type { DType } from '../../ir/dtype.ts'
import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'

export type Activation = (b: Builder, x: Value) => Value

interface Known {
  readonly alpha?: number
  readonly beta?: number
  build(b: Builder, x: Value, alpha: number, beta: number, dtype: DType): Value
}

const scaled = (b: Builder, x: Value, by: number, dtype: DType): Value => (by === 1 ? x : b.op('Mul', [x, b.scalar(by, dtype)]))

/** Activations of recurrent operators by lower-case name, with the defaults of their coefficients (ONNX, LSTM). */
const known: Readonly<Record<string, Known>> = {
  relu: { build: (b, x) => b.op('Relu', [x]) },
  tanh: { build: (b, x) => b.op('Tanh', [x]) },
  sigmoid: { build: (b, x) => b.op('Sigmoid', [x]) },
  softsign: { build: (b, x) => b.op('Softsign', [x]) },
  softplus: { build: (b, x) => b.op('Softplus', [x]) },
  affine: { alpha: 1, beta: 0, build: (b, x, alpha, beta, dtype) => b.op('Add', [scaled(b, x, alpha, dtype), b.scalar(beta, dtype)]) },
  leakyrelu: { alpha: 0.01, build: (b, x, alpha) => b.op('LeakyRelu', [x], { alpha: float(alpha) }) },
  thresholdedrelu: {
    alpha: 1,
    build: (b, x, alpha, _, dtype) => b.op('Where', [b.op('GreaterOrEqual', [x, b.scalar(alpha, dtype)]), x, b.scalar(0, dtype)]),
  },
  scaledtanh: { alpha: 1, beta: 1, build: (b, x, alpha, beta, dtype) => scaled(b, b.op('Tanh', [scaled(b, x, beta, dtype)]), alpha, dtype) },
  hardsigmoid: { alpha: 0.2, beta: 0.5, build: (b, x, alpha, beta) => b.op('HardSigmoid', [x], { alpha: float(alpha), beta: float(beta) }) },
  elu: { alpha: 1, build: (b, x, alpha) => b.op('Elu', [x], { alpha: float(alpha) }) },
}

/**
 * Activations by name, in order; each that has a coefficient takes the next of its list, where there is one. Undefined
 * when a name is not known.
 */
export function activationsOf(names: readonly string[], alphas: readonly number[], betas: readonly number[], dtype: DType): Activation[] | undefined {
  const [as, bs] = [[...alphas], [...betas]]
  const out = names.map((name): Activation | undefined => {
    const key = name.toLowerCase()
    if (!Object.hasOwn(known, key)) return undefined
    const one = known[key]!
    const alpha = one.alpha === undefined ? 0 : (as.shift() ?? one.alpha)
    const beta = one.beta === undefined ? 0 : (bs.shift() ?? one.beta)
    return (b, x) => one.build(b, x, alpha, beta, dtype)
  })
  return out.every(a => a !== undefined) ? out : undefined
}
