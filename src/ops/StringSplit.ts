import { unknownDim } from '../ir/dim.ts'
import { int64Tensor, stringTensor } from '../ir/tensor.ts'
import type { Operator } from './operator.ts'

/** Strings of an output, at most: all rows are as long as the longest, and each string takes memory of its own. */
const elementLimit = 2 ** 26

/** At runs of white space; those at both ends go. What is left after `most` splits stays whole. */
function words(text: string, most: number): string[] {
  const out: string[] = []
  let rest = text.trim()
  while (rest !== '') {
    const end = out.length < most ? rest.search(/\s/) : -1
    if (end < 0) return [...out, rest]
    out.push(rest.slice(0, end))
    rest = rest.slice(end).trimStart()
  }
  return out
}

function parts(text: string, delimiter: string, most: number): string[] {
  const all = text.split(delimiter)
  return all.length <= most + 1 ? all : [...all.slice(0, most), all.slice(most).join(delimiter)]
}

export const StringSplit: Operator = {
  name: 'StringSplit',
  infer(ctx) {
    const shape = ctx.shape(0)
    ctx.output(0, 'string', shape && [...shape, unknownDim()])
    ctx.output(1, 'int64', shape)
  },
  evaluate(ctx) {
    const { shape, strings = [] } = ctx.tensor(0)
    const [delimiter, given] = [ctx.attributes.string('delimiter', ''), ctx.attributes.int('maxsplit', -1)]
    const most = given < 0 ? Infinity : given
    const found = strings.map(s => (delimiter === '' ? words(s, most) : parts(s, delimiter, most)))
    const width = found.reduce((n, list) => Math.max(n, list.length), 0)
    if (found.length * width > elementLimit) ctx.fail(`${found.length} rows of ${width} substrings`)
    return [
      stringTensor([...shape, width], found.flatMap(list => Array.from({ length: width }, (_, i) => list[i] ?? ''))),
      int64Tensor(found.map(list => list.length), shape),
    ]
  },
}
