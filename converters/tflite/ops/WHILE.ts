import { loop } from '../kit/loop.ts'
import type { TfliteOperator } from '../operator.ts'

export const WHILE: TfliteOperator = loop('WHILE', 'WhileOptions')
