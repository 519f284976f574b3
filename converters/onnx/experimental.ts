import type { Graph, Node, Value } from '../../src/ir/model.ts'
import { float32Tensor } from '../../src/ir/tensor.ts'
import { readAttributes } from '../../src/ops/attributes.ts'
import { Builder } from '../../src/ops/builder.ts'
import { inferInvalid } from '../../src/ops/diagnostics.ts'
import type { AttributeReader } from '../../src/ops/operator.ts'
import { dtypeOf } from '../../src/ops/kit/algebra.ts'
import { dtypeOfNumber } from '../../src/ops/kit/datatype.ts'
import { replaceNode } from '../../src/rewrite/edit.ts'

type Form = (b: Builder, x: Value | undefined, attributes: AttributeReader, node: Node) => Value | undefined

function scalar(b: Builder, value: number, x: Value): Value {
  const dtype = dtypeOf(x)
  return dtype ? b.scalar(value, dtype) : b.op('CastLike', [b.scalar(value, 'float32'), x])
}
const times = (b: Builder, x: Value, factor: number): Value => b.op('Mul', [x, scalar(b, factor, x)])

/** The shape that a fill asks for: an attribute, an input, or an input's own. */
function filledShape(b: Builder, x: Value | undefined, attributes: AttributeReader): Value {
  const more = attributes.ints('extra_shape') ?? []
  const shape = x === undefined ? b.ints(attributes.ints('shape') ?? []) : attributes.int('input_as_shape', 0) ? b.op('Cast', [x], { to: 7 }) : b.op('Shape', [x])
  return more.length > 0 ? b.op('Concat', [shape, b.ints(more)], { axis: 0 }) : shape
}

/** Operators that ONNX had as experimental ones and dropped in 1.5, in today's: as onnxruntime 1.30 still runs them. */
const forms: Readonly<Record<string, Form>> = {
  Affine: (b, x, a) => x && b.op('Add', [times(b, x, a.float('alpha', 1)), scalar(b, a.float('beta', 0), x)]),
  Scale: (b, x, a) => x && times(b, x, a.float('scale', 1)),
  ParametricSoftplus: (b, x, a) => x && times(b, b.op('Softplus', [times(b, x, a.float('beta', 1))]), a.float('alpha', 1)),
  ScaledTanh: (b, x, a) => x && times(b, b.op('Tanh', [times(b, x, a.float('beta', 1))]), a.float('alpha', 1)),
  ImageScaler(b, x, a) {
    const bias = a.floats('bias') ?? []
    return x && b.op('Add', [times(b, x, a.float('scale', 1)), b.op('CastLike', [b.constant(float32Tensor(bias, [bias.length, 1, 1])), x])])
  },
  Crop(b, x, a) {
    const [left, top, right, bottom] = a.ints('border') ?? []
    if (!x || left === undefined || top === undefined || right === undefined || bottom === undefined) return undefined
    const [height, width] = a.ints('scale') ?? []
    const ends = height !== undefined && width !== undefined ? [top + height, left + width] : [bottom === 0 ? 2 ** 31 - 1 : -bottom, right === 0 ? 2 ** 31 - 1 : -right]
    return b.op('Slice', [x, b.ints([top, left]), b.ints(ends), b.ints([2, 3])])
  },
  DynamicSlice: (b, _x, _a, node) => (node.inputs.length >= 3 ? b.op('Slice', node.inputs.slice(0, 4)) : undefined),
  GivenTensorFill: (b, x, a) => b.op('Reshape', [b.constant(float32Tensor(a.floats('values') ?? [])), filledShape(b, x, a)]),
  ConstantFill(b, x, a) {
    const dtype = dtypeOfNumber(a.int('dtype', 1))
    return dtype && b.op('Expand', [b.scalar(a.float('value', 0), dtype), filledShape(b, x, a)])
  },
}

/** Says what is left of ONNX's early experimental operators in today's; `isCall` tells calls of the model's own functions. */
export function replaceExperimental(graph: Graph, isCall: (node: Node) => boolean): void {
  for (const node of graph.allNodes()) {
    if (node.domain !== '' || !Object.hasOwn(forms, node.op) || isCall(node)) continue
    const b = new Builder(node.graph!, node)
    const fail = (message: string): never => {
      throw inferInvalid(node, message)
    }
    const value = forms[node.op]!(b, node.inputs[0], readAttributes(node.attributes, fail), node)
    if (value) replaceNode(node, [value], () => true)
    else for (const made of b.made.toReversed()) made.graph?.remove(made)
  }
}
