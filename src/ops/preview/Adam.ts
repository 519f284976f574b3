import { constant, select } from '../../expr/expr.ts'
import { computeOptimizer, inferOptimizer } from '../kit/training.ts'
import type { Operator } from '../operator.ts'

export const Adam: Operator = {
  name: 'Adam',
  domain: 'ai.onnx.preview.training',
  infer: ctx => inferOptimizer(ctx, 4, [0, 2, 3]),
  compute(k) {
    const [alpha, beta, epsilon] = [k.attributes.float('alpha', 0.9), k.attributes.float('beta', 0.999), k.attributes.float('epsilon', 1e-6)]
    const [norm, after] = [k.attributes.float('norm_coefficient', 0), k.attributes.float('norm_coefficient_post', 0)]
    return computeOptimizer(k, 4, [0, 2, 3], ([x, given, momentum, squares], rate, time) => {
      const { type } = x!
      const gradient = x!.mul(norm).add(given!)
      const mean = momentum!.mul(alpha).add(gradient.mul(1 - alpha))
      const square = squares!.mul(beta).add(gradient.mul(gradient).mul(1 - beta))
      const rest = (base: number) => constant(1, type).sub(constant(base, type).pow(time))
      const step = select(time.gt(0), rate.mul(rest(beta).apply('sqrt')).div(rest(alpha)), rate)
      const next = x!.sub(step.mul(mean.div(square.apply('sqrt').add(epsilon))))
      return [next.mul(1 - after), mean, square]
    })
  },
}
