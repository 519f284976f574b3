import type { Model, Node } from '../../../src/ir/model.ts'
import { dtypeOf } from '../operator.ts'
import { integersOf } from './integers.ts'
import { floatsOf } from './measure.ts'
import type { Stored } from './store.ts'
import { heldAs, inherit, putInto } from './store.ts'
import { leastElements } from './weights.ts'

const span = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** Inputs of recurrent kernels that hold weights, which are all integers or none, and those that must be absent then: peepholes. */
const recurrent: Readonly<Record<string, { readonly weights: readonly number[]; readonly absent: readonly number[] }>> = {
  UNIDIRECTIONAL_SEQUENCE_LSTM: { weights: [...span(1, 8), 16], absent: [9, 10, 11] },
  BIDIRECTIONAL_SEQUENCE_LSTM: { weights: [...span(1, 8), 16, ...span(18, 25), 33, ...span(40, 47)], absent: [9, 10, 11, 26, 27, 28] },
  UNIDIRECTIONAL_SEQUENCE_RNN: { weights: [1, 2], absent: [] },
  BIDIRECTIONAL_SEQUENCE_RNN: { weights: [1, 2, 5, 6, 10, 11], absent: [] },
}

/** The weights of a node as integers with one scale each; undefined where one of them can't be that. */
async function storedOf(node: Node, inputs: readonly number[]): Promise<Map<number, Required<Stored>> | undefined> {
  const made = new Map<number, Required<Stored>>()
  for (const i of inputs) {
    const value = node.inputs[i]!
    if (!value.isConstant || dtypeOf(value) !== 'float32' || [...value.uses].some(use => 'graph' in use)) return undefined
    const stored = integersOf(value.constant!, await floatsOf(value.constant!), undefined, 'int8')
    if (stored === undefined) return undefined
    made.set(i, stored)
  }
  return made
}

/** Weights of recurrent operators as int8, where these are large together. Gives how many, and the bytes that they took, and take. */
export async function storeRecurrent(model: Model): Promise<[count: number, before: number, after: number]> {
  let [count, before, after] = [0, 0, 0]
  for (const node of model.allNodes()) {
    const known = node.domain === 'tflite' ? recurrent[node.op] : undefined
    const inputs = known?.weights.filter(i => node.inputs[i] !== undefined) ?? []
    const elements = inputs.reduce((n, i) => n + (node.inputs[i]!.constant?.shape.reduce((m, d) => m * d, 1) ?? 0), 0)
    if (!known || known.absent.some(i => node.inputs[i]) || elements < leastElements) continue
    for (const [index, stored] of (await storedOf(node, inputs)) ?? []) {
      const value = node.inputs[index]!
      const held = heldAs(stored, value, { node, index })
      before += value.constant!.byteLength
      putInto(held, { node, index })
      inherit(value, held)
      after += stored.tensor.byteLength
      count++
    }
  }
  return [count, before, after]
}
