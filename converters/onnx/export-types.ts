import type { TensorShapeProto, TypeProto, ValueInfoProto } from '../../proto/onnx.gen.ts'
import type { Dim } from '../../src/ir/dim.ts'
import type { Value } from '../../src/ir/model.ts'
import { nowhere } from '../../src/diag/origin.ts'
import type { Shape, Type } from '../../src/ir/types.ts'
import { numberOfDType } from '../../src/ops/kit/datatype.ts'
import { entryList } from './entries.ts'
import { carried } from './model.ts'
import { importType } from './types.ts'

const isUnknown = (d: Dim): boolean => typeof d !== 'number' && d.text.includes("'?")

/** A symbol goes by its name, a size worked out of symbols by its text; an unknown one, and one that 64 bits do not hold, is left open. */
function exportDim(d: Dim): TensorShapeProto['dim'][number] {
  if (typeof d === 'number') return d < 2 ** 63 ? { dimValue: d } : {}
  if (isUnknown(d)) return {}
  const [term] = d.terms
  const atom = term!.atoms[0]!
  const single = d.terms.length === 1 && term!.factor === 1 && term!.atoms.length === 1 && atom.kind === 'symbol'
  return { dimParam: single ? atom.name : d.text }
}

const exportShape = (shape: Shape): { shape?: TensorShapeProto } => (shape === undefined ? {} : { shape: { dim: shape.map(exportDim) } })

/** The TypeProto that says a type. */
export function exportType(type: Type): TypeProto {
  if (type.kind === 'tensor') return { tensorType: { elemType: numberOfDType(type.dtype), ...exportShape(type.shape) } }
  if (type.kind === 'sparse') return { sparseTensorType: { elemType: numberOfDType(type.dtype), ...exportShape(type.shape) } }
  if (type.kind === 'sequence') return { sequenceType: { elemType: exportType(type.of) } }
  if (type.kind === 'optional') return { optionalType: { elemType: exportType(type.of) } }
  return { mapType: { keyType: numberOfDType(type.key), valueType: exportType(type.of) } }
}

/** Whether a type says the same as when it was read, unknown sizes apart. */
function unchanged(a: Type | undefined, b: Type | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a.kind !== b.kind) return false
  if (a.kind === 'tensor' || a.kind === 'sparse') {
    const [p, q] = [a.shape, (b as typeof a).shape]
    return a.dtype === (b as typeof a).dtype && p?.length === q?.length && (p ?? []).every((d, i) => String(d) === String(q![i]) || (isUnknown(d) && isUnknown(q![i]!)))
  }
  return unchanged(a.of, (b as typeof a).of)
}

/** What ONNX says of a value; a type that was read and did not change is said as it was. */
export function exportValueInfo(value: Value, name = value.name): ValueInfoProto {
  const more = carried(value.extra)
  const original = more['type'] as TypeProto | undefined
  const type = original && unchanged(importType(original, nowhere), value.type) ? original : value.type && exportType(value.type)
  return {
    name,
    ...(type && { type }),
    ...(value.doc !== '' && { docString: value.doc }),
    metadataProps: entryList(value.metadata),
    ...(more['unknown'] !== undefined && { unknown: more['unknown'] as NonNullable<ValueInfoProto['unknown']> }),
  }
}
