import { computeOptimizer, inferOptimizer } from '../kit/training.ts'
import type { Operator } from '../operator.ts'

export const Adagrad: Operator = {
  name: 'Adagrad',
  domain: 'ai.onnx.preview.training',
  infer: ctx => inferOptimizer(ctx, 3, [0, 2]),
  compute(k) {
    const [decay, epsilon, norm] = [k.attributes.float('decay_factor', 0), k.attributes.float('epsilon', 1e-6), k.attributes.float('norm_coefficient', 0)]
    return computeOptimizer(k, 3, [0, 2], ([x, given, squares], rate, time) => {
      const gradient = x!.mul(norm).add(given!)
      const sum = squares!.add(gradient.mul(gradient))
      const step = rate.div(time.mul(decay).add(1))
      return [x!.sub(step.mul(gradient).div(sum.apply('sqrt').add(epsilon))), sum]
    })
  },
}
