import { textInvalid } from './diagnostics.ts'

/** Reads the text form piece by piece. White space separates and says nothing else. */
export class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }
  fail(message: string): never {
    const before = this.#text.slice(0, this.#at).split('\n')
    throw textInvalid(before.length, before.at(-1)!.length + 1, message)
  }
  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }
  #match(pattern: RegExp): string | undefined {
    this.#space()
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) return undefined
    this.#at += found[0].length
    return found[0]
  }
  /** Whether these characters come next. */
  sees(token: string): boolean {
    this.#space()
    return this.#text.startsWith(token, this.#at)
  }
  seesWord(word: string): boolean {
    return this.sees(word) && !/[\w.]/.test(this.#text[this.#at + word.length] ?? '')
  }
  take(token: string): boolean {
    if (!this.sees(token)) return false
    this.#at += token.length
    return true
  }
  takeWord(word: string): boolean {
    if (!this.seesWord(word)) return false
    this.#at += word.length
    return true
  }
  expect(token: string): void {
    if (!this.take(token)) this.fail(`${JSON.stringify(token)} is missing`)
  }
  /** Whether what comes next begins so; the pattern must be sticky. */
  ahead(pattern: RegExp): boolean {
    this.#space()
    pattern.lastIndex = this.#at
    return pattern.test(this.#text)
  }
  get ended(): boolean {
    this.#space()
    return this.#at >= this.#text.length
  }
  string(): string {
    return this.tryString() ?? this.fail('a text in quotes is missing')
  }
  tryString(): string | undefined {
    const quoted = this.#match(/"(?:[^"\\]|\\.)*"/y)
    if (quoted === undefined) return undefined
    try {
      return JSON.parse(quoted) as string
    } catch {
      return this.fail('the text in quotes has an escape that is not known')
    }
  }
  /** A word, or a text in quotes. */
  name(): string {
    return this.tryString() ?? this.#match(/[A-Za-z_][A-Za-z0-9_.]*/y) ?? this.fail('a name is missing')
  }
  /** The digits of a number as they stand there. */
  number(): string {
    return this.tryNumber() ?? this.fail('a number is missing')
  }
  tryNumber(): string | undefined {
    return this.#match(/-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Infinity|NaN)/y)
  }
  integer(): number {
    const value = Number(this.number())
    return Number.isSafeInteger(value) ? value : this.fail('an integer is missing')
  }
  /** What stands between `[` and the `]` that belongs to it, quoted symbols heeded. */
  bracketed(): string {
    return (this.#match(/\[(?:[^\]'\\]|'(?:[^'\\]|\\.)*')*\]/y) ?? this.fail('a shape is missing')).slice(1, -1)
  }
  /** Items between two brackets, with commas. */
  list<T>(open: string, close: string, item: () => T): T[] {
    this.expect(open)
    const out: T[] = []
    if (this.take(close)) return out
    do out.push(item())
    while (this.take(','))
    this.expect(close)
    return out
  }
}
