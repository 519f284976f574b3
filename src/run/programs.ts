import { invariant } from '../diag/diagnostic.ts'
import type { Buffer } from '../expr/expr.ts'
import { constant, input as inputBuffer, scalarOf, stage } from '../expr/expr.ts'
import type { Value } from '../ir/model.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { staticShape } from '../ir/types.ts'
import { computeNode, hostInputs, keyOfAttributes } from '../ops/meaning.ts'
import type { Group } from './fuse.ts'

/** A group ready to be compiled: its buffers, and what they stand for. */
export interface GroupBuffers {
  /** Equal texts mean equal computations. */
  readonly key: string
  readonly inputs: readonly Value[]
  readonly inputBuffers: readonly { readonly buffer: Buffer; readonly constant: boolean }[]
  readonly outputs: readonly Value[]
  readonly outputBuffers: readonly Buffer[]
}

/**
 * States a group's computation; `seen` are its values that something outside reads. What `literal` gives a number for is
 * part of the computation, and no input.
 */
export function groupBuffers(group: Group, seen: ReadonlySet<Value>, literal: (value: Value) => number | undefined = () => undefined): GroupBuffers {
  const made = new Map<Value, { readonly buffer: Buffer; readonly name: string }>()
  const inputs = new Map<Value, { readonly buffer: Buffer; readonly name: string }>()
  const outputs: Value[] = []
  const key: unknown[] = []
  for (const [n, { node, operator, buffers }] of group.members.entries()) {
    const names = node.inputs.map((v, i) => {
      if (!v || !buffers.has(i)) return v ? 'unread' : '-'
      const known = made.get(v) ?? inputs.get(v)
      if (known) return known.name
      invariant(v.type?.kind === 'tensor', `${v.name} is no tensor`)
      const shape = staticShape(v.type.shape)!
      const { dtype } = v.type
      const number = literal(v)
      if (number !== undefined) {
        const name = `${dtype}[${shape.join()}]=${Object.is(number, -0) ? '-0' : number}`
        made.set(v, { buffer: stage(shape, dtype, () => constant(number, scalarOf(dtype))), name })
        return name
      }
      const entry = { buffer: inputBuffer(shape, dtype), name: `i${inputs.size}` }
      inputs.set(v, entry)
      return `${entry.name}:${dtype}[${shape.join()}]${v.isConstant ? 'c' : ''}`
    })
    const results = computeNode(node, operator, i => (made.get(node.inputs[i]!) ?? inputs.get(node.inputs[i]!))!.buffer)
    node.outputs.forEach((v, o) => {
      if (!v || !results[o]) return
      made.set(v, { buffer: results[o], name: `n${n}.${o}` })
      if (seen.has(v)) outputs.push(v)
    })
    const host = hostInputs(node, operator).map(i => (node.inputs[i]!.isConstant ? peekNumbers(node.inputs[i]!.constant) : node.inputs[i]!.elements))
    key.push([node.qualified, keyOfAttributes(node.attributes), names, host, node.outputs.map(v => (v ? (seen.has(v) ? 2 : 1) : 0)), node.outputs.map(v => (v?.type?.kind === 'tensor' ? v.type.dtype : ''))])
  }
  return {
    key: JSON.stringify(key),
    inputs: [...inputs.keys()],
    inputBuffers: [...inputs].map(([v, { buffer }]) => ({ buffer, constant: v.isConstant })),
    outputs,
    outputBuffers: outputs.map(v => made.get(v)!.buffer),
  }
}
