import type { DType } from '../ir/dtype.ts'
import { bitsOf, kindOf } from '../ir/dtype.ts'
import type { Graph, Value } from '../ir/model.ts'
import { Node } from '../ir/model.ts'
import { numberOfDType } from './kit/datatype.ts'
import { formMisfit, formOf, setAt, setHas } from './forms.ts'
import { operatorOf } from './registry.ts'

/** Narrow ones first. */
const targets: readonly DType[] = ['uint8', 'int8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float16', 'float32', 'float64']

/** Bits of a float's significand, the leading one among them. */
const significand: Readonly<Partial<Record<DType, number>>> = { float16: 11, float32: 24, float64: 53 }

/** Floats hold these exactly: no overflow, no rounding. */
const holds: Readonly<Partial<Record<DType, RegExp>>> = { float16: /^float(8e4m3fn|8e4m3fnuz|8e5m2|4e2m1|6e2m3|6e3m2)$/, float32: /^b?float/, float64: /^b?float/ }

/** True when every element of `from` is one of `to`, and arithmetic on it, cast back, is what it was. `ordered`: nothing is reckoned, only compared. */
function isWider(to: DType, from: DType, ordered: boolean): boolean {
  const [a, b] = [kindOf(from), kindOf(to)]
  if (a === 'float') return b === 'float' && bitsOf(to) > bitsOf(from) && holds[to]!.test(from)
  if (a === 'bool') return ordered
  if (a !== 'int' && a !== 'uint') return false
  if (b === 'float') return ordered && bitsOf(from) <= significand[to]!
  return bitsOf(to) > bitsOf(from) && (a === b || (a === 'uint' && b === 'int'))
}

const cast: Pick<Node, 'op' | 'domain' | 'qualified'> = { op: 'Cast', domain: '', qualified: 'Cast' }

function canCast(from: DType, to: DType, opset: number): boolean {
  const form = formOf(cast, opset)
  const has = (set: number, dtype: DType): boolean => setHas(set, { kind: 'tensor', dtype, shape: undefined })
  return form !== undefined && has(form[1][0]!, from) && has(form[5][0]!, to)
}

function castOf(value: Value, dtype: DType, node: Node): Node {
  return new Node({ op: 'Cast', name: node.name, inputs: [value], attributes: { to: { type: 'int', value: numberOfDType(dtype) } }, origin: node.origin })
}

const dtypeAt = (value: Value | undefined): DType | undefined => (value?.type?.kind === 'tensor' ? value.type.dtype : undefined)
const typed = (value: Value, dtype: DType): Value['type'] => (value.type?.kind === 'tensor' ? { ...value.type, dtype } : undefined)

/**
 * Where a node's form in this operator set does not take an input's element type, but a wider one in which the outcome
 * is the same: Casts to that and back. Leaves the node as it is when there is none.
 */
export function widenNode(node: Node, opset: number): void {
  const form = formOf(node, opset)
  const operator = operatorOf(node)
  if (form === undefined || operator === undefined || operator.control || operator.widening === 'never' || formMisfit(node, opset) === undefined) return
  const [, inputs, more, , , outputs, moreOut] = form
  const graph = node.graph!
  const sets = node.inputs.map((_, i) => setAt(inputs, more, i))
  const at = node.inputs.findIndex((v, i) => v?.type && sets[i] !== undefined && !setHas(sets[i]!, v.type))
  const from = dtypeAt(node.inputs[at])
  if (from === undefined) return
  const set = sets[at]!
  const ordered = operator.widening === 'ordered' || operator.moves === true
  const wide = targets.find(d => isWider(d, from, ordered) && setHas(set, { kind: 'tensor', dtype: d, shape: undefined }) && canCast(from, d, opset) && canCast(d, from, opset))
  if (wide === undefined) return
  // places that take the same types as the one that does not fit stand for the same type
  node.inputs.forEach((v, i) => {
    if (!v || sets[i] !== set || dtypeAt(v) !== from) return
    const wider = castOf(v, wide, node)
    wider.setOutput(0, graph.value(`${v.name}/${wide}`, typed(v, wide)))
    graph.insert(wider, node)
    node.setInput(i, wider.outputs[0])
  })
  node.outputs.forEach((v, i) => {
    if (!v || setAt(outputs, moreOut, i) !== set || dtypeAt(v) !== from) return
    const result = graph.value(`${v.name}/${wide}`, typed(v, wide))
    node.setOutput(i, result)
    const back = castOf(result, from, node)
    back.setOutput(0, v)
    graph.insert(back, node.next)
  })
}

/** Widens nodes of ONNX's own domain, of a graph and of those inside it, for the versions that `opsets` names by domain. */
export function widenGraph(graph: Graph, opsets: ReadonlyMap<string, number>, skip: (node: Node) => boolean = () => false): void {
  for (const node of [...graph.allNodes()]) {
    const opset = opsets.get(node.domain)
    if (opset !== undefined && node.domain === '' && !skip(node)) widenNode(node, opset)
  }
}
