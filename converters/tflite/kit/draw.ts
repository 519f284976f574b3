import { float } from '../../../src/ir/attribute.ts'
import type { AttributeInit } from '../../../src/ir/attribute.ts'
import type { Node } from '../../../src/ir/model.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'
import { optionsOf } from './attributes.ts'
import { toInt64 } from './reduce.ts'

/** Random numbers of a shape (int32). The generator differs: the same seeds give other numbers here than there. */
export const draws = (name: TfliteOperator['name'], onnx: string): TfliteOperator =>
  tfliteOperator({
    name,
    impure: true,
    host: [0],
    options: 'RandomOptions',
    infer(ctx) {
      const rank = ctx.shape(0)?.[0]
      ctx.output(0, 'float32', ctx.shapeValue(0) ?? (typeof rank === 'number' ? unknownShape(rank) : undefined))
    },
    decompose: (b, node) => [b.op(onnx, [b.op('Expand', [b.scalar(0, 'float32'), toInt64(b, node.inputs[0]!)])], { dtype: 1, ...seedOf(node) })],
    takes: { dtypes: [['int32']] },
  })

/** Seeds that are both 0 mean none. */
export function seedOf(node: Node): Readonly<Record<string, AttributeInit>> {
  const [one, other] = ['seed', 'seed2'].map(name => optionsOf(node).int(name, 0)) as [number, number]
  return one === 0 && other === 0 ? {} : { seed: float(one * 31 + other) }
}
