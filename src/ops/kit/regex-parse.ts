/** What a pattern matches; assertions match places, not characters. */
export type Pattern =
  | { readonly kind: 'one'; readonly of: CharacterSet }
  | { readonly kind: 'sequence'; readonly of: readonly Pattern[] }
  | { readonly kind: 'either'; readonly of: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly of: Pattern; readonly least: number; readonly most: number }
  | { readonly kind: 'at'; readonly what: Place }

export type Place = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word-edge' | 'no-word-edge'

/** Tells whether a code point belongs to it. */
export type CharacterSet = (code: number) => boolean

/** RE2's own limits on counts of repetition and on nesting. */
const [repeatLimit, depthLimit] = [1000, 1000]

interface Flags {
  readonly fold: boolean
  readonly dotAll: boolean
  readonly lines: boolean
}

const named: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z', alpha: 'A-Za-z', ascii: '\\x00-\\x7f', blank: '\\t ', cntrl: '\\x00-\\x1f\\x7f', digit: '0-9', graph: '!-~', lower: 'a-z', print: ' -~',
  punct: '!-\\/:-@\\[-`{-~', space: '\\t\\n\\v\\f\\r ', upper: 'A-Z', word: '0-9A-Za-z_', xdigit: '0-9A-Fa-f',
}
const perl: Readonly<Record<string, string>> = { d: '0-9', s: '\\t\\n\\f\\r ', w: '0-9A-Za-z_' }
const controls: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 }

const unit = (code: number): string => `\\u{${code.toString(16)}}`

/** The set of a class body in the host's syntax. It is asked about one code point at a time, so nothing can be tried twice. */
function setOf(body: string, negated: boolean, fold: boolean): CharacterSet {
  const test = new RegExp(`^[${body}]$`, fold ? 'iu' : 'u')
  const known = new Uint8Array(128)
  const ask = (code: number): boolean => (body !== '' && test.test(String.fromCodePoint(code))) !== negated
  return code => {
    if (code >= 128) return ask(code)
    if (known[code] === 0) known[code] = ask(code) ? 1 : 2
    return known[code] === 1
  }
}

const union = (sets: readonly CharacterSet[], negated: boolean): CharacterSet => (sets.length === 1 && !negated ? sets[0]! : code => sets.some(s => s(code)) !== negated)

class Parser {
  readonly #codes: readonly number[]
  readonly #fail: (message: string) => never
  #at = 0
  #flags: Flags = { fold: false, dotAll: false, lines: false }

  constructor(pattern: string, fail: (message: string) => never) {
    this.#codes = Array.from(pattern, c => c.codePointAt(0)!)
    this.#fail = fail
  }

  #text(length = 1): string {
    return this.#codes.slice(this.#at, this.#at + length).map(c => String.fromCodePoint(c)).join('')
  }
  #take(text: string): boolean {
    if (this.#text([...text].length) !== text) return false
    this.#at += [...text].length
    return true
  }
  get #ended(): boolean {
    return this.#at >= this.#codes.length
  }
  #next(): number {
    return this.#ended ? this.#fail('the pattern ends too early') : this.#codes[this.#at++]!
  }
  #match(pattern: RegExp): RegExpExecArray | undefined {
    const found = pattern.exec(this.#text(64))
    if (found) this.#at += [...found[0]].length
    return found ?? undefined
  }

  parse(): Pattern {
    const all = this.#either(0)
    return this.#ended ? all : this.#fail('a parenthesis closes that was not opened')
  }

  #either(depth: number): Pattern {
    if (depth > depthLimit) this.#fail('its groups are nested too deeply')
    const options = [this.#sequence(depth)]
    while (this.#take('|')) options.push(this.#sequence(depth))
    return options.length === 1 ? options[0]! : { kind: 'either', of: options }
  }

  #sequence(depth: number): Pattern {
    const parts: Pattern[] = []
    while (!this.#ended && this.#text() !== '|' && this.#text() !== ')') {
      if (this.#take('\\Q')) {
        const quoted: Pattern[] = []
        while (!this.#ended && !this.#take('\\E')) quoted.push(this.#literal(this.#next()))
        const last = quoted.pop()
        parts.push(...quoted, ...(last ? [this.#repeated(last)] : []))
        continue
      }
      const part = this.#atom(depth)
      if (part) parts.push(this.#repeated(part))
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', of: parts }
  }

  #repetition(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Infinity]
    if (this.#take('+')) return [1, Infinity]
    if (this.#take('?')) return [0, 1]
    const counts = this.#match(/^\{(\d{1,9})(,(\d{0,9}))?\}/)
    if (counts === undefined) return undefined
    const least = Number(counts[1])
    const most = counts[2] === undefined ? least : counts[3] === '' ? Infinity : Number(counts[3])
    if (most < least || least > repeatLimit || (most !== Infinity && most > repeatLimit)) this.#fail(`a repetition of ${least} to ${most}`)
    return [least, most]
  }

  #repeated(of: Pattern): Pattern {
    const counts = this.#repetition()
    if (counts === undefined) return of
    // which of several ways a match takes makes no difference to whether there is one
    this.#take('?')
    if (this.#repetition() !== undefined) this.#fail('a repetition of a repetition')
    return { kind: 'repeat', of, least: counts[0], most: counts[1] }
  }

  #literal(code: number): Pattern {
    return { kind: 'one', of: this.#flags.fold ? setOf(unit(code), false, true) : c => c === code }
  }

  #atom(depth: number): Pattern | undefined {
    if (this.#take('(')) return this.#group(depth)
    if (this.#take('[')) return { kind: 'one', of: this.#class() }
    if (this.#take('.')) return { kind: 'one', of: this.#flags.dotAll ? () => true : c => c !== 10 }
    if (this.#take('^')) return { kind: 'at', what: this.#flags.lines ? 'line-start' : 'text-start' }
    if (this.#take('$')) return { kind: 'at', what: this.#flags.lines ? 'line-end' : 'text-end' }
    if (/[*+?]/.test(this.#text())) this.#fail(`${this.#text()} repeats nothing`)
    if (this.#match(/^\{\d+(,\d*)?\}/)) this.#fail('a count repeats nothing')
    if (!this.#take('\\')) return this.#literal(this.#next())
    const places: Readonly<Record<string, Place>> = { A: 'text-start', z: 'text-end', b: 'word-edge', B: 'no-word-edge' }
    const place = places[this.#text()]
    if (place !== undefined) {
      this.#at++
      return { kind: 'at', what: place }
    }
    const set = this.#escapedSet()
    return set ? { kind: 'one', of: set } : this.#literal(this.#escaped())
  }

  #group(depth: number): Pattern | undefined {
    const outer = this.#flags
    if (this.#take('?')) {
      if (!this.#match(/^P?<\w+>/u)) {
        const found = this.#match(/^([imsU]*)(-[imsU]+)?([:)])/) ?? this.#fail('a group of a kind that RE2 does not know')
        const said = (flag: string, now: boolean): boolean => (found[2]?.includes(flag) ? false : found[1]!.includes(flag) || now)
        this.#flags = { fold: said('i', outer.fold), lines: said('m', outer.lines), dotAll: said('s', outer.dotAll) }
        if (found[3] === ')') return undefined
      }
    }
    const inner = this.#either(depth + 1)
    if (!this.#take(')')) this.#fail('a parenthesis is not closed')
    this.#flags = outer
    return inner
  }

  /** After a backslash: the code point it stands for. */
  #escaped(): number {
    const hex = this.#match(/^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/)
    const code = hex ? Number.parseInt(hex[1] ?? hex[2]!, 16) : undefined
    if (code !== undefined) return code > 0x10ffff ? this.#fail('a character beyond Unicode') : code
    const octal = this.#match(/^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/)
    if (octal) return Number.parseInt(octal[0], 8)
    const next = this.#next()
    const char = String.fromCodePoint(next)
    return controls[char] ?? (next < 128 && !/[^\W_]/.test(char) ? next : this.#fail(`\\${char} is nothing that RE2 knows`))
  }

  /** After a backslash: a set by letter or property. */
  #escapedSet(): CharacterSet | undefined {
    const letter = this.#match(/^[dswDSW]/)?.[0]
    if (letter) return setOf(perl[letter.toLowerCase()]!, letter < 'a', this.#flags.fold)
    const property = this.#match(/^([pP])(?:(\w)|\{(\^?)(\w+)\})/)
    if (property === undefined) return undefined
    const negated = (property[1] === 'P') !== (property[3] === '^')
    const name = property[2] ?? property[4]!
    const body = name === 'Any' || name.length <= 2 ? `\\p{${name}}` : `\\p{Script=${name}}`
    try {
      return setOf(body, negated, this.#flags.fold)
    } catch {
      return this.#fail(`a property ${name}`)
    }
  }

  #class(): CharacterSet {
    const negated = this.#take('^')
    const sets: CharacterSet[] = []
    let body = ''
    for (let first = true; first || !this.#take(']'); first = false) {
      const word = this.#match(/^\[:(\^?)(\w+):\]/)
      if (word) {
        sets.push(setOf(Object.hasOwn(named, word[2]!) ? named[word[2]!]! : this.#fail(`a class ${word[2]}`), word[1] === '^', this.#flags.fold))
        continue
      }
      const escape = this.#take('\\')
      const set = escape ? this.#escapedSet() : undefined
      if (set) {
        sets.push(set)
        continue
      }
      const low = escape ? this.#escaped() : this.#next()
      let high = low
      if (this.#text() === '-' && this.#text(2) !== '-]') {
        this.#at++
        high = this.#take('\\') ? this.#escaped() : this.#next()
        if (high < low) this.#fail('a range that runs backwards')
      }
      body += `${unit(low)}-${unit(high)}`
    }
    if (body !== '') sets.push(setOf(body, false, this.#flags.fold))
    return union(sets, negated)
  }
}

/**
 * Reads a pattern in RE2's syntax (github.com/google/re2/wiki/Syntax) as far as it decides whether a whole text matches:
 * captures and laziness are read and forgotten. `\C`, single bytes, is refused.
 */
export const parsePattern = (pattern: string, fail: (message: string) => never): Pattern => new Parser(pattern, fail).parse()
