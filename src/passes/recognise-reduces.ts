import type { Node } from '../ir/model.ts'
import type { PatternBuilder, Place } from '../rewrite/pattern.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { isFloat, isNear } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

type Part = (p: PatternBuilder) => Place<'x'>

const found = (name: string, op: string, pattern: Part): Rule =>
  rule(`recognise-${name}`, pattern, ({ root, nodes, x }, make, refuse) => {
    const reduce: Node = nodes['sum'] ?? root
    return isFloat(x) ? make.op(op, [x, reduce.inputs[1]], reduce.attributes) : refuse('integers wrap where they are squared')
  })

export const reduceFormRules: readonly Rule[] = [
  found('sum-of-squares', 'ReduceSumSquare', p => p.ReduceSum(p.Mul(p.x, p.x)).rest()),
  found('sum-of-squares-power', 'ReduceSumSquare', p => p.ReduceSum(p.Pow(p.x, p.value('two', v => isNear(v, 2)) as Place<never>)).rest()),
  found('root-of-squares', 'ReduceL2', p => p.Sqrt(p.op('ReduceSumSquare', p.x).rest().as('sum'))),
  found('sum-of-absolutes', 'ReduceL1', p => p.ReduceSum(p.Abs(p.x)).rest()),
  found('log-of-sum', 'ReduceLogSum', p => p.op('Log', p.ReduceSum(p.x).rest().as('sum'))),
]

/** Finds ReduceL1, ReduceL2, ReduceSumSquare and ReduceLogSum where they are spelled out. */
export const recogniseReduces: Pass = rulesPass('recognise-reduces', reduceFormRules)
