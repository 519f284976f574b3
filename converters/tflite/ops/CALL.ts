import { asSubgraph } from '../kit/control.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Another subgraph on these inputs. */
export const CALL: TfliteOperator = tfliteOperator({
  name: 'CALL',
  options: 'CallOptions',
  ...asSubgraph('subgraph'),
  takes: { refuses: () => 'the runtime has no kernel for CALL' },
})
