import type { Dim } from '../../../src/ir/dim.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import { shapeEquals } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import type { Moved } from '../../../src/passes/kit/atoms.ts'
import { reshapeAtoms, runsOf, transposeAtoms, unmoved } from '../../../src/passes/kit/atoms.ts'
import { dtypeOf, intOf, numbersOf, shapeOf, sizesOf } from '../../../src/passes/kit/values.ts'
import { int32s, onNode, reshapeTo } from './kit.ts'
import { isAlone, madeBy } from './linear.ts'

/** Axes that TRANSPOSE turns. */
const mostTurned = 6

/** A FULLY_CONNECTED with a TRANSPOSE some way before it, nothing but reshapes in between, and what these do when they come after it. */
interface Linear {
  readonly fc: Node
  readonly turn: Node
  readonly perm: readonly number[]
  readonly units: number
  readonly depth: number
}

/** What a value is a reshape of, where nothing else reads it. */
function beforeReshapes(v: Value | undefined): Value | undefined {
  let at = v
  for (let node = madeBy(at, 'RESHAPE'); at && node; node = madeBy(at, 'RESHAPE')) {
    if (!isAlone(at)) return undefined
    at = node.inputs[0]
  }
  return at && isAlone(at) ? at : undefined
}

function linearBehind(v: Value | undefined): Linear | undefined {
  const fc = madeBy(beforeReshapes(v), 'FULLY_CONNECTED')
  const turn = fc && madeBy(beforeReshapes(fc.inputs[0]), 'TRANSPOSE')
  const [perm, weights] = [numbersOf(turn?.inputs[1]), sizesOf(fc?.inputs[1])]
  if (!fc || !turn || !perm || !weights || dtypeOf(turn.inputs[0]) !== 'float32' || dtypeOf(fc.outputs[0]) !== 'float32') return undefined
  return { fc, turn, perm, units: weights[0]!, depth: weights[1]! }
}

/** A value moved as said, by one TRANSPOSE between reshapes; undefined when it takes more. */
function moved(b: Builder, x: Value, state: Moved, to: readonly Dim[]): Value | undefined {
  const { sizes, order } = runsOf(state)
  const cut = order.length > mostTurned ? undefined : shapeEquals(shapeOf(x), sizes) ? x : reshapeTo(b, x, sizes)
  return cut && reshapeTo(b, b.op('tflite::TRANSPOSE', [cut, int32s(b, order)]), to)
}

const withLast = (shape: readonly Dim[], last: number): readonly Dim[] => [...shape.slice(0, -1), last]

const linearOn = (b: Builder, { fc }: Linear, x: Value): Value =>
  b.op('tflite::FULLY_CONNECTED', [x, ...fc.inputs.slice(1)], { ...fc.attributes, keep_num_dims: shapeOf(x)!.length > 2 || undefined })

/** A TRANSPOSE after FULLY_CONNECTED that leaves its units alone goes before it, and is one with the TRANSPOSE that stands there. */
const before = onNode('linear-after-transposes', 'tflite::TRANSPOSE', (node, b, refuse) => {
  const found = linearBehind(node.inputs[0])
  const [perm, given, out] = [numbersOf(node.inputs[1]), shapeOf(node.inputs[0]), shapeOf(node.outputs[0])]
  const [from, into] = [shapeOf(found?.turn.inputs[0]), shapeOf(found?.fc.inputs[0])]
  if (!found || !perm || !given || !out || !from || !into) return refuse('no product of a transposition is before it')
  if (perm.at(-1) !== perm.length - 1 || given.at(-1) !== found.units || into.at(-1) !== found.depth) return refuse('it moves the units')
  const start = unmoved(from)
  const turned = start && reshapeAtoms(transposeAtoms(start, found.perm), withLast(given, found.depth))
  const x = turned && moved(b, found.turn.inputs[0]!, transposeAtoms(turned, perm), withLast(out, found.depth))
  return x ? linearOn(b, found, x) : refuse('the transposition would have too many axes')
})

/**
 * Queries, keys and values of windows: the TRANSPOSE that makes windows goes behind their FULLY_CONNECTED and is one with the TRANSPOSE that parts heads.
 * Where that would have too many axes, the three come to lie beside each other's heads, and are parted there.
 */
const windows = onNode('linear-before-transposes', 'tflite::UNPACK', (node, b, refuse) => {
  const turn = isAlone(node.inputs[0]!) ? madeBy(node.inputs[0], 'TRANSPOSE') : undefined
  const found = linearBehind(turn?.inputs[0])
  const [perm, cut, parts] = [numbersOf(turn?.inputs[1]), shapeOf(turn?.inputs[0]), node.outputs.map(v => shapeOf(v))]
  const from = shapeOf(found?.turn.inputs[0])
  if (!found || !perm || !cut || !from || intOf(node, 'axis', 0) !== 0) return refuse('no product of a transposition is before it')
  if (found.perm.at(-1) !== from.length - 1 || from.at(-1) !== found.depth || shapeOf(found.fc.inputs[0])?.at(-1) !== found.depth) return refuse('the transposition moves what is multiplied')
  const whole = perm[0]!
  const beside = perm.slice(1).indexOf(whole + 1)
  const start = unmoved(withLast(from, found.units))
  const turned = start && reshapeAtoms(transposeAtoms(start, found.perm), cut)
  const [shape, count] = [parts[0], node.outputs.length]
  if (!turned || !shape || beside < 0 || typeof shape[beside] !== 'number') return refuse('how the elements move is not known')
  const order = [...perm.slice(1, beside + 1), whole, ...perm.slice(beside + 1)]
  const joined = shape.map((d, i) => (i === beside ? count * (d as number) : d))
  const y = moved(b, linearOn(b, found, found.turn.inputs[0]!), transposeAtoms(turned, order), joined)
  return y ? b.ops('tflite::SPLIT', [int32s(b, [beside], []), y], count, { num_splits: count }) : refuse('the transposition would have too many axes')
})

/** Transpositions on both sides of a product with weights. */
export const linearMoveRules = [before, windows]
