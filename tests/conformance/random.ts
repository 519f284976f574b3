import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { isTensor, peekNumbers } from '../../src/ir/tensor.ts'
import { floatsOf } from './compare.ts'
import { kindOf } from '../../src/ir/dtype.ts'

/**
 * Tests whose outputs are drawn at random: ONNX says that Bernoulli "may not produce the same values in different
 * implementations (even if a seed is specified)". They are judged by shape, dtype and statistics. ONNX's function body of
 * Bernoulli (`_expanded`) gives 1 where a uniform number is greater than p: with probability 1 - p, against its own text.
 */
export const randomTests: ReadonlySet<string> = new Set(['test_bernoulli', 'test_bernoulli_double', 'test_bernoulli_seed'].flatMap(name => [name, `${name}_expanded`]))

/** Runs of a test without a seed. */
const runs = 100
/** Standard deviations that a count may be off: one in 500 million fair ones is further. */
const bound = 6

const numbersOf = (t: Tensor): number[] => (kindOf(t.dtype) === 'float' ? floatsOf(t) : peekNumbers(t)!)

/** What is wrong with the draws of zeros and ones of a test, or undefined; `run` draws for the probabilities in `input`. */
export async function judgeBernoulli(name: string, run: () => Promise<Datum | undefined>, input: Datum, expected: Datum): Promise<string | undefined> {
  if (input === null || expected === null || !isTensor(input) || !isTensor(expected)) return 'no tensors'
  const seeded = name.includes('_seed')
  const shares = numbersOf(input).map(p => (name.endsWith('_expanded') ? 1 - p : p))
  const counts = shares.map(() => 0)
  let first: number[] | undefined
  let differ = false
  for (let n = 0; n < (seeded ? 2 : runs); n++) {
    const drawn = await run()
    if (drawn === undefined || drawn === null || !isTensor(drawn)) return 'no tensor'
    if (drawn.dtype !== expected.dtype) return `dtype ${drawn.dtype}, not ${expected.dtype}`
    if (drawn.shape.join() !== expected.shape.join()) return `shape [${drawn.shape.join()}], not [${expected.shape.join()}]`
    const numbers = numbersOf(drawn)
    if (numbers.some(x => x !== 0 && x !== 1)) return 'neither 0 nor 1'
    numbers.forEach((x, i) => (counts[i]! += x))
    first ??= numbers
    differ ||= numbers.some((x, i) => x !== first![i])
  }
  if (seeded === differ) return seeded ? 'two runs with a seed differ' : 'all runs without a seed are the same'
  if (seeded) return undefined
  const off = counts.findIndex((c, i) => Math.abs(c - runs * shares[i]!) > bound * Math.sqrt(runs * shares[i]! * (1 - shares[i]!)) + 1e-9)
  return off < 0 ? undefined : `${counts[off]} ones in ${runs} draws of probability ${shares[off]}`
}
