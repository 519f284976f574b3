// What the schema allows and what onnxruntime has kernels for.
import { readFileSync } from 'node:fs'

const read = path => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
const schema = read('../../../proto/onnx-schema.json').operators['']
const names = { float: 'float32', double: 'float64' }
const unused = /^(complex|seq|optional|map|sparse|float6)/

/** Operators of ONNX's own domain. */
export const operatorNames = Object.keys(schema)
/** onnxruntime's kernels at the newest operator set it supports: operator, type variable, dtypes (tests/peers/make_kernel_list.py). */
export const kernels = read('kernels.json')
/** The newest operator set that onnxruntime takes. */
export const newestOpset = 26

/** Dtypes that the newest schema allows for a type variable, or for the dtype it is fixed to. */
export function legalDtypes(op, variable) {
  const types = schema[op].at(-1).types[variable] ?? [variable]
  return types.map(t => names[t] ?? t).filter(t => !unused.test(t))
}

/** The operator set in which this operator stood first, and the newest that still has it. */
export const sinceOf = op => schema[op][0].since
