import type { Profile } from '../profile.ts'

/** How a workgroup divides its work: `lanes` invocations make a row together, `rows` rows at a time. Both are powers of two. */
export interface Team {
  readonly lanes: number
  readonly rows: number
  /** From one of a row's invocations to the next, in the workgroup's order: 1, or `rows` where neighbouring rows lie next to each other in memory. */
  readonly step: number
}

/** What decides a team: how many rows there are, of how many terms, and whether neighbours in memory are terms of one row or the same term of two. */
export interface Rows {
  readonly count: number
  readonly terms: number
  readonly across: boolean
}

const powerOfTwo = (n: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(n)))

/** On a CPU, from this many on rows fill the registers and cores alone. */
const fewRows = 16

/** Few rows of very many terms leave most of an adapter idle: they are made in two levels. */
export const isLopsided = (rows: number, terms: number, { software }: Profile): boolean => (software ? rows < fewRows && terms >= 4096 : rows < 32 && terms >= 32768)

/** Into how many parts the terms of such a row are divided. */
export const partsOf = (rows: number, terms: number, { software }: Profile): number => Math.min(powerOfTwo(terms / (software ? 512 : 4096)), powerOfTwo((software ? 256 : 1024) / rows))

/** Invocations that keep a GPU busy. */
const busy = 65536

/** The team for some rows on an adapter. One lane means that each row is made by one invocation. */
export function teamFor({ count, terms, across }: Rows, profile: Profile): Team {
  const most = 2 ** Math.floor(Math.log2(Math.min(256, profile.workgroupThreads)))
  if (profile.software) {
    // SIMD registers hold neighbouring invocations, and waiting for one another costs them much
    const lanes = count >= fewRows ? 1 : Math.min(most, powerOfTwo(terms / 16))
    return { lanes, rows: lanes === 1 ? Math.min(64, powerOfTwo(count / 8)) : 1, step: 1 }
  }
  if (across) {
    const rows = Math.min(32, powerOfTwo(count))
    const lanes = Math.max(1, Math.min(most / rows, powerOfTwo(terms / 8), powerOfTwo(busy / count)))
    return { lanes, rows: lanes === 1 ? 64 : rows, step: lanes === 1 ? 1 : rows }
  }
  const lanes = terms < 16 ? 1 : Math.min(most, count >= 4096 ? 64 : most, Math.max(8, powerOfTwo(terms / 4)))
  return { lanes, rows: Math.max(1, 64 / lanes), step: 1 }
}
