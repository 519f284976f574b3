import { constant, scalarOf, stage } from '../expr/expr.ts'
import type { Tensor } from '../ir/tensor.ts'
import { peekNumbers, reshapedTensor } from '../ir/tensor.ts'
import { unknownShape } from '../ir/types.ts'
import { elementsOf } from './kit/elements.ts'
import { followedElements } from './kit/sizes.ts'
import { become } from './kit/versions.ts'
import type { AttributeReader, Operator } from './operator.ts'

const fill = (attributes: AttributeReader): Tensor | undefined => attributes.tensor('value')

export const ConstantOfShape: Operator = {
  name: 'ConstantOfShape',
  host: [0],
  infer(ctx) {
    const value = fill(ctx.attributes)
    const dtype = value?.dtype ?? 'float32'
    const shape = ctx.shapeValue(0)
    if (shape === undefined) {
      const rank = ctx.shape(0)?.[0]
      return ctx.output(0, dtype, typeof rank === 'number' ? unknownShape(rank) : undefined)
    }
    if (shape.some(d => typeof d === 'number' && d < 0)) ctx.fail(`shape [${shape.join()}]`)
    const [count] = shape
    const n = dtype === 'int64' || dtype === 'int32' ? peekNumbers(value)?.[0] : undefined
    const followed = n !== undefined && shape.length <= 1 && (count === undefined || (typeof count === 'number' && count <= followedElements))
    ctx.output(0, dtype, shape, followed ? Array.from({ length: (count as number | undefined) ?? 1 }, () => n) : undefined)
  },
  compute(k) {
    const value = fill(k.attributes)
    const dtype = k.outputDType(0)
    const n = value === undefined ? 0 : elementsOf(value)[0]
    if (n === undefined || typeof n === 'string') return k.fail(`a value of dtype ${dtype}`)
    return [stage(k.outputShape(0), dtype, () => constant(n, scalarOf(dtype)))]
  },
  downgrade: {
    9(step) {
      const { node, b, attributes } = step
      const value = fill(attributes)
      const scalar = value ? b.constant(reshapedTensor(value, [])) : b.scalar(0, 'float32')
      become(step, b.op('Expand', [scalar, node.inputs[0]]))
    },
  },
}
