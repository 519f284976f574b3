import type { Expr } from '../expr/expr.ts'
import { read, stage } from '../expr/expr.ts'
import { float } from '../ir/attribute.ts'
import type { Node, Value } from '../ir/model.ts'
import type { Builder } from './builder.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { become, constantInput, drop, floatToInput } from './kit/versions.ts'
import type { Operator, VersionStep } from './operator.ts'

const [toMin, toMax] = [floatToInput('min', 1), floatToInput('max', 2)]

function decompose(b: Builder, node: Node): Value | undefined {
  const [x, low, high] = node.inputs
  if (!x) return undefined
  const raised = low ? b.op('Max', [x, low]) : x
  return high ? b.op('Min', [raised, high]) : raised
}

function toAttributes(step: VersionStep): void {
  const { node, b } = step
  if (node.inputs.slice(1).some(v => v && !v.isConstant)) return become(step, decompose(b, node)!)
  for (const [index, name] of ['min', 'max'].entries()) {
    const bound = constantInput(step, index + 1)?.[0]
    if (bound !== undefined) step.setAttribute(name, float(bound))
  }
  node.setInputs(node.inputs.slice(0, 1))
}

export const Clip: Operator = {
  name: 'Clip',
  widening: 'ordered',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  compute(k) {
    const x = k.input(0)
    const [low, high] = [1, 2].map(i => (k.has(i) ? k.input(i) : undefined))
    const clip = (e: Expr, i: readonly Expr[]): Expr => {
      const raised = low ? e.max(readBroadcast(low, i)) : e
      return high ? raised.min(readBroadcast(high, i)) : raised
    }
    return [stage(x.shape, k.outputDType(0), (...i) => clip(read(x, i), i))]
  },
  decompose(b, node) {
    const y = decompose(b, node)
    return y && [y]
  },
  upgrade: {
    6: drop('consumed_inputs'),
    11(step) {
      toMin(step)
      toMax(step)
    },
  },
  downgrade: { 11: toAttributes },
}
