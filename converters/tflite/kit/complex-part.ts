import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import type { OptionsName, TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'
import type { Parts } from './complex.ts'
import { partsOf } from './complex.ts'

/** A real number of each complex one. */
export const ofParts = (name: TfliteOperator['name'], options: OptionsName | undefined, of: (b: Builder, parts: Parts) => Value): TfliteOperator =>
  tfliteOperator({
    name,
    ...(options && { options }),
    infer: ctx => ctx.output(0, ctx.dtype(0) === 'complex128' ? 'float64' : 'float32', ctx.shape(0)),
    decompose(b, node) {
      const parts = partsOf(b, node.inputs[0]!)
      return parts && [of(b, parts)]
    },
    takes: { dtypes: [['complex64']] },
  })
