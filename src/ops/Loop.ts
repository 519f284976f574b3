import type { Dim } from '../ir/dim.ts'
import { unknownDim } from '../ir/dim.ts'
import type { Graph } from '../ir/model.ts'
import { tensorType } from '../ir/types.ts'
import { carriedTypes } from './kit/merge.ts'
import type { InferContext, Operator } from './operator.ts'

export const Loop: Operator = {
  name: 'Loop',
  control: true,
  infer(ctx) {
    const body = ctx.attributes.graph('body')
    const carried = Math.max(0, ctx.inputCount - 2)
    if (body.inputs.length !== carried + 2 || body.outputs.length < carried + 1) ctx.fail(`a body of ${body.inputs.length} inputs and ${body.outputs.length} outputs for ${carried} values`)
    if (ctx.outputCount >= body.outputs.length) ctx.fail(`${ctx.outputCount} outputs of a body that has ${body.outputs.length - 1} besides its condition`)
    const initial = Array.from({ length: carried }, (_, i) => ctx.type(i + 2))
    const counter = [tensorType('int64', []), tensorType('bool', [])]
    const { types, results } = carriedTypes(initial, body, t => ctx.subgraph(body, [...counter, ...t]).slice(1))
    const rounds = roundsOf(ctx, body)
    for (let o = 0; o < ctx.outputCount; o++) {
      const type = results[o]
      // an optional that the body fills comes out filled
      if (o < carried) ctx.outputType(o, types[o]?.kind === 'optional' && type && type.kind !== 'optional' ? type : (types[o] ?? type))
      else ctx.outputType(o, type?.kind === 'tensor' ? { ...type, shape: type.shape && [rounds, ...type.shape] } : undefined)
    }
  },
}

/** The trip count where nothing can end the loop before. */
function roundsOf(ctx: InferContext, body: Graph): Dim {
  const first = ctx.has(1) ? ctx.constant(1)?.[0] : 1
  const goesOn = body.outputs[0]
  const passed = goesOn === body.inputs[1] || (goesOn?.producer?.node.op === 'Identity' && goesOn.producer.node.inputs[0] === body.inputs[1])
  return (first === 1 && passed ? ctx.shapeValue(0)?.[0] : undefined) ?? unknownDim()
}
