import type { Dim } from '../ir/dim.ts'
import { unknownDim } from '../ir/dim.ts'
import type { Type } from '../ir/types.ts'
import { axisOf } from './kit/axes.ts'
import { carriedTypes } from './kit/merge.ts'
import { isUnknown } from './kit/sizes.ts'
import { scanOneSequence, scanOverBatch } from './kit/scan-batch.ts'
import { unrollScan } from './kit/unroll.ts'
import type { Operator } from './operator.ts'

export const Scan: Operator = {
  name: 'Scan',
  control: true,
  infer(ctx) {
    const body = ctx.attributes.graph('body')
    const scanned = ctx.attributes.int('num_scan_inputs') ?? ctx.fail('attribute num_scan_inputs is missing')
    const carried = ctx.inputCount - scanned
    if (carried < 0 || body.inputs.length !== ctx.inputCount || body.outputs.length < carried) ctx.fail(`a body of ${body.inputs.length} inputs for ${ctx.inputCount}`)
    if (ctx.outputCount > body.outputs.length) ctx.fail(`${ctx.outputCount} outputs of a body that has ${body.outputs.length}`)
    const inAxes = ctx.attributes.ints('scan_input_axes')
    let steps: Dim = unknownDim()
    const slices = Array.from({ length: scanned }, (_, i): Type | undefined => {
      const type = ctx.type(carried + i)
      if (type?.kind !== 'tensor' || type.shape === undefined) return type
      const axis = axisOf(ctx, inAxes?.[i] ?? 0, type.shape.length)
      if (isUnknown(steps)) steps = type.shape[axis]!
      return { ...type, shape: type.shape.filter((_, d) => d !== axis) }
    })
    const initial = Array.from({ length: carried }, (_, i) => ctx.type(i))
    const { types, results } = carriedTypes(initial, body, t => ctx.subgraph(body, [...t, ...slices]))
    const outAxes = ctx.attributes.ints('scan_output_axes')
    for (let o = 0; o < ctx.outputCount; o++) {
      const type = results[o]
      if (o < carried) ctx.outputType(o, types[o] ?? type)
      else if (type?.kind !== 'tensor' || type.shape === undefined) ctx.outputType(o, type)
      else {
        const axis = axisOf(ctx, outAxes?.[o - carried] ?? 0, type.shape.length + 1)
        ctx.outputType(o, { ...type, shape: [...type.shape.slice(0, axis), steps, ...type.shape.slice(axis)] })
      }
    }
  },
  decompose: unrollScan,
  upgrade: {
    9: scanOverBatch,
  },
  downgrade: { 9: scanOneSequence },
}
