import { constant, scalarOf, select, stage } from '../expr/expr.ts'
import { dtypeOfNumber } from './kit/datatype.ts'
import type { Value } from '../ir/model.ts'
import { staticShape } from '../ir/types.ts'
import type { Builder } from './builder.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './kit/algebra.ts'
import { castTo, knownShape } from './kit/older.ts'
import { writtenOut } from './kit/written-out.ts'
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
  decompose(b, node) {
    const [shape, dtype] = [staticShape(shapeOf(node.outputs[0])), dtypeOf(node.outputs[0])]
    return shape && dtype && [castTo(b, diagonal(b, shape, nodeAttributes(node).int('k', 0)), dtype)]
  },
  downgrade: {
    9(step) {
      const { node, b, attributes } = step
      const shape = knownShape(step, node.outputs[0])
      const dtype = dtypeOf(node.outputs[0]) ?? step.refuse('its element type is not known')
      become(step, castTo(b, diagonal(b, shape, attributes.int('k', 0)), dtype))
    },
  },
}

/** Ones on a diagonal, in uint8. */
function diagonal(b: Builder, shape: readonly number[], offset: number): Value {
  const [rows, columns] = shape as [number, number]
  const ones = new Uint8Array(writtenOut(rows * columns))
  for (let r = Math.max(0, -offset); r < rows && r + offset < columns; r++) ones[r * columns + r + offset] = 1
  return b.bytes('uint8', shape, ones)
}
