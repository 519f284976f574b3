import type { Model, Node } from '../ir/model.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { shapeEquals } from '../ir/types.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { constantOf, dtypeOf, isAll, isFloat, isIdentityPerm, numbersOf, permOf, rankOf, shapeOf, stringOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

const sameShape = (node: Node): boolean => shapeOf(node.inputs[0]) !== undefined && shapeEquals(shapeOf(node.inputs[0]), shapeOf(node.outputs[0]))
const noZeroSize = (node: Node): boolean => shapeOf(node.inputs[0])!.every(d => d !== 0)

/** Drops what keeps its first input as it is; `when` proves it. */
const drop = (name: string, ops: string, when: (node: Node) => boolean): Rule =>
  rule(`drop-${name}`, p => p.op(ops).where(node => node.inputs[0] !== undefined && node.outputs.slice(1).every(v => !v || v.uses.size === 0) && when(node)), ({ root }) => root.inputs[0]!)

const allPositive = (node: Node): boolean => node.inputs[4] === undefined || numbersOf(node.inputs[4])?.every(n => n > 0) === true

function resizesByOne(node: Node): boolean {
  if (stringOf(node, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize') return false
  if (node.inputs[2]) return isAll(node.inputs[2], 1)
  return node.inputs[3] !== undefined && sameShape(node)
}

/** Constants that leave a float's every value, the sign of zero included, as it is. */
function isNeutral(node: Node): boolean {
  const other = peekNumbers(constantOf(node.inputs[1]))
  if (other === undefined || !sameShape(node)) return false
  if (node.op === 'Mul' || node.op === 'Div') return other.every(n => n === 1)
  if (node.op === 'Pow') return other.every(n => n === 1)
  if (!isFloat(node.inputs[0])) return other.every(n => n === 0)
  return other.every(n => Object.is(n, node.op === 'Add' ? -0 : 0))
}

export const noopRules: readonly Rule[] = [
  drop('dropout', 'Dropout', node => node.inputs[2] === undefined || numbersOf(node.inputs[2])?.[0] === 0),
  drop('cast', 'Cast|CastLike', node => dtypeOf(node.inputs[0]) !== undefined && dtypeOf(node.inputs[0]) === dtypeOf(node.outputs[0])),
  drop('reshape', 'Reshape|Flatten|Squeeze|Unsqueeze|Expand', sameShape),
  drop('tile', 'Tile', node => isAll(node.inputs[1], 1) || (sameShape(node) && noZeroSize(node))),
  drop('transpose', 'Transpose', node => rankOf(node.inputs[0]) !== undefined && isIdentityPerm(permOf(node, rankOf(node.inputs[0])!))),
  drop('pad', 'Pad', node => isAll(node.inputs[1], 0)),
  drop('slice', 'Slice', node => sameShape(node) && allPositive(node)),
  drop('single', 'Concat|Sum|Max|Min|Mean', node => node.inputs.length === 1),
  drop('split', 'Split', node => node.outputs.length === 1),
  drop('clip', 'Clip', node => node.inputs[1] === undefined && node.inputs[2] === undefined),
  drop('resize', 'Resize', resizesByOne),
  drop('neutral', 'Add|Sub|Mul|Div|Pow', isNeutral),
  rule('drop-neutral-left', p => p.op('Add|Mul', p.constant('c'), p.x).where(n => n.inputs[1]?.isConstant !== true), ({ root, c, x }, _make, refuse) => {
    const numbers = peekNumbers(constantOf(c))
    const neutral = root.op === 'Mul' ? numbers?.every(n => n === 1) : numbers?.every(n => (isFloat(x) ? Object.is(n, -0) : n === 0))
    return neutral && shapeEquals(shapeOf(x), shapeOf(root.outputs[0])) ? x : refuse('the constant changes something')
  }),
  rule('drop-zero-states', p => p.op('LSTM|GRU|RNN').where(n => [5, 6].some(i => isAll(n.inputs[i], 0))), ({ root }, make) => {
    const inputs = root.inputs.map((v, i) => ((i === 5 || i === 6) && isAll(v, 0) ? undefined : v))
    const made = make.ops(root.op, inputs.slice(0, inputs.findLastIndex(v => v !== undefined) + 1), root.outputs.length, root.attributes)
    return root.outputs.map((v, i) => v && made[i])
  }),
  rule('merge-relus', p => p.Relu(p.Relu(p.x).shared()), ({ root }) => root.inputs[0]!),
  rule('drop-relu-of-clip', p => p.Relu(p.op('Clip').shared().as('clip')), ({ root, nodes }, _make, refuse) => {
    const low = numbersOf(nodes['clip']?.inputs[1])
    return low?.[0] !== undefined && low[0] >= 0 ? root.inputs[0]! : refuse('the lower bound may be below 0')
  }),
]

/** Removes operators that keep their input as it is, where that is proved. */
export const removeNoops: Pass = rulesPass('remove-noops', noopRules)

/** Removes Identity; one stays where a graph's output is an input, a constant, an outer value or another output. */
export const removeIdentities: Pass = { name: 'remove-identities', run: model => ({ changed: removeAll(model) }) }

function removeAll(model: Model): boolean {
  let changed = false
  for (const node of model.allNodes()) {
    if (node.op !== 'Identity' || node.domain !== '') continue
    const [x, y] = [node.inputs[0], node.outputs[0]]
    if (!x || !y) continue
    const uses = [...y.uses]
    for (const use of uses) if ('node' in use) changed = (use.node.setInput(use.index, x), true)
    const outputs = uses.filter(use => 'graph' in use)
    const movable = x.producer !== undefined && x.producer.node.graph === node.graph && outputs.length === 1 && ![...x.uses].some(use => 'graph' in use)
    if (outputs.length > 0 && !movable) continue
    const name = y.name
    for (const use of outputs) use.graph.setOutput(use.index, x)
    if (y.type && !x.type) x.type = y.type
    node.graph!.remove(node)
    if (outputs.length > 0) x.rename(name)
    changed = true
  }
  return changed
}

