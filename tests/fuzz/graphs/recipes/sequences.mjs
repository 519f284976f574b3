// Sequences and optionals: made, changed, and brought back to tensors, which is what can be compared.
import { Graph } from '../../../../dist/src/ir/model.js'
import { isTensor } from '../../../../dist/src/ir/tensor.js'
import { dtypes } from '../codes.mjs'

/** A sequence of tensors of one dtype; with `joins`, of shapes that differ along one axis at most. */
function sequence(s, { joins = false } = {}) {
  const { draw } = s
  const dtype = draw.pick(['float32', 'float32', 'int64', 'int32', 'bool', 'string', 'float64', 'uint8'])
  const way = draw.int(0, 3)
  if (way === 0) {
    const x = s.takeRank(dtype, 1)
    const axis = draw.axis(s.shape(x).length)
    const size = s.shape(x).at(axis)
    const split = draw.maybe(0.6, () => (draw.chance(0.5) || size === 0 ? s.ints([draw.int(1, 3)], { shape: [] }) : s.ints([draw.int(0, size)].flatMap(n => [n, size - n]))))
    return s.node('SplitToSequence', [x, split], { axis, ...(!split && draw.chance(0.5) ? { keepdims: draw.int(0, 1) } : {}) })[0]
  }
  const first = s.take(dtype)
  const rest = Array.from({ length: draw.int(0, 2) }, () => (joins ? s.takeShape(dtype, s.shape(first)) : s.take(dtype)))
  let out = way === 1 && !joins ? s.node('SequenceEmpty', [], dtype === 'float32' ? {} : { dtype: dtypes[dtype] })[0] : s.node('SequenceConstruct', [first, ...rest])[0]
  for (let n = draw.int(0, 2); n > 0; n--) {
    const length = s.datum(out).length
    if (draw.chance(0.6)) {
      const tensor = joins ? s.takeShape(dtype, s.shape(first)) : s.take(dtype)
      out = s.node('SequenceInsert', [out, tensor, draw.maybe(0.6, () => position(s, length, length))])[0]
    } else if (length > 1) out = s.node('SequenceErase', [out, draw.maybe(0.6, () => position(s, length, length - 1))])[0]
  }
  return out
}
const position = (s, length, last) => s.ints([s.draw.int(-length, last)], { dtype: s.draw.pick(['int64', 'int32']), shape: [] })

/** Back to tensors. */
function use(s, sequence) {
  const { draw } = s
  const items = s.datum(sequence)
  if (draw.chance(0.3)) s.node('SequenceLength', [sequence])
  if (items.length === 0) return
  const same = items.every(t => isTensor(t) && t.shape.join() === items[0].shape.join())
  if (same && draw.chance(0.5)) {
    const rank = items[0].shape.length
    const stacks = rank === 0 || draw.chance(0.5)
    s.node('ConcatFromSequence', [sequence], { axis: stacks ? draw.int(-rank - 1, rank) : draw.axis(rank), ...(stacks ? { new_axis: 1 } : {}) })
  } else s.node('SequenceAt', [sequence, position(s, items.length, items.length - 1)])
}

const made = (s, joins) => use(s, sequence(s, { joins }))

export const sequences = {
  SequenceConstruct: s => made(s), SequenceEmpty: s => s.node('SequenceLength', [s.node('SequenceInsert', [s.node('SequenceEmpty', [], {})[0], s.take('float32')])[0]]),
  SequenceInsert: s => made(s), SequenceErase: s => made(s), SequenceAt: s => made(s), SequenceLength: (s, op) => void s.node(op, [sequence(s)]), SplitToSequence: s => made(s), ConcatFromSequence: s => made(s, true),
  SequenceMap: async (s, op) => {
    const given = sequence(s, { joins: true })
    const items = s.datum(given)
    const dtype = items[0]?.dtype ?? 'float32'
    const body = new Graph(s.model.names, 'body')
    const item = body.addInput(body.value('item', { kind: 'tensor', dtype, shape: undefined }))
    const inner = s.inner(body)
    if (items.length > 0) {
      s.root.data.set(item, items[0])
      inner.values.push(item)
    }
    const out = s.draw.pick(['Identity', 'Shape', 'Size'])
    body.addOutput(items.length > 0 ? inner.node(out, [item])[0] : item)
    const [result] = await s.control(op, [given], { body: { type: 'graph', value: body } }, 1)
    use(s, result)
  },
  Optional: s => {
    const x = s.take(s.dtype('Identity', 'V'))
    const [optional] = s.node('Optional', [x])
    if (s.draw.chance(0.5)) s.node('OptionalHasElement', [optional])
    s.node('OptionalGetElement', [optional])
  },
  OptionalHasElement: (s, op) => void s.node(op, [s.draw.chance(0.5) ? s.take('float32') : undefined]),
  OptionalGetElement: (s, op) => void s.node(op, [s.take(s.draw.pick(['float32', 'int64', 'bool']))]),
}
