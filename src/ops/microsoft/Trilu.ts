import { sameAs } from '../kit/same-as.ts'
import type { Operator } from '../operator.ts'
import { Trilu as OnnxTrilu } from '../Trilu.ts'

export const Trilu: Operator = sameAs(OnnxTrilu)
