import type { Node, Value } from '../../../src/ir/model.ts'
import { intOf, numbersOf, rankOf, shapeOf } from '../../../src/passes/kit/values.ts'
import { onNode } from './kit.ts'

/** Parts that are worth an operator of many outputs. */
const most = 16

/** The entry of an axis that a Gather takes out of a value, -1 for an UNPACK, which takes all of them. */
function entryOf(node: Node, x: Value, axis: number): number | undefined {
  const own = intOf(node, 'axis', 0)
  if (node.inputs[0] !== x || (own < 0 ? own + rankOf(x)! : own) !== axis) return undefined
  if (node.qualified === 'tflite::UNPACK') return -1
  const index = node.qualified === 'Gather' && rankOf(node.inputs[1]) === 0 ? numbersOf(node.inputs[1])?.[0] : undefined
  return index !== undefined && index < 0 ? index + (shapeOf(x)![axis] as number) : index
}

/** Gathers of one entry each, when they take nearly all entries of an axis, are one UNPACK. */
const unpack = onNode('unpack', 'Gather', (node, b, refuse) => {
  const x = node.inputs[0]!
  const [rank, given] = [rankOf(x), intOf(node, 'axis', 0)]
  const axis = given < 0 ? given + (rank ?? 0) : given
  const size = shapeOf(x)?.[axis]
  if (rank === undefined || typeof size !== 'number' || size > most) return refuse('the size is not known, or there are too many entries')
  const users = [...x.uses].flatMap(use => ('node' in use && use.node.graph === node.graph ? [use.node] : []))
  const entries = users.map(user => entryOf(user, x, axis))
  const own = entryOf(node, x, axis)
  const made = users[entries.indexOf(-1)]
  if (own === undefined || (made === undefined && new Set(entries.filter(e => e !== undefined)).size < Math.max(2, size - 1))) return refuse('too few entries are taken')
  return (made ? made.outputs : b.ops('tflite::UNPACK', [x], size, { num: size, axis: axis || undefined }))[own]!
})

export const unpackRules = [unpack]
