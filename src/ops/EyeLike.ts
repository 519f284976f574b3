import { constant, scalarOf, select, stage } from '../expr/expr.ts'
import { dtypeOfNumber } from './kit/datatype.ts'
import { dtypeOf } from './kit/algebra.ts'
import { castTo, knownShape } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const EyeLike: Operator = {
  name: 'EyeLike',
  widening: 'never',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape && shape.length !== 2) ctx.fail(`its input has rank ${shape.length}, not 2`)
    const wanted = ctx.attributes.int('dtype')
    ctx.output(0, wanted === undefined ? ctx.dtype(0) : (dtypeOfNumber(wanted) ?? ctx.fail(`dtype ${wanted}`)), shape)
  },
  compute(k) {
    const type = scalarOf(k.outputDType(0))
    const offset = k.attributes.int('k', 0)
    return [stage(k.outputShape(0), k.outputDType(0), (r, c) => select(c!.eq(r!.add(offset)), constant(1, type), constant(0, type)))]
  },
  downgrade: {
    9(step) {
      const { node, b, attributes } = step
      const [rows, columns] = knownShape(step, node.outputs[0]) as [number, number]
      const dtype = dtypeOf(node.outputs[0]) ?? step.refuse('its element type is not known')
      const ones = new Uint8Array(rows * columns)
      const offset = attributes.int('k', 0)
      for (let r = Math.max(0, -offset); r < rows && r + offset < columns; r++) ones[r * columns + r + offset] = 1
      become(step, castTo(b, b.bytes('uint8', [rows, columns], ones), dtype))
    },
  },
}
