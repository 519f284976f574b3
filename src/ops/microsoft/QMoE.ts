import { computeInvalid } from '../diagnostics.ts'
import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { dtypeOf, nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { numberOfDType } from '../kit/datatype.ts'
import type { Layer } from '../kit/mixture.ts'
import { inferMixture, mixture } from '../kit/mixture.ts'
import type { Operator } from '../operator.ts'

/** Packed integers along the last axis, each as a float32: the first is in the lowest bits. */
function unpacked(b: Builder, bytes: Value, bits: number, shape: readonly number[]): Value {
  const parts = Array.from({ length: 8 / bits }, (_, i) => {
    const moved = i === 0 ? bytes : b.op('BitShift', [bytes, b.scalar(i * bits, 'uint8')], { direction: 'RIGHT' })
    return b.op('Unsqueeze', [b.op('BitwiseAnd', [moved, b.scalar(2 ** bits - 1, 'uint8')]), b.ints([-1])])
  })
  const all = b.op('Reshape', [parts.length === 1 ? parts[0] : b.op('Concat', parts, { axis: -1 }), b.ints(shape.slice(0, -1).concat(-1))])
  const cut = b.op('Slice', [all, b.ints([0]), b.ints([shape.at(-1)!]), b.ints([-1])])
  return b.op('Cast', [cut], { to: numberOfDType('float32') })
}

/** A mixture of experts whose matrices are integers of 2, 4 or 8 bits, packed along their rows, with scales and zero points for rows or for blocks of them. */
export const QMoE: Operator = {
  name: 'QMoE',
  domain: 'com.microsoft',
  infer: inferMixture,
  decompose(b, node) {
    const attributes = nodeAttributes(node)
    const [, router, first, firstScales, firstBias, second, secondScales, secondBias, gate, gateScales, gateBias, firstZeros, secondZeros, gateZeros, weights] = node.inputs
    const bits = attributes.int('expert_weight_bits', 4)
    const kind = attributes.string('quant_type', 'int')
    if (kind !== 'int' || ![2, 4, 8].includes(bits) || dtypeOf(first) !== 'uint8') throw computeInvalid(node, `weights of ${bits} bits, quant_type ${kind}`)
    const single = (v: Value): Value => (dtypeOf(v) === 'float32' ? v : b.op('Cast', [v], { to: numberOfDType('float32') }))
    const layer = (matrices: Value | undefined, scales: Value | undefined, zeros: Value | undefined, bias: Value | undefined): Layer | undefined => {
      const shape = shapeOf(matrices)
      if (!shape || shape.length !== 3 || !shape.every(d => typeof d === 'number') || !scales) return undefined
      const [outer, rowBytes] = [shape[1] as number, shape[2] as number]
      const inner = (rowBytes * 8) / bits
      const block = attributes.int('block_size', 0) || inner
      const blocks = Math.ceil(inner / block)
      return {
        times(at, x, expert) {
          const own = (v: Value): Value => at.op('Gather', [v, at.int(expert)], { axis: 0 })
          const rows = at.op('Reshape', [own(matrices!), at.ints([outer, blocks, (block * bits) / 8])])
          const grain = at.op('Reshape', [single(own(scales)), at.ints([outer, blocks])])
          const perRow = attributes.int('block_size', 0) === 0
          const origin = zeros && at.op('Reshape', [unpacked(at, own(zeros), bits, perRow ? [outer] : [outer, blocks]), at.ints([outer, blocks])])
          return at.op('com.microsoft::MatMulNBits', [x, rows, grain, origin], { K: inner, N: outer, bits, block_size: block })
        },
        bias,
      }
    }
    const layers = [layer(first, firstScales, firstZeros, firstBias), layer(second, secondScales, secondZeros, secondBias), ...(gate ? [layer(gate, gateScales, gateZeros, gateBias)] : [])]
    if (!router || layers.includes(undefined)) return undefined
    return mixture(b, node, { router, weights, layers: layers as [Layer, Layer, Layer?] })
  },
}
