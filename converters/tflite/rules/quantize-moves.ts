import type { Value } from '../../../src/ir/model.ts'
import { dtypeOf, numbersOf } from '../../../src/passes/kit/values.ts'
import { rule } from '../../../src/rewrite/pattern.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'
import type { Grain } from '../kit/grain.ts'
import { noteGrains, withGrain } from '../kit/grain.ts'
import { realOf } from './kit.ts'
import type { Narrow } from './quantize-kit.ts'
import { behind, dataAt, greatest, integersOf, isNarrow, least, named, onIntegers, quantizedTo, single } from './quantize-kit.ts'

/** What puts elements in another order or picks the greatest of them, and has kernels for int8 and int16. */
const wide = ['RESHAPE', 'TRANSPOSE', 'SQUEEZE', 'EXPAND_DIMS', 'SLICE', 'STRIDED_SLICE', 'GATHER', 'PAD', 'PADV2', 'MAX_POOL_2D', 'RESIZE_NEAREST_NEIGHBOR', 'SPLIT', 'SPLIT_V', 'REVERSE_V2']
/** For int8 alone. */
const narrow = ['DEPTH_TO_SPACE', 'SPACE_TO_DEPTH', 'GATHER_ND', 'MIRROR_PAD', 'UNPACK', 'REDUCE_MAX', 'REDUCE_MIN', 'BATCH_TO_SPACE_ND', 'SPACE_TO_BATCH_ND', 'TILE', 'BROADCAST_TO']

/** The integer of a filler that lies on the grid, or beyond its ends. */
function fillerOn(value: Value | undefined, { scale, zero }: Grain, dtype: Narrow): number | undefined {
  const number = value?.isConstant ? numbersOf(value)?.[0] : undefined
  if (number === undefined) return undefined
  const at = number / scale[0]! + zero[0]!
  // nothing is less than the least integer
  if (number === -Infinity) return least(dtype)
  return Math.abs(at - Math.round(at)) < 1e-3 && at >= least(dtype) && at <= greatest(dtype) ? Math.round(at) : undefined
}

/** Operators that only move elements: the same before DEQUANTIZE as after. */
const commute: Rule = {
  name: 'tflite-quantized-moves',
  roots: [...wide, ...narrow].map(n => `tflite::${n}`),
  pattern: { kind: 'op', op: named([...wide, ...narrow]), inputs: [], commutes: false },
  replace({ root }, b, refuse) {
    const at = dataAt(root)
    const x = behind(root.inputs[at])
    const grain = single(x)
    const dtype = dtypeOf(x)
    if (!x || !grain || !isNarrow(dtype) || root.attributes['fused_activation_function']) return refuse('its input is not integers with one scale')
    if (x.isConstant && !(root.op === 'GATHER' && !root.inputs[1]!.isConstant)) return refuse('it is constant')
    if (dtype === 'int16' && !wide.includes(root.op)) return refuse('it has no kernel for int16')
    const inputs = root.inputs.map((v, i) => (i === at ? x : v))
    if (root.op === 'PADV2') {
      const filler = fillerOn(inputs[2], grain, dtype)
      if (filler === undefined) return refuse('the filler is not on the grid')
      inputs[2] = integersOf(b, dtype, [], [filler], grain)
    }
    const outputs = b.ops(root.qualified, inputs, root.outputs.length, root.attributes)
    outputs.forEach(y => withGrain(y, grain))
    noteGrains(outputs[0]!.producer!.node)
    return outputs.map((y, i) => (root.outputs[i] ? realOf(b, y) : undefined))
  },
}

/** A QUANTIZE goes before what only moves elements, so that it meets what makes the numbers. */
const early = ['RESHAPE', 'TRANSPOSE', 'SQUEEZE', 'EXPAND_DIMS', 'MAX_POOL_2D', 'RESIZE_NEAREST_NEIGHBOR', 'DEPTH_TO_SPACE', 'SPACE_TO_DEPTH', 'STRIDED_SLICE']

const before = rule('tflite-quantized-before', p => p.op('tflite::QUANTIZE', p.op(named(early)).as('maker')), ({ root, nodes }, b, refuse) => {
  const [grain, maker, dtype] = [single(root.outputs[0]), nodes['maker']!, dtypeOf(root.outputs[0])]
  if (!grain || dtypeOf(root.inputs[0]) !== 'float32' || !isNarrow(dtype) || maker.attributes['fused_activation_function']) return refuse('it is not from real numbers to one scale')
  if (dtype === 'int16' && !wide.includes(maker.op)) return refuse('it has no kernel for int16')
  if (maker.inputs[0]!.isConstant) return refuse('it is constant')
  return onIntegers(b, maker.qualified, [quantizedTo(b, maker.inputs[0]!, dtype, grain), ...maker.inputs.slice(1)], grain, maker.attributes)
})

/** Of two reshapes of integers the last holds. */
const twice = rule('tflite-quantized-reshapes', p => p.op('tflite::RESHAPE', p.op('tflite::RESHAPE', p.x, p.s).shared()).rest(), ({ root, x }, b, refuse) => {
  const grain = single(root.outputs[0])
  return grain && single(x) && root.inputs[1] ? onIntegers(b, 'tflite::RESHAPE', [x, root.inputs[1]], grain, root.attributes) : refuse('it is not of integers with a scale')
})

export const moveRules: readonly Rule[] = [before, commute, twice]
