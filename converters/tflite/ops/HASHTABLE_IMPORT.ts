import { opaque } from '../kit/opaque.ts'
import type { TfliteOperator } from '../operator.ts'

export const HASHTABLE_IMPORT: TfliteOperator = opaque('HASHTABLE_IMPORT', 'HashtableImportOptions', 'the table lies beside the graph and is filled when the model is loaded')
