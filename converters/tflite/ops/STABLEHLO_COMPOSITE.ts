import { asSubgraph } from '../kit/control.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** A named operator that carries its own meaning: a subgraph on the same inputs. */
export const STABLEHLO_COMPOSITE: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_COMPOSITE',
  options: 'StableHLOCompositeOptions',
  ...asSubgraph('decomposition_subgraph'),
})
