import { onnx } from '../../converters/onnx/index.ts'
import type { OnnxModel } from '../../converters/onnx/model.ts'
import { oldestOpset } from '../../converters/onnx/opsets.ts'
import type { GraphProto } from '../../proto/onnx.gen.ts'
import { memorySink } from '../../src/bytes/memory.ts'
import type { Diagnostic } from '../../src/diag/diagnostic.ts'
import { LapidaryError, Log } from '../../src/diag/diagnostic.ts'
import type { Model } from '../../src/ir/model.ts'
import { pinnedOpsets, sinceVersion } from '../../src/ops/versions.ts'

/** The operator sets that can be written, the newest first. */
export const everyOpset: readonly number[] = Array.from({ length: pinnedOpsets['']! - oldestOpset + 1 }, (_, i) => pinnedOpsets['']! - i)

const operatorsIn = ({ node }: Pick<GraphProto, 'node'>): string[] =>
  node.flatMap(n => [...(n.domain ? [] : [n.opType!]), ...n.attribute.flatMap(a => [...(a.g ? [a.g] : []), ...a.graphs].flatMap(operatorsIn))])

/** A file, and the operators of ONNX's own domain in it. */
export interface Written {
  readonly bytes: Uint8Array
  readonly operators: ReadonlySet<string>
}

/** A model's file at an operator set; the reasons where it can't be said there. */
export async function writeAt(model: Model, opset: number): Promise<Written | readonly Diagnostic[]> {
  const ctx = { log: new Log(), opset }
  const sink = memorySink()
  try {
    const exported = onnx.export!(model, ctx) as OnnxModel
    await onnx.write!(exported, sink, { ...ctx, name: 'm.onnx' })
    await sink.commit()
    return { bytes: sink.files.get('m.onnx')!, operators: new Set([exported.proto.graph!, ...exported.proto.functions].flatMap(operatorsIn)) }
  } catch (error) {
    if (error instanceof LapidaryError && error.diagnostics.every(d => d.code === 'ops.version.unsayable')) return error.diagnostics
    throw error
  }
}

/** True when none of these changed with this operator set: the one before has the same file but for the number. */
export const isAlike = (operators: ReadonlySet<string>, opset: number): boolean => [...operators].every(op => sinceVersion(op, '', opset) === sinceVersion(op, '', opset - 1))

/** `Operator: reason`, without the node's name and the opset. */
export const reasonOf = ({ message }: Diagnostic): string => message.replace(/ "[^"]*"/, '').replace(/ can't be said in opset \d+/, '')

/** Numbers as ranges: `7-9,11`. */
export function rangesOf(numbers: Iterable<number>): string {
  const ranges: [number, number][] = []
  for (const n of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last && last[1] === n - 1) last[1] = n
    else ranges.push([n, n])
  }
  return ranges.map(([a, b]) => (a === b ? `${a}` : `${a}-${b}`)).join()
}
