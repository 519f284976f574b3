import type { SparseTensor } from '../ir/attribute.ts'
import type { Node } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { deferredTensor, float32Tensor, int64Tensor, stringTensor, viewOf } from '../ir/tensor.ts'
import { bitsOf } from '../ir/dtype.ts'
import { elementCount } from '../ir/types.ts'
import { nodeAttributes } from './kit/algebra.ts'
import type { AttributeReader, Operator } from './operator.ts'

/** The tensor of a sparse one; zero where it says nothing. Element types of whole bytes. */
export function denseTensor({ values, indices, shape }: SparseTensor): Tensor {
  const size = bitsOf(values.dtype) / 8
  const flat = indices.shape.length === 1
  return deferredTensor(values.dtype, shape, [values, indices], `dense[${shape.join()}]`, ([from, at]) => {
    const places = Array.from(viewOf('int64', at!) as BigInt64Array, Number)
    const out = new Uint8Array(elementCount(shape) * size)
    const rank = flat ? 1 : shape.length
    for (let i = 0; i * rank < places.length; i++) {
      const place = flat ? places[i]! : shape.reduce((p, n, d) => p * n + places[i * rank + d]!, 0)
      out.set(from!.subarray(i * size, (i + 1) * size), place * size)
    }
    return out
  })
}

function plainTensor(a: AttributeReader): Tensor | undefined {
  const [int, real, text, ints, floats, strings] = [a.int('value_int'), a.float('value_float'), a.string('value_string'), a.ints('value_ints'), a.floats('value_floats'), a.strings('value_strings')]
  if (int !== undefined) return int64Tensor([int], [])
  if (real !== undefined) return float32Tensor([real], [])
  if (text !== undefined) return stringTensor([], [text])
  if (ints) return int64Tensor(ints)
  if (floats) return float32Tensor(floats)
  return strings ? stringTensor([strings.length], strings) : a.tensor('value')
}

/** What a Constant node holds, in whichever form. Undefined when it holds nothing. */
export function constantOfNode(node: Node): Tensor | undefined {
  const sparse = node.attributes['sparse_value']
  return sparse?.type === 'sparse' ? denseTensor(sparse.value) : plainTensor(nodeAttributes(node))
}

export const Constant: Operator = {
  name: 'Constant',
  infer(ctx) {
    const tensor = constantOfNode(ctx.node) ?? ctx.fail('it has no value')
    ctx.output(0, tensor.dtype, tensor.shape)
  },
  decompose(b, node) {
    const tensor = constantOfNode(node)
    return tensor && [b.constant(tensor)]
  },
  downgrade: {
    12(step) {
      const tensor = plainTensor(step.attributes)
      if (!tensor) return
      for (const name of ['value_int', 'value_float', 'value_string', 'value_ints', 'value_floats', 'value_strings']) step.setAttribute(name, undefined)
      step.setAttribute('value', { type: 'tensor', value: tensor })
    },
    11(step) {
      const sparse = step.node.attributes['sparse_value']
      if (sparse?.type !== 'sparse') return
      step.setAttribute('sparse_value', undefined)
      step.setAttribute('value', { type: 'tensor', value: denseTensor(sparse.value) })
    },
  },
}
