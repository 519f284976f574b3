import { LapidaryError } from '../diag/diagnostic.ts'

/** The text is not what `modelToText` prints. */
export const textInvalid = (line: number, column: number, message: string): LapidaryError =>
  new LapidaryError({ code: 'text.parse.invalid', severity: 'error', message: `line ${line}, column ${column}: ${message}`, at: { format: 'text', path: `${line}:${column}` } })
