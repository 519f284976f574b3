import { subDims } from '../../../src/ir/dim.ts'
import { binary, numbers } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { rankOf, versionBy } from '../operator.ts'

export const SUB: TfliteOperator = binary('SUB', 'Sub', {
  options: 'SubOptions',
  onSizes: subDims,
  version: node => Math.max(versionBy({ int8: 2, int64: 4 })(node), node.inputs.some(v => (rankOf(v) ?? 0) > 4) ? 3 : 1),
  takes: { dtypes: [numbers], broadcastRank: 5 },
})
