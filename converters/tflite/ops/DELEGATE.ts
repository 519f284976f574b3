import { opaque } from '../kit/opaque.ts'
import type { TfliteOperator } from '../operator.ts'

export const DELEGATE: TfliteOperator = opaque('DELEGATE', undefined, 'it stands for a part of the graph that one machine compiled for itself')
