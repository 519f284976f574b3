import { operatorOpaque } from '../diagnostics.ts'
import type { OptionsName, TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** An operator that is read and written as it stands, with the types that its file states; nothing here computes it, for this reason. Taking it apart throws `tflite.operator.opaque`. */
export const opaque = (name: TfliteOperator['name'], options: OptionsName | undefined, reason: string): TfliteOperator =>
  tfliteOperator({
    name,
    ...(options && { options }),
    infer: () => {},
    decompose(_, node) {
      throw operatorOpaque(node.origin, name, reason)
    },
  })
