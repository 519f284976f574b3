import { LapidaryError } from '../../src/diag/diagnostic.ts'
import type { Node, Value } from '../../src/ir/model.ts'
import type { Datum } from '../../src/ir/tensor.ts'
import { isTensor } from '../../src/ir/tensor.ts'
import { typeToString } from '../../src/ir/types.ts'

const given = (datum: Datum): string =>
  datum === null ? 'nothing' : isTensor(datum) ? `${datum.dtype}[${datum.shape.join(', ')}]` : `a sequence of ${(datum as readonly Datum[]).length}`

export const feedMissing = (input: Value): LapidaryError =>
  new LapidaryError({
    code: 'run.feed.missing',
    severity: 'error',
    message: `the input ${input.name} was not given; it takes ${typeToString(input.type)}`,
    help: `Give it: --input ${input.name}=file.npy`,
  })

export const feedUnknown = (name: string, inputs: readonly Value[]): LapidaryError =>
  new LapidaryError({
    code: 'run.feed.unknown',
    severity: 'error',
    message: `the model has no input ${name}`,
    help: inputs.length === 0 ? 'It takes no inputs.' : `Its inputs: ${inputs.map(v => `${v.name} ${typeToString(v.type)}`).join('; ')}`,
  })

const feedWrong = (code: string, input: Value, datum: Datum, why: string): LapidaryError =>
  new LapidaryError({ code, severity: 'error', message: `the input ${input.name} takes ${typeToString(input.type)}, not ${given(datum)}${why}` })

export const feedKind = (input: Value, datum: Datum): LapidaryError => feedWrong('run.feed.kind', input, datum, '')
export const feedDType = (input: Value, datum: Datum): LapidaryError => feedWrong('run.feed.dtype', input, datum, '')
export const feedShape = (input: Value, datum: Datum, why = ''): LapidaryError => feedWrong('run.feed.shape', input, datum, why)

export const fetchUnknown = (name: string): LapidaryError =>
  new LapidaryError({ code: 'run.fetch.unknown', severity: 'error', message: `the model's main graph has no value ${name}` })

/** The run was stopped by its signal. */
export const runCancelled = (): LapidaryError => new LapidaryError({ code: 'run.cancelled', severity: 'error', message: 'the run was cancelled' })

/** A node of control flow that got what it can't take. */
export const controlInvalid = (node: Node, message: string): LapidaryError =>
  new LapidaryError({ code: 'run.control.invalid', severity: 'error', message: `${node.qualified}${node.name === '' ? '' : ` "${node.name}"`}: ${message}`, at: node.origin })

/** More than a WebAssembly memory holds. */
export const memoryExceeded = (bytes: number): LapidaryError =>
  new LapidaryError({
    code: 'run.memory.exceeded',
    severity: 'error',
    message: `running this takes ${(bytes / 2 ** 30).toFixed(1)} GiB of memory for weights and values; a WebAssembly memory holds 4 GiB`,
    help: 'Give smaller inputs, or run with --precision exact, which has no such limit.',
  })

export const memoryRefused = (bytes: number): LapidaryError =>
  new LapidaryError({ code: 'run.memory.refused', severity: 'error', message: `the system gave no memory: ${(bytes / 2 ** 20).toFixed(0)} MiB were asked for` })
