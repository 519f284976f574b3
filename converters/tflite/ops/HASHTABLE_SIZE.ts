import { opaque } from '../kit/opaque.ts'
import type { TfliteOperator } from '../operator.ts'

export const HASHTABLE_SIZE: TfliteOperator = opaque('HASHTABLE_SIZE', 'HashtableSizeOptions', 'the table lies beside the graph and is filled when the model is loaded')
