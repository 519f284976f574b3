import { LapidaryError } from '../diag/diagnostic.ts'
import type { Value } from '../ir/model.ts'
import type { Datum } from '../ir/tensor.ts'
import { isDictionary, isTensor } from '../ir/tensor.ts'
import { typeToString } from '../ir/types.ts'

const given = (datum: Datum): string =>
  datum === null
    ? 'nothing'
    : isTensor(datum)
      ? `${datum.dtype}[${datum.shape.join(', ')}]`
      : isDictionary(datum)
        ? `a map of ${datum.keys.dtype} to ${datum.values.dtype}`
        : `a sequence of ${datum.length}`

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
  new LapidaryError({
    code,
    severity: 'error',
    message: `the input ${input.name} takes ${typeToString(input.type)}, not ${given(datum)}${why}`,
    help: `Give a tensor of ${typeToString(input.type)}; \`lapidary inspect\` lists the inputs.`,
  })

export const feedKind = (input: Value, datum: Datum): LapidaryError => feedWrong('run.feed.kind', input, datum, '')
export const feedDType = (input: Value, datum: Datum): LapidaryError => feedWrong('run.feed.dtype', input, datum, '')
export const feedShape = (input: Value, datum: Datum, why = ''): LapidaryError => feedWrong('run.feed.shape', input, datum, why)

export const fetchUnknown = (name: string): LapidaryError =>
  new LapidaryError({ code: 'run.fetch.unknown', severity: 'error', message: `the model's main graph has no value ${name}` })

