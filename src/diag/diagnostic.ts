import type { Origin } from './origin.ts'

export type Severity = 'error' | 'warning' | 'info'

/** One thing to tell the user. */
export interface Diagnostic {
  /** Dotted by owner: `onnx.read.truncated`, `legalize.unsupported`. Tests and scripts rely on it. */
  readonly code: string
  readonly severity: Severity
  /** One sentence without the place, which `at` tells. */
  readonly message: string
  readonly at?: Origin
  /** Further facts: every reason collected on the way, one a line. */
  readonly notes?: readonly string[]
  /** The node and its neighbours in text form. */
  readonly frame?: string
  /** What to do. */
  readonly help?: string
}

/** Thrown for what can't go on; carries every diagnostic that led to it, the decisive one first. */
export class LapidaryError extends Error {
  readonly diagnostics: readonly Diagnostic[]
  constructor(...diagnostics: readonly [Diagnostic, ...Diagnostic[]]) {
    super(diagnostics[0].message)
    this.name = 'LapidaryError'
    this.diagnostics = diagnostics
  }
  get code(): string {
    return this.diagnostics[0]!.code
  }
}

/** Collects what does not stop the work. */
export class Log {
  readonly diagnostics: Diagnostic[] = []
  add(diagnostic: Diagnostic): void {
    this.diagnostics.push(diagnostic)
  }
  get errors(): readonly Diagnostic[] {
    return this.diagnostics.filter(d => d.severity === 'error')
  }
  /** Throws one error with all collected errors, if there are any. */
  throwErrors(): void {
    const [first, ...rest] = this.errors
    if (first) throw new LapidaryError(first, ...rest)
  }
}

/** A promise of our own code. A failure is a bug of lapidary, never the user's. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant: ${message}`)
}
