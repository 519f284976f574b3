import { graphAttribute } from '../../../src/ir/attribute.ts'
import { unknownDim } from '../../../src/ir/dim.ts'
import { Graph } from '../../../src/ir/model.ts'
import type { Value } from '../../../src/ir/model.ts'
import { tensorType } from '../../../src/ir/types.ts'
import { Builder } from '../../../src/ops/builder.ts'
import type { InferContext } from '../../../src/ops/operator.ts'
import { numbersOf } from '../../../src/passes/kit/values.ts'
import { toInt64 } from './reduce.ts'

/** What is kept: places (int32) and scores of the boxes, filled up with zeros, and how many there are (int32). */
export interface Kept {
  readonly places: Value
  readonly scores: Value
  readonly count: Value
}

/** Boxes [n, 4] of two corners each, scores [n], the most to keep (int32), and the thresholds of overlap and score. */
type Inputs = readonly [boxes: Value, scores: Value, limit: Value, overlap: Value, least: Value]

/** Checks what both versions share; gives how long the lists are. */
export function inferKept(ctx: InferContext): ReturnType<typeof unknownDim> | number {
  const [boxes, scores] = [ctx.shape(0), ctx.shape(1)]
  if ((boxes && (boxes.length !== 2 || (typeof boxes[1] === 'number' && boxes[1] !== 4))) || (scores && scores.length !== 1)) ctx.fail(`boxes of [${boxes?.join()}] and scores of [${scores?.join()}]`)
  const limit = ctx.shapeValue(2)?.[0]
  if (typeof limit === 'number' && limit < 0) ctx.fail(`${limit} boxes to keep`)
  return typeof limit === 'number' ? limit : unknownDim()
}

const filledUp = (b: Builder, values: Value, limit: Value, zero: Value): Value =>
  b.op('Slice', [b.op('Concat', [values, b.op('Expand', [zero, limit])], { axis: 0 }), b.ints([0]), limit, b.ints([0])])

/** The next float32 below a positive one. */
function justBelow(x: number): number {
  const words = new Uint32Array(Float32Array.of(x).buffer)
  words[0]! -= 1
  return new Float32Array(words.buffer)[0]!
}

/** Greedy choice where a box goes that overlaps a kept one by the threshold or more. Scores are not changed. A box without area overlaps none and is kept once; the runtime's kernel keeps giving it. */
export function keepHard(b: Builder, [boxes, scores, limit, overlap, least]: Inputs): Kept {
  const threshold = numbersOf(overlap)?.[0]
  const most = b.op('Reshape', [toInt64(b, limit), b.ints([1])])
  // ONNX drops what overlaps by more than its threshold, which lies from 0 to 1
  if (threshold === undefined || !(threshold > 0 && threshold <= 1)) return keepSoft(b, [boxes, scores, limit, overlap, least], undefined)
  const below = b.scalar(justBelow(threshold), 'float32')
  const rows = b.op('NonMaxSuppression', [b.op('Unsqueeze', [boxes, b.ints([0])]), b.op('Unsqueeze', [scores, b.ints([0, 1])]), most, below, least])
  const places = b.op('Gather', [rows, b.int(2)], { axis: 1 })
  return kept(b, places, b.op('Gather', [scores, places]), most)
}

/** The same, step by step; with `sigma` above 0 scores fall with the overlap (Bodla et al., Soft-NMS, 2017). */
export function keepSoft(b: Builder, [boxes, scores, limit, overlap, least]: Inputs, sigma: Value | undefined): Kept {
  const number = (n: number) => b.scalar(n, 'float32')
  const [one, other] = [b.op('Slice', [boxes, b.ints([0]), b.ints([2]), b.ints([1])]), b.op('Slice', [boxes, b.ints([2]), b.ints([4]), b.ints([1])])]
  const [low, high] = [b.op('Min', [one, other]), b.op('Max', [one, other])]
  const area = b.op('ReduceProd', [b.op('Sub', [high, low]), b.ints([1])], { keepdims: false })
  const places = b.op('Range', [b.int(0), b.op('Gather', [b.op('Shape', [scores]), b.int(0)]), b.int(1)])
  const fall = sigma && b.op('Where', [b.op('Greater', [sigma, number(0)]), b.op('Div', [number(-0.5), sigma]), number(0)])
  const open = (at: Builder, left: Value): Value => at.op('Greater', [at.op('ReduceMax', [left, at.ints([0])], { keepdims: false }), least])

  const body = new Graph(b.graph.names, 'suppress')
  const left = body.value('left', scores.type)
  for (const v of [body.value('iteration', tensorType('int64', [])), body.value('goes_on', tensorType('bool', [])), left]) body.addInput(v)
  const at = new Builder(body, undefined, b.origin, '')
  const best = at.op('ArgMax', [left], { axis: 0, keepdims: false })
  const row = (v: Value) => at.op('Gather', [v, best])
  const common = at.op('Max', [at.op('Sub', [at.op('Min', [high, row(high)]), at.op('Max', [low, row(low)])]), at.scalar(0, 'float32')])
  const shared = at.op('ReduceProd', [common, at.ints([1])], { keepdims: false })
  const real = at.op('And', [at.op('Greater', [area, at.scalar(0, 'float32')]), at.op('Greater', [row(area), at.scalar(0, 'float32')])])
  const part = at.op('Where', [real, at.op('Div', [shared, at.op('Sub', [at.op('Add', [area, row(area)]), shared])]), at.scalar(0, 'float32')])
  const lower = fall ? at.op('Mul', [left, at.op('Exp', [at.op('Mul', [fall, at.op('Mul', [part, part])])])]) : left
  const gone = at.op('Or', [at.op('GreaterOrEqual', [part, overlap]), at.op('Equal', [places, best])])
  const next = at.op('Where', [gone, at.scalar(-Infinity, 'float32'), lower])
  for (const v of [open(at, next), next, best, at.op('Identity', [row(left)])]) body.addOutput(v)

  const most = b.op('Reshape', [toInt64(b, limit), b.ints([1])])
  const [, found, worth] = b.ops('Loop', [b.op('Reshape', [most, b.ints([])]), open(b, scores), scores], 3, { body: graphAttribute(body) }) as [Value, Value, Value]
  return kept(b, found, worth, most)
}

const kept = (b: Builder, places: Value, scores: Value, most: Value): Kept => ({
  places: filledUp(b, b.op('Cast', [places], { to: 6 }), most, b.scalar(0, 'int32')),
  scores: filledUp(b, scores, most, b.scalar(0, 'float32')),
  count: b.op('Cast', [b.op('Gather', [b.op('Shape', [places]), b.int(0)])], { to: 6 }),
})
