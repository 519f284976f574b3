import type { Diagnostic, Severity } from '../diag/diagnostic.ts'
import type { Node } from '../ir/model.ts'
import { typeToString } from '../ir/types.ts'
import { unknownRemedy } from '../ops/diagnostics.ts'
import { operatorOf } from '../ops/registry.ts'

const typed = (values: Node['inputs']): string => values.map(v => (v ? `${v.name}: ${typeToString(v.type)}` : '-')).join(', ')

/** A node that the target can't take, with every reason met on the way. */
export const unsupported = (node: Node, target: string, reasons: readonly string[], severity: Severity): Diagnostic => ({
  code: 'legalize.unsupported',
  severity,
  message: `${node.qualified}${node.name === '' ? '' : ` "${node.name}"`} can't be said in ${target}`,
  at: node.origin,
  notes: reasons,
  frame: `(${typed(node.outputs)}) = ${node.qualified}(${typed(node.inputs)})`,
  help:
    operatorOf(node) === undefined
      ? unknownRemedy(node)
      : 'Give open sizes with --input name=shape, fix an input with --set name=value, or change this part of the model. `lapidary ops` lists what the target takes.',
})
