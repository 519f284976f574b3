import type { Value } from '../../../src/ir/model.ts'
import { optionsOf } from '../kit/attributes.ts'
import { floats, unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

const { fround } = Math

/** Float data put on the grid of integers of `num_bits` that stand for `min` to `max`, moved so that zero is on it; halves go up. */
export const FAKE_QUANT: TfliteOperator = unary(
  'FAKE_QUANT',
  (b, x, node): Value => {
    const a = optionsOf(node)
    const [min, max] = [a.float('min', 0), a.float('max', 0)]
    const [least, most] = [a.int('narrow_range', 0), 2 ** a.int('num_bits', 0) - 1]
    const scale = fround((max - min) / (most - least))
    const zero = Math.min(most, Math.max(least, Math.floor(fround(least - min / scale) + 0.5)))
    const [low, high] = [fround((least - zero) * scale), fround((most - zero) * scale)]
    const number = (n: number) => b.scalar(n, 'float32')
    const places = b.op('Mul', [b.op('Sub', [b.op('Clip', [x, number(low), number(high)]), number(low)]), number(fround(1 / scale))])
    return b.op('Add', [b.op('Mul', [b.op('Floor', [b.op('Add', [places, number(0.5)])]), number(scale)]), number(low)])
  },
  {
    options: 'FakeQuantOptions',
    version: node => (optionsOf(node).int('narrow_range', 0) === 1 ? 2 : 1),
    takes: { dtypes: [floats], refuses: node => (optionsOf(node).int('narrow_range', 0) === 1 ? 'the runtime has no narrow range' : undefined) },
  },
)
