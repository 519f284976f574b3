import type { Node, Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { rankOf } from '../operator.ts'
import { bitsAs, cutBits, joinBits } from './bits.ts'
import { toInt64 } from './reduce.ts'

/** Real and imaginary part, float32. */
export type Parts = readonly [real: Value, imaginary: Value]

/** ONNX has no operator that makes complex numbers: their bits are those of their parts, the real one first. */
export function complexOf(b: Builder, parts: Parts): Value | undefined {
  return joinBits(b, b.op('Concat', parts.map(v => b.op('Unsqueeze', [v, b.ints([-1])])), { axis: -1 }), 'complex64')
}

/** The parts of complex numbers (complex64). Those that a transform gives come from it without a detour through complex numbers. */
export function partsOf(b: Builder, value: Value): Parts | undefined {
  const maker = value.producer?.node
  const spectrum = maker?.qualified === 'tflite::RFFT2D' ? spectrumOf(b, maker) : undefined
  if (spectrum) return spectrum
  const both = cutBits(b, bitsAs(b, value, 'uint64'), 'float32')
  return both && [part(b, both, 0), part(b, both, 1)]
}

const part = (b: Builder, pairs: Value, index: number): Value => b.op('Gather', [pairs, b.int(index)], { axis: -1 })

/** The parts of RFFT2D's result: over the last axis, of which half is kept, then over the one before. Undefined for data of unknown rank. */
export function spectrumOf(b: Builder, node: Node): Parts | undefined {
  const [x, lengths] = node.inputs as [Value, Value]
  const rank = rankOf(x)
  if (rank === undefined) return undefined
  const length = (i: number) => b.op('Gather', [toInt64(b, lengths), b.int(i)])
  const signal = b.op('Unsqueeze', [x, b.ints(rank === 2 ? [0, 3] : [-1])])
  const axes = Math.max(rank, 3)
  const rows = b.op('DFT', [signal, length(1), b.int(axes - 1)], { onesided: 1 })
  const all = b.op('DFT', [rows, length(0), b.int(axes - 2)])
  const both = rank === 2 ? b.op('Squeeze', [all, b.ints([0])]) : all
  return [part(b, both, 0), part(b, both, 1)]
}
