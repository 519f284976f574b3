import { opaque } from '../kit/opaque.ts'
import type { TfliteOperator } from '../operator.ts'

export const SKIP_GRAM: TfliteOperator = opaque('SKIP_GRAM', 'SkipGramOptions', 'it works on words within strings, which ONNX has no operators for')
