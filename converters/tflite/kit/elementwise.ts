import type { Dim } from '../../../src/ir/dim.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { inferBroadcast } from '../../../src/ops/kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'
import { activate } from './activation.ts'
import { activationOf } from './attributes.ts'

type Init = Partial<Omit<TfliteOperator, 'domain' | 'name'>>

export const floats: readonly DType[] = ['float32']
export const numbers: readonly DType[] = ['float32', 'int32', 'int64']

/** One input; shape and element type stay. `onnx`: an operator's name, or what builds its meaning. */
export function unary(name: TfliteOperator['name'], onnx: string | ((b: Builder, x: Value, node: Node) => Value), init: Init = {}): TfliteOperator {
  return tfliteOperator({
    name,
    infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
    decompose: (b, node) => [typeof onnx === 'string' ? b.op(onnx, [node.inputs[0]]) : onnx(b, node.inputs[0]!, node)],
    takes: { dtypes: [floats] },
    ...init,
  })
}

const mixed = (node: Node): string | undefined => {
  const [x, y] = node.inputs.map(dtypeOf)
  return x !== undefined && y !== undefined && x !== y ? `${node.op} takes no ${x} with ${y}` : undefined
}

/** Two inputs that broadcast, and a fused activation where the option table has one. `onSizes` works on shapes' elements. */
export function binary(
  name: TfliteOperator['name'],
  onnx: string | ((b: Builder, x: Value, y: Value, node: Node) => Value),
  { gives = 'same', onSizes, takes = { dtypes: [numbers], broadcastRank: 4 }, ...init }: Init & { gives?: 'same' | 'bool'; onSizes?: (a: Dim, b: Dim) => Dim | undefined } = {},
): TfliteOperator {
  return tfliteOperator({
    name,
    infer(ctx) {
      const [a, b] = [ctx.shapeValue(0), ctx.shapeValue(1)]
      const sizes = onSizes && a && b && a.length > 0 && b.length > 0 && (a.length === b.length || a.length === 1 || b.length === 1)
        ? Array.from({ length: Math.max(a.length, b.length) }, (_, i) => onSizes(a[a.length === 1 ? 0 : i]!, b[b.length === 1 ? 0 : i]!))
        : undefined
      inferBroadcast(ctx, gives, sizes?.every(d => d !== undefined) ? sizes : undefined)
    },
    decompose(b, node) {
      const [x, y] = node.inputs as [Value, Value]
      const result = activate(b, typeof onnx === 'string' ? b.op(onnx, [x, y]) : onnx(b, x, y, node), activationOf(node))
      return result && [result]
    },
    takes: { ...takes, refuses: node => mixed(node) ?? takes.refuses?.(node) },
    ...init,
  })
}
