/**
 * Symbolic sizes. A size is a number or a polynomial with integer coefficients over atoms; an atom is a symbol, a floor
 * division or a minimum or maximum of two sizes. Polynomials are kept in a normal form with a canonical text, so that
 * two sizes that are the same by arithmetic compare equal. Symbols stand for integers of at least 1.
 */
export type Dim = number | DimExpr

type Atom =
  | { readonly kind: 'symbol'; readonly name: string; readonly text: string }
  | { readonly kind: 'floordiv' | 'min' | 'max'; readonly a: Dim; readonly b: Dim; readonly text: string }

interface Term {
  readonly factor: number
  /** Sorted by text; a power is a repetition. */
  readonly atoms: readonly Atom[]
}

/** A size that is not a plain number: a sum of products. Made by the functions below, never directly. */
export class DimExpr {
  readonly terms: readonly Term[]
  #text: string | undefined
  constructor(terms: readonly Term[]) {
    this.terms = terms
  }
  /** Canonical: equal texts mean equal sizes. */
  get text(): string {
    return (this.#text ??= this.terms.map((t, i) => termText(t, i === 0)).join(''))
  }
  toString(): string {
    return this.text
  }
}

const plain = /^[A-Za-z_][A-Za-z0-9_.:]*$/
const symbolText = (name: string): string => (plain.test(name) && name !== 'min' && name !== 'max' ? name : `'${name.replace(/[\\']/g, '\\$&')}'`)

function termText({ factor, atoms }: Term, first: boolean): string {
  const sign = factor < 0 ? (first ? '-' : ' - ') : first ? '' : ' + '
  const size = Math.abs(factor)
  const product = atoms.map(a => a.text).join('*')
  if (product === '') return `${sign}${size}`
  return sign + (size === 1 ? product : `${size}*${product}`)
}

const keyOf = (atoms: readonly Atom[]): string => (atoms.length === 1 ? atoms[0]!.text : atoms.map(a => a.text).join('*'))

/** Sums like terms, drops zeros, orders by text with the constant last; a constant alone becomes a number. */
function normal(terms: readonly Term[]): Dim {
  const byKey = new Map<string, Term>()
  for (const term of terms) {
    const key = keyOf(term.atoms)
    const known = byKey.get(key)
    byKey.set(key, known ? { factor: known.factor + term.factor, atoms: term.atoms } : term)
  }
  const kept = [...byKey].filter(([, t]) => t.factor !== 0).sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : a > b ? 1 : 0)).map(([, t]) => t)
  if (kept.length === 0) return 0
  if (kept.length === 1 && kept[0]!.atoms.length === 0) return kept[0]!.factor
  return new DimExpr(kept)
}

const termsOf = (d: Dim): readonly Term[] => (typeof d === 'number' ? (d === 0 ? [] : [{ factor: d, atoms: [] }]) : d.terms)
const atomDim = (atom: Atom): Dim => new DimExpr([{ factor: 1, atoms: [atom] }])

/** A named size, as a model spells it; any text is a name. */
export const sym = (name: string): DimExpr => atomDim({ kind: 'symbol', name, text: symbolText(name) }) as DimExpr

let fresh = 0
/** A size that nothing is known of. Its name begins with `?` and is unlike every other. */
export const unknownDim = (): DimExpr => sym(`?${fresh++}`)

/** The sum; none at all is 0. */
export function addDims(...dims: readonly Dim[]): Dim {
  let constant = 0
  const symbolic: Dim[] = []
  for (const d of dims) {
    if (typeof d === 'number') constant += d
    else symbolic.push(d)
  }
  if (symbolic.length === 0) return constant
  if (symbolic.length === 1 && constant === 0) return symbolic[0]!
  const [only, ...others] = symbolic as DimExpr[]
  if (others.length > 0) return normal([...symbolic.flatMap(termsOf), ...termsOf(constant)])
  const { terms } = only!
  const last = terms.at(-1)!
  const whole = constant + (last.atoms.length === 0 ? last.factor : 0)
  const varying = last.atoms.length === 0 ? terms.slice(0, -1) : terms
  return new DimExpr(whole === 0 ? varying : [...varying, { factor: whole, atoms: [] }])
}
/** The difference. */
export const subDims = (a: Dim, b: Dim): Dim => addDims(a, mulDims(b, -1))

const scaled = (d: DimExpr, by: number): Dim => (by === 0 ? 0 : by === 1 ? d : new DimExpr(d.terms.map(t => ({ factor: t.factor * by, atoms: t.atoms }))))

/** The product; none at all is 1. */
export function mulDims(...dims: readonly Dim[]): Dim {
  return dims.reduce<Dim>(
    (a, b) =>
      typeof a === 'number'
        ? typeof b === 'number'
          ? a * b
          : scaled(b, a)
        : typeof b === 'number'
          ? scaled(a, b)
          : normal(
            termsOf(a).flatMap(s =>
              termsOf(b).map(t => ({
                factor: s.factor * t.factor,
                atoms: [...s.atoms, ...t.atoms].sort((p, q) => (p.text < q.text ? -1 : p.text > q.text ? 1 : 0)),
              })),
            ),
          ),
    1,
  )
}

const bracket = (d: Dim): string => (typeof d === 'number' || (d.terms.length === 1 && d.terms[0]!.factor === 1 && d.terms[0]!.atoms.length === 1) ? String(d) : `(${d})`)

/** Exact quotient when `b` divides every term of `a`, else undefined. */
export function divideExactly(a: Dim, b: Dim): Dim | undefined {
  if (typeof a === 'number' && typeof b === 'number') return b !== 0 && a % b === 0 ? a / b : undefined
  if (dimEquals(a, b)) return 1
  const divisor = termsOf(b)
  if (divisor.length !== 1) return undefined
  const { factor, atoms } = divisor[0]!
  const quotient: Term[] = []
  for (const term of termsOf(a)) {
    if (term.factor % factor !== 0) return undefined
    const left = [...term.atoms]
    for (const atom of atoms) {
      const at = left.findIndex(x => x.text === atom.text)
      if (at < 0) return undefined
      left.splice(at, 1)
    }
    quotient.push({ factor: term.factor / factor, atoms: left })
  }
  return normal(quotient)
}

/** Rounds toward minus infinity. Multiples of the divisor are taken out, so that (2*n + 1) // 2 is n. */
export function floorDivDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return Math.floor(a / b)
  const exact = divideExactly(a, b)
  if (exact !== undefined) return exact
  if (typeof b === 'number' && b > 0) {
    const whole: Term[] = []
    const rest: Term[] = []
    for (const t of termsOf(a)) {
      const q = Math.floor(t.factor / b)
      if (q !== 0) whole.push({ factor: q, atoms: t.atoms })
      if (t.factor - q * b !== 0) rest.push({ factor: t.factor - q * b, atoms: t.atoms })
    }
    const remainder = normal(rest)
    if (typeof remainder === 'number') return addDims(normal(whole), Math.floor(remainder / b))
    // ((x // p) + c) // q is (x + c*p) // (p*q)
    const [first, second] = remainder.terms
    const only = remainder.terms.length <= 2 && (second?.atoms.length ?? 0) === 0 && first!.factor === 1 && first!.atoms.length === 1 ? first!.atoms[0]! : undefined
    if (only?.kind === 'floordiv' && typeof only.b === 'number' && only.b > 0) {
      return addDims(normal(whole), floorDivDims(addDims(only.a, (second?.factor ?? 0) * only.b), only.b * b))
    }
    return addDims(normal(whole), atomDim({ kind: 'floordiv', a: remainder, b, text: `(${bracket(remainder)} // ${b})` }))
  }
  return atomDim({ kind: 'floordiv', a, b, text: `(${bracket(a)} // ${bracket(b)})` })
}

export const ceilDivDims = (a: Dim, b: Dim): Dim => (typeof a === 'number' && typeof b === 'number' ? Math.ceil(a / b) : floorDivDims(subDims(addDims(a, b), 1), b))
export const modDims = (a: Dim, b: Dim): Dim => subDims(a, mulDims(floorDivDims(a, b), b))

function extreme(kind: 'min' | 'max', a: Dim, b: Dim): Dim {
  const difference = subDims(a, b)
  const low = lowerBound(difference)
  const high = upperBound(difference)
  if (low >= 0) return kind === 'max' ? a : b
  if (high <= 0) return kind === 'max' ? b : a
  const [p, q] = String(a) <= String(b) ? [a, b] : [b, a]
  return atomDim({ kind, a: p, b: q, text: `${kind}(${p}, ${q})` })
}
export const minDims = (a: Dim, b: Dim): Dim => extreme('min', a, b)
export const maxDims = (a: Dim, b: Dim): Dim => extreme('max', a, b)

function atomBounds(atom: Atom): readonly [number, number] {
  if (atom.kind === 'symbol') return [1, Infinity]
  const a: readonly [number, number] = [lowerBound(atom.a), upperBound(atom.a)]
  const b: readonly [number, number] = [lowerBound(atom.b), upperBound(atom.b)]
  if (atom.kind === 'min') return [Math.min(a[0], b[0]), Math.min(a[1], b[1])]
  if (atom.kind === 'max') return [Math.max(a[0], b[0]), Math.max(a[1], b[1])]
  if (a[0] >= 0 && b[0] >= 1) return [b[1] === Infinity ? 0 : Math.floor(a[0] / b[1]), Math.floor(a[1] / b[0])]
  return [-Infinity, Infinity]
}

function bounds(d: Dim): readonly [number, number] {
  if (typeof d === 'number') return [d, d]
  let low = 0
  let high = 0
  for (const { factor, atoms } of d.terms) {
    let range: readonly [number, number] = [1, 1]
    for (const atom of atoms) {
      const [p, q] = atomBounds(atom)
      range = p >= 0 && range[0] >= 0 ? [range[0] * p, range[1] * q] : [-Infinity, Infinity]
    }
    low += factor > 0 ? factor * range[0] : factor * range[1]
    high += factor > 0 ? factor * range[1] : factor * range[0]
  }
  return [Number.isNaN(low) ? -Infinity : low, Number.isNaN(high) ? Infinity : high]
}
/** The least value it can be proved to have, -Infinity when nothing is known. */
export const lowerBound = (d: Dim): number => bounds(d)[0]
/** The greatest value it can be proved to have, Infinity when nothing is known. */
export const upperBound = (d: Dim): number => bounds(d)[1]

/** Provably the same. Different texts may still be equal at some sizes. */
export const dimEquals = (a: Dim, b: Dim): boolean => (typeof a === 'number' || typeof b === 'number' ? a === b : a.text === b.text)

/** Provably never the same. */
export function dimDiffers(a: Dim, b: Dim): boolean {
  const difference = subDims(a, b)
  return lowerBound(difference) > 0 || upperBound(difference) < 0
}

export const dimToString = (d: Dim): string => String(d)

/** The symbols in it, each once. */
export function symbolsOf(d: Dim, into: Set<string> = new Set()): Set<string> {
  if (typeof d === 'number') return into
  for (const { atoms } of d.terms)
    for (const atom of atoms) {
      if (atom.kind === 'symbol') into.add(atom.name)
      else {
        symbolsOf(atom.a, into)
        symbolsOf(atom.b, into)
      }
    }
  return into
}

/** The size with symbols replaced; symbols that `known` lacks stay. */
export function substituteDim(d: Dim, known: ReadonlyMap<string, Dim>): Dim {
  if (typeof d === 'number') return d
  const atomValue = (atom: Atom): Dim => {
    if (atom.kind === 'symbol') return known.get(atom.name) ?? atomDim(atom)
    const a = substituteDim(atom.a, known)
    const b = substituteDim(atom.b, known)
    return atom.kind === 'floordiv' ? floorDivDims(a, b) : extreme(atom.kind, a, b)
  }
  return addDims(...d.terms.map(t => mulDims(t.factor, ...t.atoms.map(atomValue))))
}

/** Reads what `dimToString` prints; undefined when the text is not of that form. */
export function parseDim(text: string): Dim | undefined {
  let at = 0
  const space = () => {
    while (text[at] === ' ') at++
  }
  const take = (token: string): boolean => {
    space()
    if (!text.startsWith(token, at)) return false
    at += token.length
    return true
  }
  const fail = (): never => {
    throw new SyntaxError()
  }
  const primary = (): Dim => {
    space()
    const number = /^\d+/.exec(text.slice(at))
    if (number) {
      at += number[0].length
      return Number(number[0])
    }
    if (take('-')) return mulDims(-1, primary())
    for (const kind of ['min', 'max'] as const)
      if (take(`${kind}(`)) {
        const a = sum()
        if (!take(',')) fail()
        const b = sum()
        if (!take(')')) fail()
        return extreme(kind, a, b)
      }
    if (take('(')) {
      const d = sum()
      if (!take(')')) fail()
      return d
    }
    const quoted = /^'((?:[^'\\]|\\.)*)'/.exec(text.slice(at))
    if (quoted) {
      at += quoted[0].length
      return sym(quoted[1]!.replace(/\\(.)/g, '$1'))
    }
    const name = /^[A-Za-z_][A-Za-z0-9_.:]*/.exec(text.slice(at)) ?? fail()
    at += name[0].length
    return sym(name[0])
  }
  const product = (): Dim => {
    let d = primary()
    for (;;) {
      if (take('//')) d = floorDivDims(d, primary())
      else if (take('*')) d = mulDims(d, primary())
      else return d
    }
  }
  const sum = (): Dim => {
    let d = product()
    for (;;) {
      if (take('+')) d = addDims(d, product())
      else if (take('-')) d = subDims(d, product())
      else return d
    }
  }
  try {
    const d = sum()
    space()
    return at === text.length ? d : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
