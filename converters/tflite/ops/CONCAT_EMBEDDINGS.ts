import { opaque } from '../kit/opaque.ts'
import type { TfliteOperator } from '../operator.ts'

export const CONCAT_EMBEDDINGS: TfliteOperator = opaque('CONCAT_EMBEDDINGS', 'ConcatEmbeddingsOptions', 'no runtime has ever had a kernel for it, and nothing says what it means')
