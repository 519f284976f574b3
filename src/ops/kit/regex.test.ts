import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fullMatcher } from './regex.ts'

const fail = (message: string): never => {
  throw new Error(message)
}
const matches = (pattern: string, text: string): boolean => fullMatcher(pattern, fail)(text)

describe('fullMatcher', () => {
  it("agrees with the host's matcher where the syntaxes are the same", () => {
    const atom = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\d', '\\w', '\\b', '\\B', '^', '$', '\\n', '[a-c1]', '1')
    const pattern = fc.letrec<{ any: string; one: string }>(tie => ({
      one: fc.oneof({ depthSize: 'small', withCrossShrink: true }, atom, fc.tuple(tie('any'), fc.constantFrom('(', '(?:')).map(([p, open]) => `${open}${p})`), fc.tuple(tie('any'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '{1,}', '*?')).map(([p, times]) => `(?:${p})${times}`)),
      any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('one'), fc.tuple(tie('one'), tie('any')).map(([a, b]) => a + b), fc.tuple(tie('one'), tie('any')).map(([a, b]) => `${a}|${b}`)),
    })).any
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '\n', ' '), maxLength: 6 })
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 4, maxLength: 12 }), (p, texts) => {
        const [ours, host] = [fullMatcher(p, fail), new RegExp(`^(?:${p})$`, 'u')]
        for (const s of texts) expect(ours(s), `${p} on ${JSON.stringify(s)}`).toBe(host.test(s))
      }),
      { seed: 7, numRuns: 2000 },
    )
  })

  it('knows what only RE2 has, as its syntax page says', () => {
    const yes: readonly (readonly [string, string])[] = [
      ['(?i)straße', 'STRASSE'.replace('SS', 'ß')], ['(?i)k', '\u212a'], ['a(?i)b|c', 'C'], ['(?i:a)b', 'Ab'], ['(?s).', '\n'], ['(?m)a$\\n^b', 'a\nb'], ['\\Qa.b*\\E+', 'a.b**'], ['\\x{1F600}\\x41\\101', '\u{1f600}AA'],
      ['[[:alpha:]_]+', 'a_Z'], ['[[:^digit:]]', 'x'], ['\\pL\\p{Greek}\\P{Lu}', 'aαb'], ['\\p{^Greek}', 'a'], ['(?P<word>\\w+)(?<rest>.*)', 'ab!'], ['a{,2}', 'a{,2}'], ['[]a-]+', ']-a'], ['\\Aab\\z', 'ab'], ['x{2}{', 'xx{'], ['[^\\D5]', '4'], ['(?U)a+?', 'aa'],
    ]
    const no: readonly (readonly [string, string])[] = [['(?i:a)b', 'AB'], ['.', '\n'], ['\\d', '٣'], ['[^\\D5]', '5'], ['(?i)[^k]', '\u212a'], ['ab', 'abc'], ['a|b', 'ab'], ['', 'a']]
    for (const [p, s] of yes) expect(matches(p, s), `${p} on ${s}`).toBe(true)
    for (const [p, s] of no) expect(matches(p, s), `${p} on ${s}`).toBe(false)
  })

  it('refuses what RE2 refuses', () => {
    for (const p of ['(', ')', 'a)', '[a', '*a', 'a**', 'a{2}{3}', 'a{1001}', '(a{100}){100}', '(?=a)', '(?!a)', '(a)\\1', '\\q', '[b-a]', '\\p{Klingon}', '[[:nothing:]]', 'a\\', '(?', '(((){1000}){1000}){1000}', '('.repeat(2000), '\\C']) expect(() => matches(p, 'a'), p).toThrow()
  })

  it('takes linear time where backtracking takes exponential time', () => {
    const text = `${'a'.repeat(20_000)}!`
    for (const p of ['(a*)*b', '(a|a)*b', '(a|aa)+', '(.*)*(.*)*x', '(a?){500}a{500}']) expect(matches(p, text), p).toBe(false)
  })
})
