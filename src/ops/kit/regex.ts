import type { CharacterSet, Pattern, Place } from './regex-parse.ts'
import { parsePattern } from './regex-parse.ts'

/** States of a pattern; RE2 refuses patterns of about this size too. The time of a match is at most this times the text's length. */
const stateLimit = 2 ** 15
/** The product of the counts of repetitions within each other, at most: RE2's limit. */
const timesLimit = 1000

type State =
  | { readonly kind: 'one'; readonly of: CharacterSet; readonly to: number }
  | { readonly kind: 'at'; readonly what: Place; readonly to: number }
  | { readonly kind: 'either'; to: readonly number[] }
  | { readonly kind: 'end' }

/** The states of Thompson's automaton, the last first; gives the one to start from. */
function statesOf(pattern: Pattern, fail: (message: string) => never): { readonly states: readonly State[]; readonly start: number } {
  const states: State[] = [{ kind: 'end' }]
  const put = (state: State): number => (states.length < stateLimit ? states.push(state) - 1 : fail(`a pattern of more than ${stateLimit} states`))
  const build = (p: Pattern, to: number, times = 1): number => {
    switch (p.kind) {
      case 'one': return put({ kind: 'one', of: p.of, to })
      case 'at': return put({ kind: 'at', what: p.what, to })
      case 'sequence': return p.of.reduceRight((next, part) => build(part, next, times), to)
      case 'either': return put({ kind: 'either', to: p.of.map(part => build(part, to, times)) })
      case 'repeat': {
        let next = to
        const within = times * Math.max(1, p.least, p.most === Infinity ? 1 : p.most)
        if (within > timesLimit) fail('repetitions of repetitions')
        if (p.most === Infinity) {
          const loop: State = { kind: 'either', to: [] }
          next = put(loop)
          loop.to = [build(p.of, next, within), to]
        } else for (let i = p.least; i < p.most; i++) next = put({ kind: 'either', to: [build(p.of, next, within), to] })
        for (let i = 0; i < p.least; i++) next = build(p.of, next, within)
        return next
      }
    }
  }
  return { start: build(pattern, 0), states }
}

const isWord = (code: number | undefined): boolean => code !== undefined && /\w/.test(String.fromCodePoint(code))

function holds(what: Place, before: number | undefined, after: number | undefined): boolean {
  switch (what) {
    case 'text-start': return before === undefined
    case 'text-end': return after === undefined
    case 'line-start': return before === undefined || before === 10
    case 'line-end': return after === undefined || after === 10
    case 'word-edge': return isWord(before) !== isWord(after)
    case 'no-word-edge': return isWord(before) === isWord(after)
  }
}

/**
 * Tells whether a whole text matches a pattern in RE2's syntax, in time linear in the text: all ways through the
 * automaton are followed at once (Thompson 1968). `fail` hears of a pattern that can't be read.
 */
export function fullMatcher(pattern: string, fail: (message: string) => never): (text: string) => boolean {
  const { states, start } = statesOf(parsePattern(pattern, fail), fail)
  const seen = new Float64Array(states.length)
  let mark = 0
  const reach = (from: readonly number[], before: number | undefined, after: number | undefined): number[] => {
    mark++
    const [pending, out] = [[...from], [] as number[]]
    while (pending.length > 0) {
      const at = pending.pop()!
      if (seen[at] === mark) continue
      seen[at] = mark
      const state = states[at]!
      if (state.kind === 'either') pending.push(...state.to)
      else if (state.kind === 'at') {
        if (holds(state.what, before, after)) pending.push(state.to)
      } else out.push(at)
    }
    return out
  }
  return text => {
    const codes = Array.from(text, c => c.codePointAt(0)!)
    let current = reach([start], undefined, codes[0])
    for (const [i, code] of codes.entries()) {
      const next: number[] = []
      for (const at of current) {
        const state = states[at]!
        if (state.kind === 'one' && state.of(code)) next.push(state.to)
      }
      if (next.length === 0) return false
      current = reach(next, code, codes[i + 1])
    }
    return current.includes(0)
  }
}
