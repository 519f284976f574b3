import { constant, select } from '../../expr/expr.ts'
import { computeOptimizer, inferOptimizer } from '../kit/training.ts'
import type { Operator } from '../operator.ts'

export const Momentum: Operator = {
  name: 'Momentum',
  domain: 'ai.onnx.preview.training',
  infer: ctx => inferOptimizer(ctx, 3, [0, 2]),
  compute(k) {
    const wanted = (name: string): number => k.attributes.float(name) ?? k.fail(`attribute ${name} is missing`)
    const [alpha, beta, norm] = [wanted('alpha'), wanted('beta'), wanted('norm_coefficient')]
    const mode = k.attributes.string('mode')
    if (mode !== 'standard' && mode !== 'nesterov') k.fail(`mode ${mode}`)
    return computeOptimizer(k, 3, [0, 2], ([x, given, momentum], rate, time) => {
      const gradient = x!.mul(norm).add(given!)
      // the first gradient counts in full
      const share = select(time.gt(0), constant(beta, x!.type), constant(1, x!.type))
      const next = momentum!.mul(alpha).add(share.mul(gradient))
      return [x!.sub(rate.mul(mode === 'nesterov' ? gradient.add(next.mul(alpha)) : next)), next]
    })
  },
}
