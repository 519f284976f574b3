import { indexedAlongAxis } from './kit/axes.ts'
import type { Operator } from './operator.ts'
import { ScatterElements } from './ScatterElements.ts'

/** The name that ScatterElements had before opset 11. */
export const Scatter: Operator = {
  name: 'Scatter',
  moves: true,
  indexed: indexedAlongAxis,
  infer: ctx => ScatterElements.infer(ctx),
  compute: k => ScatterElements.compute!(k),
  upgrade: {
    11(step) {
      step.node.op = 'ScatterElements'
    },
  },
}
