import type { DeferredBytes } from '../../proto/message.ts'
import type { BuiltinOperator, Model, OperatorCode } from '../../proto/tflite.gen.ts'
import { tfliteSchema } from '../../proto/tflite.gen.ts'

/** A `.tflite` file as it stands: the schema's tables as plain objects. Buffers lie in the file until they are loaded. */
export interface TfliteModel {
  readonly root: Model
  /** The file's name, for messages. */
  readonly file: string
}

/** A buffer that is in memory, as small ones are. */
export interface ResidentBytes extends DeferredBytes {
  readonly bytes: Uint8Array
}

export const residentBytes = (bytes: Uint8Array): ResidentBytes => ({ byteLength: bytes.byteLength, bytes, load: async () => bytes })

export const bytesIfResident = (data: DeferredBytes | undefined): Uint8Array | undefined => (data && 'bytes' in data ? (data as ResidentBytes).bytes : undefined)

const names: readonly BuiltinOperator[] = tfliteSchema.enums.BuiltinOperator.names
const numbers = new Map<string, number>(names.map((n, i) => [n, i]))

/** The operator that a code names. Files from before code 127 have it in the byte alone; both are read, the greater holds. */
export function builtinOf(code: OperatorCode): BuiltinOperator | number {
  const wide = code.builtin_code ?? 'ADD'
  const at = Math.max(typeof wide === 'number' ? wide : numbers.get(wide)!, code.deprecated_builtin_code ?? 0)
  return names[at] ?? at
}

/** Both fields of an operator's code. */
export function builtinCode(name: BuiltinOperator): Pick<OperatorCode, 'builtin_code' | 'deprecated_builtin_code'> {
  return { builtin_code: name, deprecated_builtin_code: Math.min(numbers.get(name)!, 127) }
}

export const isBuiltin = (name: string): name is BuiltinOperator => numbers.has(name)
