import { formTable, typeSets } from '../../proto/onnx-forms.gen.ts'
import { LapidaryError } from '../../src/diag/diagnostic.ts'
import type { DType } from '../../src/ir/dtype.ts'
import type { Graph, Node, Value } from '../../src/ir/model.ts'
import type { Type } from '../../src/ir/types.ts'
import { versionUnsayable } from '../../src/ops/diagnostics.ts'

const plain = (dtype: DType): string => (dtype === 'float32' ? 'float' : dtype === 'float64' ? 'double' : dtype)

/** A type as ONNX's schemas write it. */
function typeName(type: Type, nested = false): string {
  if (type.kind === 'tensor') return nested ? `tensor(${plain(type.dtype)})` : plain(type.dtype)
  if (type.kind === 'sparse') return `sparse_tensor(${plain(type.dtype)})`
  if (type.kind === 'map') return `map(${plain(type.key)}, ${typeName(type.of, true)})`
  return `${type.kind === 'sequence' ? 'seq' : 'optional'}(${typeName(type.of, true)})`
}

const sets = typeSets.map(s => new Set(s))

function misfit(node: Node, opset: number): string | undefined {
  const form = formTable[node.domain === '' ? node.op : node.qualified]?.findLast(f => f[0] <= opset)
  if (form === undefined) return undefined
  const [, inputs, more, least, most, outputs, moreOut, leastOut, mostOut, attributes] = form
  const unknown = Object.keys(node.attributes).find(name => !attributes.includes(name))
  if (unknown !== undefined) return `it has no attribute ${unknown} there`
  const check = (what: string, values: readonly (Value | undefined)[], types: readonly number[], repeats: number, few: number, many: number): string | undefined => {
    const count = values.findLastIndex(v => v !== undefined) + 1
    if (count < few || (many >= 0 && count > many)) return `it has ${count} ${what}s, not ${few}${many === few ? '' : many < 0 ? ' or more' : ` to ${many}`}`
    for (const [i, v] of values.entries()) {
      const set = types[repeats ? Math.min(i, types.length - 1) : i]
      if (v?.type && set !== undefined && !sets[set]!.has(typeName(v.type))) return `${what} ${i} may not be ${typeName(v.type)} there`
    }
    return undefined
  }
  return check('input', node.inputs, inputs, more, least, most) ?? check('output', node.outputs, outputs, moreOut, leastOut, mostOut)
}

/**
 * Checks nodes of these versions against ONNX's schemas: counts and types of inputs and outputs, names of attributes.
 * Throws one error, `ops.version.unsayable`, with every node that does not fit.
 */
export function checkForms(graph: Graph, opsets: ReadonlyMap<string, number>, skip: (node: Node) => boolean): void {
  const found: LapidaryError[] = []
  for (const node of graph.allNodes()) {
    const opset = opsets.get(node.domain)
    const why = opset === undefined || skip(node) ? undefined : misfit(node, opset)
    if (why !== undefined) found.push(versionUnsayable(node, opset!, why))
  }
  const [first, ...rest] = found.flatMap(e => e.diagnostics)
  if (first) throw new LapidaryError(first, ...rest)
}
