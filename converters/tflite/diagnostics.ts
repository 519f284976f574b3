import type { Diagnostic } from '../../src/diag/diagnostic.ts'
import { LapidaryError } from '../../src/diag/diagnostic.ts'
import type { Origin } from '../../src/diag/origin.ts'
import type { FlatError } from '../../src/wire/flatbuffer.ts'

const again = 'The file is damaged or was cut off; get it again from where it was made.'

/** The bytes are no TFLite file: `tflite.read.truncated`, `tflite.read.malformed`, `tflite.read.limit`. */
export const wireFailure = (file: string, error: FlatError): LapidaryError =>
  new LapidaryError({
    code: `tflite.read.${error.kind}`,
    severity: 'error',
    message: `${file} is not a whole TFLite model: ${error.message}`,
    at: { format: 'tflite', file, path: '', bytes: [error.position, error.position] },
    notes: [`at byte ${error.position}`],
    help: again,
  })

export const unknownPart = (file: string, table: string, what: string): Diagnostic => ({
  code: 'tflite.read.unknown',
  severity: 'warning',
  message: `${table} has ${what}, which is not known here; it is left out`,
  at: { format: 'tflite', file, path: table },
  help: 'The file was made by a newer converter. Check the outcome against the source.',
})

const importError = (code: string, help?: string) => (at: Origin, message: string): LapidaryError => {
  const diagnostic: Diagnostic = { code: `tflite.import.${code}`, severity: 'error', message, at, ...(help !== undefined && { help }) }
  return new LapidaryError(diagnostic)
}

export const indexInvalid = importError('index', again)
export const tensorInvalid = importError('tensor', again)
export const orderInvalid = importError('order', 'Operators must stand after those that make their inputs.')
export const subgraphsTooMany = importError('subgraphs', 'Subgraphs that call each other without end can be neither inspected nor converted.')

export const exportUnfit = (at: Origin, message: string): LapidaryError =>
  new LapidaryError({ code: 'tflite.export.unfit', severity: 'error', message, at, help: 'Legalize the model for tflite first.' })

export const tooLarge = (file: string, why: string): LapidaryError =>
  new LapidaryError({
    code: 'tflite.write.size',
    severity: 'error',
    message: `${file} can't be written: ${why}`,
    help: 'A TFLite file holds at most 2 GB. Convert to half precision or quantize, or split the model.',
  })

export const signatureUnknown = (file: string, entry: string, known: readonly string[]): LapidaryError =>
  new LapidaryError({
    code: 'tflite.import.signature',
    severity: 'error',
    message: `${file} has no signature or subgraph ${JSON.stringify(entry)}`,
    notes: [known.length > 0 ? `it has: ${known.join(', ')}` : 'it has none by name'],
  })

export const subgraphUnfit = (at: Origin, name: string, input: number): LapidaryError =>
  new LapidaryError({ code: 'tflite.operator.subgraph', severity: 'error', message: `the subgraph ${name} is given nothing for its input ${input}`, at, help: again })

export const operatorOpaque = (at: Origin, name: string, reason: string): LapidaryError =>
  new LapidaryError({
    code: 'tflite.operator.opaque',
    severity: 'error',
    message: `${name} is kept as it stands and not computed: ${reason}`,
    at,
    help: 'Such a file can be read, inspected and written again as TFLite.',
  })
