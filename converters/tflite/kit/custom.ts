import type { Node, Value } from '../../../src/ir/model.ts'
import { bytesOf, inlineTensor } from '../../../src/ir/tensor.ts'
import { staticShape } from '../../../src/ir/types.ts'
import { inferInvalid } from '../../../src/ops/diagnostics.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import type { Operator } from '../../../src/ops/operator.ts'
import { FlatError } from '../../../src/wire/flatbuffer.ts'
import type { FlexValue } from '../../../src/wire/flexbuffer.ts'
import { decodeFlexbuffer } from '../../../src/wire/flexbuffer.ts'
import { optionsOf } from './attributes.ts'
import { windowCount } from './spatial.ts'

/**
 * An operator that is not the runtime's own: `tflite.custom::<name>`, its options the bytes under `custom_options`. Known at one version; what is
 * inferred and decomposed holds for that one, at others it is carried as it is.
 */
export const customOperator = (init: Pick<Operator, 'name' | 'infer'> & Required<Pick<Operator, 'decompose'>> & { readonly version?: number }): Operator => {
  const isKnown = (node: Node): boolean => versionOfCustom(node) === (init.version ?? 1)
  return {
    name: init.name,
    domain: 'tflite.custom',
    infer(ctx) {
      if (isKnown(ctx.node)) init.infer(ctx)
    },
    decompose: (b, node) => (isKnown(node) ? init.decompose(b, node) : undefined),
  }
}

/** The version that a custom operator's node states; 1 where it states none. */
export const versionOfCustom = (node: Node): number => optionsOf(node).int('version', 1)

const optionBytes = (node: Node): Uint8Array => optionsOf(node).tensor('custom_options')?.peek() ?? new Uint8Array(0)

/** The options of an operator that stores them as a C structure of int32: that many from its beginning. Throws `ir.infer.invalid`. */
export function structOptions(node: Node, count: number): readonly number[] {
  const bytes = optionBytes(node)
  if (bytes.byteLength < 4 * count) throw inferInvalid(node, `its options have ${bytes.byteLength} bytes, not ${4 * count}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true))
}

/** Reading of options by name; `count` and `counts` are integers from 0. */
export interface MapOptions {
  number(name: string): number
  count(name: string): number
  counts(name: string): readonly number[]
}

const isCount = (value: FlexValue | undefined): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

/** The options of an operator that stores them as a map in a FlexBuffer. Throws `ir.infer.invalid`. */
export function mapOptions(node: Node): MapOptions {
  const fail = (message: string): never => {
    throw inferInvalid(node, message)
  }
  let options: FlexValue = null
  try {
    options = decodeFlexbuffer(optionBytes(node))
  } catch (error) {
    if (!(error instanceof FlatError)) throw error
    fail(`its options can't be read: ${error.message}`)
  }
  const at = (name: string): FlexValue | undefined => (options as Readonly<Record<string, FlexValue>> | null)?.[name]
  return {
    number(name) {
      const value = at(name)
      return typeof value === 'number' ? value : fail(`its options have no number ${name}`)
    },
    count(name) {
      const value = at(name)
      return isCount(value) ? value : fail(`its options have no count ${name}`)
    },
    counts(name) {
      const value = at(name)
      return Array.isArray(value) && value.every(isCount) ? value : fail(`its options have no counts ${name}`)
    },
  }
}

/** TfLitePadding as a structure stores it. */
export const paddingOfNumber = (n: number): 'SAME' | 'VALID' | undefined => (n === 1 ? 'SAME' : n === 2 ? 'VALID' : undefined)

/** A float32 constant. */
export const floatsOf = (b: Builder, values: Iterable<number>, shape: readonly number[]): Value => b.constant(inlineTensor('float32', shape, bytesOf(Float32Array.from(values))))

/** Sizes of a value that are all known. */
export const sizesOf = (value: Value | undefined): readonly number[] | undefined =>
  value?.type?.kind === 'tensor' ? staticShape(value.type.shape) : undefined

/** Where a pooling's windows begin and how many there are on an axis (tensorflow/lite/kernels/padding.h). */
export function windowsOf(size: number, filter: number, stride: number, padding: 'SAME' | 'VALID'): { readonly count: number; readonly before: number } {
  const count = windowCount(size, filter, stride, 1, padding) as number
  return { count, before: Math.max(0, Math.floor(((count - 1) * stride + filter - size) / 2)) }
}
