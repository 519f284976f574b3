import { LapidaryError } from '../diag/diagnostic.ts'

/** A read outside its source: mostly a truncated file or a lying length. */
export const rangeError = (name: string, start: number, end: number, size: number): LapidaryError =>
  new LapidaryError({
    code: 'bytes.read.range',
    severity: 'error',
    message: `bytes ${start} to ${end} were asked of ${name}, which has ${size}`,
    help: 'The file is truncated or a length in it is wrong; get it again from where it was made.',
  })

export const fileMissing = (path: string): LapidaryError =>
  new LapidaryError({
    code: 'bytes.file.missing',
    severity: 'error',
    message: `there is no file ${path}`,
    help: 'Check the path; external data must lie beside the model.',
  })

export const fileUnreadable = (path: string, why: string): LapidaryError =>
  new LapidaryError({ code: 'bytes.file.unreadable', severity: 'error', message: `${path} can't be read: ${why}` })

export const fileUnwritable = (path: string, why: string): LapidaryError =>
  new LapidaryError({ code: 'bytes.file.unwritable', severity: 'error', message: `${path} can't be written: ${why}` })

export const filesNone = (path: string): LapidaryError =>
  new LapidaryError({
    code: 'bytes.file.none',
    severity: 'error',
    message: `${path} can't be written: a browser has no files`,
    help: 'Give a sink and a name instead, such as `{ sink: memorySink(), name }`; its `files` are the bytes.',
  })

export const pathOutside = (path: string): LapidaryError =>
  new LapidaryError({
    code: 'bytes.path.outside',
    severity: 'error',
    message: `the path ${JSON.stringify(path)} leaves the model's folder`,
    help: "A model may only name files inside its own folder. If the file is trusted, move the data there and mend the model's path.",
  })

export const httpFailed = (url: string, why: string): LapidaryError =>
  new LapidaryError({ code: 'bytes.http.failed', severity: 'error', message: `${url} can't be read: ${why}` })

export const httpNoRanges = (url: string): LapidaryError =>
  new LapidaryError({
    code: 'bytes.http.no-ranges',
    severity: 'error',
    message: `the server of ${url} sends only whole files`,
    help: 'Download the file, or serve it where range requests are answered.',
  })
