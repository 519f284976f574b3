import { float, floats } from '../../../src/ir/attribute.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { activate } from './activation.ts'
import { activationOf, optionsOf } from './attributes.ts'
import { overTime, sum, times } from './over-time.ts'
import type { Step } from './over-time.ts'

/** Weights of one direction, each list by gate: input, forget, cell, output. Without an input gate it is one less the forget gate. */
export interface LstmWeights {
  readonly input: readonly (Value | undefined)[]
  readonly recurrent: readonly (Value | undefined)[]
  /** Of the input, forget and output gate. */
  readonly peephole: readonly (Value | undefined)[]
  readonly bias: readonly (Value | undefined)[]
  readonly projection: Value | undefined
  readonly projectionBias: Value | undefined
  readonly layerNorm: readonly (Value | undefined)[]
  /** For the auxiliary input. */
  readonly auxiliary: readonly (Value | undefined)[]
}

const clipped = (b: Builder, x: Value, limit: number): Value => (limit > 0 ? b.op('Clip', [x, b.scalar(-limit, 'float32'), b.scalar(limit, 'float32')]) : x)

/** The step of the runtime's LSTM kernels (lstm_eval.cc): x holds the four gates' shares of the input side by side. Undefined for an activation that ONNX has no form of. */
export function lstmStep(b: Builder, node: Node, w: LstmWeights): Step | undefined {
  const a = optionsOf(node)
  const activation = activationOf(node)
  if (activation !== undefined && !['NONE', 'RELU', 'RELU6', 'RELU_N1_TO_1', 'TANH'].includes(activation)) return undefined
  const [cellClip, projectionClip] = [a.float('cell_clip', 0), a.float('proj_clip', 0)]
  const coupled = w.input[0] === undefined
  const turned = w.recurrent.map(v => v && b.op('Transpose', [v], { perm: [1, 0] }))
  return (inner, x, [hidden, cell]) => {
    const shares = inner.ops('Split', [x], coupled ? 3 : 4, { axis: -1, num_outputs: coupled ? 3 : 4 })
    const gate = (g: number, seen: Value | undefined, peephole: Value | undefined): Value => {
      const raw = sum(inner, shares[coupled ? g - 1 : g], inner.op('MatMul', [hidden, turned[g]]), peephole && inner.op('Mul', [seen, peephole]))!
      const norm = w.layerNorm[g]
      return norm ? inner.op('LayerNormalization', [raw, norm, w.bias[g]], { axis: -1, epsilon: float(1e-8) }) : sum(inner, raw, w.bias[g])!
    }
    const sigmoid = (v: Value): Value => inner.op('Sigmoid', [v])
    const forget = sigmoid(gate(1, cell, w.peephole[1]))
    const entering = coupled ? inner.op('Sub', [inner.scalar(1, 'float32'), forget]) : sigmoid(gate(0, cell, w.peephole[0]))
    const kept = inner.op('Add', [inner.op('Mul', [forget, cell]), inner.op('Mul', [entering, activate(inner, gate(2, undefined, undefined), activation)])])
    const next = clipped(inner, kept, cellClip)
    const out = inner.op('Mul', [sigmoid(gate(3, next, w.peephole[2])), activate(inner, next, activation)])
    if (!w.projection) return [out, next]
    return [clipped(inner, sum(inner, times(inner, out, w.projection), w.projectionBias)!, projectionClip), next]
  }
}

/** The gates' shares of the input, side by side. */
export const lstmShares = (b: Builder, x: Value, w: LstmWeights, auxiliary: Value | undefined): Value => {
  const all = (v: Value, weights: readonly (Value | undefined)[]): Value => times(b, v, b.op('Concat', weights.filter(g => g !== undefined), { axis: 0 }))
  return sum(b, all(x, w.input), auxiliary && all(auxiliary, w.auxiliary))!
}

const onnxActivations: Readonly<Record<string, string>> = { NONE: 'Affine', RELU: 'Relu', TANH: 'Tanh' }

/** Directions as ONNX's LSTM: x [steps, batch, size], states [batch, hidden]. Gives Y, Y_h and Y_c, or undefined where ONNX's has no place for what these do. */
export function asOnnxLstm(b: Builder, node: Node, x: Value, directions: readonly { readonly weights: LstmWeights; readonly states: readonly Value[] }[], way: string): readonly Value[] | undefined {
  const a = optionsOf(node)
  const activation = onnxActivations[activationOf(node) ?? 'NONE']
  const [first] = directions
  if (activation === undefined || a.float('cell_clip', 0) > 0) return undefined
  if (directions.some(({ weights: w }) => w.projection || w.auxiliary.some(v => v) || w.layerNorm.some(v => v) || [...w.input, ...w.recurrent].some(v => !v))) return undefined
  const kinds = new Set(directions.map(({ weights: w }) => `${w.bias.every(v => v)} ${w.bias.some(v => v)} ${w.peephole.every(v => v)} ${w.peephole.some(v => v)}`))
  const { bias, peephole } = first!.weights
  if (kinds.size > 1 || bias.some(v => v) !== bias.every(v => v) || peephole.some(v => v) !== peephole.every(v => v)) return undefined
  const hidden = shapeOf(first!.weights.recurrent[1])?.[1]
  if (typeof hidden !== 'number') return undefined
  const order = (gates: readonly (Value | undefined)[]) => [0, 3, 1, 2].map(g => gates[g])
  const stack = (of: (w: LstmWeights) => Value): Value => {
    const each = directions.map(d => b.op('Unsqueeze', [of(d.weights), b.ints([0])]))
    return each.length === 1 ? each[0]! : b.op('Concat', each, { axis: 0 })
  }
  const joined = (of: (w: LstmWeights) => readonly (Value | undefined)[]): Value => stack(w => b.op('Concat', of(w), { axis: 0 }))
  const zeros = b.bytes('float32', [4 * hidden], new Uint8Array(16 * hidden))
  const state = (k: number): Value => {
    const each = directions.map(d => b.op('Unsqueeze', [d.states[k], b.ints([0])]))
    return each.length === 1 ? each[0]! : b.op('Concat', each, { axis: 0 })
  }
  return b.ops('LSTM', [
    x,
    joined(w => order(w.input)),
    joined(w => order(w.recurrent)),
    bias[0] ? joined(w => [...order(w.bias), zeros]) : undefined,
    undefined,
    state(0),
    state(1),
    peephole[0] ? joined(w => [w.peephole[0], w.peephole[2], w.peephole[1]]) : undefined,
  ], 3, { hidden_size: hidden, direction: way, activations: directions.flatMap(() => ['Sigmoid', activation, activation]), ...(activation === 'Affine' && { activation_alpha: floats(directions.flatMap(() => [1, 1])), activation_beta: floats(directions.flatMap(() => [0, 0])) }) })
}

const shapeOf = (v: Value | undefined) => (v?.type?.kind === 'tensor' ? v.type.shape : undefined)

/** One direction step by step: x with the time on `axis`. */
export function lstmOverTime(b: Builder, node: Node, x: Value, axis: number, w: LstmWeights, states: readonly Value[], backward: boolean, auxiliary?: Value): ReturnType<typeof overTime> | undefined {
  const step = lstmStep(b, node, w)
  return step && overTime(b, lstmShares(b, x, w, auxiliary), axis, states, step, backward)
}
