import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The schema tables of ONNX and of onnxruntime (its domain com.microsoft) as one: what each operator takes, by domain and name. */
export function readSchemas(root) {
  const [onnx, microsoft] = ['onnx', 'microsoft'].map(name => JSON.parse(readFileSync(join(root, `proto/${name}-schema.json`), 'utf8')))
  const operators = { ...onnx.operators }
  for (const [domain, known] of Object.entries(microsoft.operators)) operators[domain] = { ...operators[domain], ...known }
  return { onnx, microsoft, operators }
}
