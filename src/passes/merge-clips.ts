import type { Node, Value } from '../ir/model.ts'
import { shapeEquals } from '../ir/types.ts'
import type { PatternBuilder, Place } from '../rewrite/pattern.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { dtypeOf, isFloat, numbersOf, shapeOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

interface Bounds {
  readonly x: Value
  readonly low: number
  readonly high: number
}

const numberOf = (v: Value | undefined, otherwise: number): number | undefined => {
  if (v === undefined) return otherwise
  const numbers = v.isConstant ? numbersOf(v) : undefined
  return numbers?.length === 1 && !Number.isNaN(numbers[0]) ? numbers[0] : undefined
}

/** What a Relu, a Clip, or a Max or Min with one number keeps a value between; the upper bound wins, as in Clip. */
function boundsOf(node: Node): Bounds | undefined {
  const [first, second] = node.inputs
  if (first === undefined || !isFloat(node.outputs[0])) return undefined
  if (node.op === 'Relu') return { x: first, low: 0, high: Infinity }
  if (node.op === 'Clip') {
    const [low, high] = [numberOf(second, -Infinity), numberOf(node.inputs[2], Infinity)]
    return low === undefined || high === undefined ? undefined : { x: first, low: Math.min(low, high), high }
  }
  if (node.inputs.length !== 2 || second === undefined) return undefined
  const [x, bound] = first.isConstant ? [second, numberOf(first, NaN)] : [first, numberOf(second, NaN)]
  if (bound === undefined || Number.isNaN(bound) || !shapeEquals(shapeOf(x), shapeOf(node.outputs[0]))) return undefined
  return node.op === 'Max' ? { x, low: bound, high: Infinity } : { x, low: -Infinity, high: bound }
}

type Bounding = (p: PatternBuilder, x: Place<string>) => Place<string>
const plain: Bounding = (p, x) => p.op('Relu|Clip', x).rest()
const extreme: Bounding = (p, x) => p.op('Max|Min', x, p.constant('bound'))

const pair = (name: string, outer: Bounding, inner: Bounding): Rule =>
  rule(`merge-clips-${name}`, p => outer(p, inner(p, p.value('inside')).as('first')), ({ root, nodes }, make, refuse) => {
    const [first, second] = [boundsOf(nodes['first']!), boundsOf(root)]
    const dtype = dtypeOf(root.outputs[0])
    if (first === undefined || second === undefined || dtype === undefined) return refuse('a bound is not one number')
    const clip = (n: number): number => Math.min(Math.max(n, second.low), second.high)
    const [low, high] = [clip(first.low), clip(first.high)]
    if (low === 0 && high === Infinity) return make.Relu(first.x)
    const bound = (n: number): Value | undefined => (Number.isFinite(n) ? make.scalar(n, dtype) : undefined)
    return make.Clip(first.x, bound(low), bound(high))
  })

export const clipRules: readonly Rule[] = [pair('plain', plain, plain), pair('into', plain, extreme), pair('from', extreme, plain), pair('extremes', extreme, (p, x) => p.op('Max|Min', x, p.constant('other')))]

/** One Clip for bounds that follow each other, said by Relu, Clip, or Max and Min with a number. */
export const mergeClips: Pass = rulesPass('merge-clips', clipRules)
