import { LapidaryError } from '../diag/diagnostic.ts'

export const formatUnknown = (file: string, known: readonly string[]): LapidaryError =>
  new LapidaryError({
    code: 'app.format.unknown',
    severity: 'error',
    message: `${file} is of no format that can be read`,
    notes: [`formats: ${known.join(', ')}`],
    help: 'Name the format with --from if the file is one of these; else it is broken or needs an export first.',
  })

export const formatUnnamed = (name: string, known: readonly string[]): LapidaryError =>
  new LapidaryError({ code: 'app.format.unnamed', severity: 'error', message: `there is no format ${JSON.stringify(name)}`, notes: [`formats: ${known.join(', ')}`] })

export const formatUnwritable = (file: string, known: readonly string[]): LapidaryError =>
  new LapidaryError({
    code: 'app.format.unwritable',
    severity: 'error',
    message: `the format to write can't be told from ${file}`,
    notes: [`written formats: ${known.join(', ')}`],
    help: 'Give the file one of the usual endings or name the format with --to.',
  })

export const inputUnknown = (name: string, known: readonly string[]): LapidaryError =>
  new LapidaryError({
    code: 'app.input.unknown',
    severity: 'error',
    message: `the model has no input ${JSON.stringify(name)}`,
    notes: [`inputs: ${known.join(', ')}`],
  })

export const inputMismatch = (name: string, given: string, expected: string): LapidaryError =>
  new LapidaryError({
    code: 'app.input.shape',
    severity: 'error',
    message: `input ${JSON.stringify(name)} can't have the shape [${given}]: the model says ${expected}`,
    help: 'A number can be chosen for open sizes (symbols) only; a word in the place of a fixed size opens it.',
  })

export const inputOpen = (open: readonly string[]): LapidaryError =>
  new LapidaryError({
    code: 'app.input.open',
    severity: 'error',
    message: `${open.length === 1 ? 'an input has sizes' : `${open.length} inputs have sizes`} that nothing fixes`,
    notes: open,
    help: 'Give their shapes, as in --input x=1,3,224,224; only an open first axis is taken to be 1.',
  })

export const shapesOpen = (open: readonly string[]): LapidaryError =>
  new LapidaryError({
    code: 'app.shape.open',
    severity: 'error',
    message: `${open.length} values have sizes that depend on what the model is fed with`,
    notes: open.slice(0, 8),
    help: 'Leave --fixed-shape out, or cut the model before these values.',
  })

export const signatureNone = (file: string, format: string): LapidaryError =>
  new LapidaryError({ code: 'app.signature.none', severity: 'error', message: `${file} is of the format ${format}, whose files have one entry point`, help: 'Leave --signature out.' })

export const executorUnknown = (name: string, known: readonly string[]): LapidaryError =>
  new LapidaryError({ code: 'app.executor.unknown', severity: 'error', message: `there is no executor ${JSON.stringify(name)}`, notes: [`executors: ${known.join(', ')}`] })

export const precisionUnknown = (name: string, format: string, known: readonly string[]): LapidaryError =>
  new LapidaryError({
    code: 'app.precision.unknown',
    severity: 'error',
    message: `${format} can't be written with weights in ${JSON.stringify(name)}`,
    notes: [known.length > 0 ? `known for ${format}: ${known.join(', ')}` : `nothing is known for ${format}`],
  })
