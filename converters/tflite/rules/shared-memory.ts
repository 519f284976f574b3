import type { Node, Value } from '../../../src/ir/model.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'
import { onNode, staticSizes } from './kit.ts'

/** Kernels that give their output their input's memory: without a change, and written over. */
const reshapes = new Set(['RESHAPE', 'SQUEEZE', 'EXPAND_DIMS', 'BITCAST'])
const writers = ['ADD', 'SUB', 'MUL', 'DIV', 'SOFTMAX']

const countOf = (v: Value): number | undefined => staticSizes(v)?.reduce((n, d) => n * d, 1)
const makerOf = (v: Value | undefined): Node | undefined => (v?.producer?.node.domain === 'tflite' ? v.producer.node : undefined)

/** Whether a value lies in the memory of another that nothing else uses. */
function sharesMemory(v: Value): boolean {
  const maker = makerOf(v)
  if (!maker) return false
  const given = reshapes.has(maker.op) ? maker.inputs.slice(0, 1) : writers.includes(maker.op) ? maker.inputs.slice(0, 2) : []
  return given.some(x => x?.producer !== undefined && x.uses.size === 1 && countOf(x) === countOf(v))
}

/**
 * The runtime's planner (arena_planner.cc, InputTensorCanBeShared and IdentifyInPlaceTensors) counts who uses the first value in a
 * piece of memory and who uses the last, not those between: a reshape of a value that is used again, and lies in another's memory,
 * may be written over. A copy keeps the value.
 */
const keep = onNode('keep-shared', writers.map(op => `tflite::${op}`), (node, b, refuse) => {
  for (const [i, v] of node.inputs.slice(0, 2).entries()) {
    const before = makerOf(v)
    const x = before && reshapes.has(before.op) ? before.inputs[0]! : undefined
    if (!v || !x || v.uses.size > 1 || x.uses.size === 1 || countOf(v) === 1 || !sharesMemory(x)) continue
    const copy = b.op('tflite::CONCATENATION', [x], { axis: 0 })
    const again = b.op(before!.qualified, [copy, ...before!.inputs.slice(1)], before!.attributes)
    return b.ops(node.qualified, node.inputs.map((w, k) => (k === i ? again : w)), node.outputs.length, node.attributes)
  }
  return refuse('it writes over nothing that is still wanted')
})

export const sharedMemoryRules: readonly Rule[] = [keep]
