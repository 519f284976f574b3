import type { TensorShapeProto, TypeProto } from '../../proto/onnx.gen.ts'
import type { Origin } from '../../src/diag/origin.ts'
import type { Dim } from '../../src/ir/dim.ts'
import { sym, unknownDim } from '../../src/ir/dim.ts'
import type { Shape, Type } from '../../src/ir/types.ts'
import { dtypeOfNumber } from '../../src/ops/kit/datatype.ts'
import { typeInvalid } from './diagnostics.ts'

/** A size as ONNX writes it. No name, a name that begins with `?` and a negative size say nothing. */
function importDim(value: number | bigint | undefined, param: string | undefined): Dim {
  if (value !== undefined) return value >= 0 && Number.isSafeInteger(Number(value)) ? Number(value) : unknownDim()
  return param === undefined || param === '' || param.startsWith('?') ? unknownDim() : sym(param)
}

const importShape = (shape: TensorShapeProto | undefined): Shape => shape?.dim.map(d => importDim(d.dimValue, d.dimParam))

/** The type that a TypeProto says; undefined for an opaque one and where nothing is said. */
export function importType(proto: TypeProto | undefined, at: Origin): Type | undefined {
  if (proto === undefined) return undefined
  const tensor = proto.tensorType ?? proto.sparseTensorType
  if (tensor !== undefined) {
    if ((tensor.elemType ?? 0) === 0) return undefined
    const dtype = dtypeOfNumber(tensor.elemType)
    if (dtype === undefined) throw typeInvalid(at, `element type ${tensor.elemType} is not known`)
    return { kind: proto.tensorType ? 'tensor' : 'sparse', dtype, shape: importShape(tensor.shape) }
  }
  const kind = proto.sequenceType ? 'sequence' : proto.optionalType ? 'optional' : undefined
  if (kind !== undefined) {
    const of = importType((proto.sequenceType ?? proto.optionalType)!.elemType, at)
    return of && { kind, of }
  }
  if (proto.mapType !== undefined) {
    const key = dtypeOfNumber(proto.mapType.keyType)
    const of = importType(proto.mapType.valueType, at)
    return key && of && { kind: 'map', key, of }
  }
  return undefined
}

/** Whether it says what an IR type can't: an opaque type, a denotation, unknown fields. */
export function saysMore(proto: TypeProto | undefined): boolean {
  if (proto === undefined) return false
  const { tensorType, sparseTensorType, sequenceType, optionalType, mapType } = proto
  const parts = [proto, tensorType, sparseTensorType, sequenceType, optionalType, mapType]
  if (proto.opaqueType || (proto.denotation ?? '') !== '' || parts.some(p => p?.unknown)) return true
  const shape = tensorType?.shape ?? sparseTensorType?.shape
  if (shape?.unknown || shape?.dim.some(d => (d.denotation ?? '') !== '' || d.unknown)) return true
  return saysMore(sequenceType?.elemType ?? optionalType?.elemType ?? mapType?.valueType)
}
