import { floats } from '../../../src/ir/attribute.ts'
import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { activate } from './activation.ts'
import { overTime, sum, times } from './over-time.ts'

export interface RnnWeights {
  readonly input: Value
  readonly recurrent: Value
  readonly bias: Value | undefined
  /** For the auxiliary input. */
  readonly auxiliary?: Value | undefined
}

const onnxActivations: Readonly<Record<string, string>> = { NONE: 'Affine', RELU: 'Relu', TANH: 'Tanh' }

/** Plain recurrence over time: ONNX's RNN where it has the activation and x [steps, batch, size] stands alone, else step by step. Gives [what comes out, the state after it]. */
export function rnnOverTime(b: Builder, x: Value, timeMajor: boolean, w: RnnWeights, state: Value, activation: string | undefined, backward: boolean, auxiliary?: Value): readonly [Value, Value] | undefined {
  const known = onnxActivations[activation ?? 'NONE']
  const units = w.recurrent.type?.kind === 'tensor' ? w.recurrent.type.shape?.[0] : undefined
  const one = (v: Value): Value => b.op('Unsqueeze', [v, b.ints([0])])
  if (known && !auxiliary && typeof units === 'number') {
    const turn = (v: Value): Value => (timeMajor ? v : b.op('Transpose', [v], { perm: [1, 0, 2] }))
    const bias = w.bias && one(b.op('Concat', [w.bias, b.bytes('float32', [units], new Uint8Array(4 * units))], { axis: 0 }))
    const [y, last] = b.ops('RNN', [turn(x), one(w.input), one(w.recurrent), bias, undefined, one(state)], 2, { hidden_size: units, direction: backward ? 'reverse' : 'forward', activations: [known], ...(known === 'Affine' && { activation_alpha: floats([1]), activation_beta: floats([0]) }) })
    return [turn(b.op('Squeeze', [y, b.ints([1])])), b.op('Squeeze', [last, b.ints([0])])]
  }
  const share = sum(b, times(b, x, w.input), auxiliary && w.auxiliary && times(b, auxiliary, w.auxiliary), w.bias)!
  const recurrent = b.op('Transpose', [w.recurrent], { perm: [1, 0] })
  if (!activate(b, share, activation)) return undefined
  const run = overTime(b, share, timeMajor ? 0 : 1, [state], (inner, entry, [before]) => [activate(inner, inner.op('Add', [entry, inner.op('MatMul', [before, recurrent])]), activation)!], backward)
  return [run.outputs, run.states[0]!]
}
