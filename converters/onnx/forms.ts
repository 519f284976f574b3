import { LapidaryError } from '../../src/diag/diagnostic.ts'
import type { Graph, Node } from '../../src/ir/model.ts'
import { versionUnsayable } from '../../src/ops/diagnostics.ts'
import { formMisfit } from '../../src/ops/forms.ts'

/**
 * Checks nodes of these versions against ONNX's schemas: counts and types of inputs and outputs, names of attributes.
 * Throws one error, `ops.version.unsayable`, with every node that does not fit.
 */
export function checkForms(graph: Graph, opsets: ReadonlyMap<string, number>, skip: (node: Node) => boolean): void {
  const found: LapidaryError[] = []
  for (const node of graph.allNodes()) {
    const opset = opsets.get(node.domain)
    const why = opset === undefined || skip(node) ? undefined : formMisfit(node, opset)
    if (why !== undefined) found.push(versionUnsayable(node, opset!, why))
  }
  const [first, ...rest] = found.flatMap(e => e.diagnostics)
  if (first) throw new LapidaryError(first, ...rest)
}
