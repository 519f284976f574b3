import type { Diagnostic } from '../../src/diag/diagnostic.ts'
import { LapidaryError } from '../../src/diag/diagnostic.ts'
import type { Origin } from '../../src/diag/origin.ts'
import type { WireError } from '../../src/wire/protobuf.ts'

const again = 'The file is damaged or was cut off; get it again from where it was made.'

/** The bytes are no protobuf of ONNX: `onnx.read.truncated`, `onnx.read.malformed`, `onnx.read.limit`. */
export const wireFailure = (file: string, error: WireError): LapidaryError =>
  new LapidaryError({
    code: `onnx.read.${error.kind}`,
    severity: 'error',
    message: `${file} is not a whole ONNX model: at byte ${error.position}, ${error.message}`,
    at: { format: 'onnx', file, path: '' },
    help: again,
  })

/** The bytes can be read and are no model. */
export const notModel = (file: string, why: string): LapidaryError =>
  new LapidaryError({ code: 'onnx.read.no-model', severity: 'error', message: `${file} is not an ONNX model: ${why}`, at: { format: 'onnx', file, path: '' }, help: again })

export const externalMissing = (file: string, location: string, tensor: string): LapidaryError =>
  new LapidaryError({
    code: 'onnx.read.external-missing',
    severity: 'error',
    message: `the weights of ${tensor} lie in ${JSON.stringify(location)}, which is not there`,
    at: { format: 'onnx', file, path: tensor },
    help: 'Put the file beside the model; an ONNX model with external data is more than one file.',
  })

export const externalInvalid = (file: string, tensor: string, why: string): LapidaryError =>
  new LapidaryError({
    code: 'onnx.read.external-invalid',
    severity: 'error',
    message: `the external data of ${tensor} can't be: ${why}`,
    at: { format: 'onnx', file, path: tensor },
    help: 'The model and its data file do not belong together, or one of them was cut off.',
  })

const importError = (code: string, help?: string) => (at: Origin, message: string): LapidaryError => {
  const diagnostic: Diagnostic = { code: `onnx.import.${code}`, severity: 'error', message, at, ...(help !== undefined && { help }) }
  return new LapidaryError(diagnostic)
}

export const tensorInvalid = importError('tensor', again)
export const typeInvalid = importError('type')
export const attributeInvalid = importError('attribute')
export const nameTaken = importError('duplicate', 'Each value of a graph is made once. Check where the model was exported.')
export const valueUndefined = importError('undefined-value', 'Each input must be made by a node, given to the graph or be an initializer.')
export const cyclic = importError('cycle', 'ONNX graphs have no cycles; repetition is said with Loop or Scan.')
export const opsetMissing = importError('opset-missing', 'Give the model an opset_import for this domain.')
export const functionInvalid = importError('function')

export const opsetNewer = (at: Origin, domain: string, version: number, known: number): Diagnostic => ({
  code: 'onnx.import.opset-newer',
  severity: 'warning',
  message: `the model uses version ${version} of ${domain === '' ? 'ai.onnx' : domain}; the newest known here is ${known}`,
  at,
  help: 'Operators are taken as they are in the version known.',
})

export const notSorted = (at: Origin): Diagnostic => ({
  code: 'onnx.import.not-sorted',
  severity: 'info',
  message: 'nodes stand before what they use; they were put in order',
  at,
})

/** The model can't be written at what was asked: `onnx.export.*`. */
export const exportRefused = (code: string, at: Origin, message: string, help?: string): LapidaryError =>
  new LapidaryError({ code: `onnx.export.${code}`, severity: 'error', message, at, ...(help !== undefined && { help }) })
