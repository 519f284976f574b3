import { opaque } from '../kit/opaque.ts'
import type { TfliteOperator } from '../operator.ts'

export const LSH_PROJECTION: TfliteOperator = opaque('LSH_PROJECTION', 'LSHProjectionOptions', 'its hash is of the library that the runtime was built with')
