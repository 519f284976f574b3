import type { Bundle, Bytes } from '../bytes/bytes.ts'
import { concat, memoryBundle, memoryBytes } from '../bytes/memory.ts'
import { bundleAt } from '../bytes/place.ts'
import { Log } from '../diag/diagnostic.ts'
import type { Dim } from '../ir/dim.ts'
import { sym } from '../ir/dim.ts'
import type { Model } from '../ir/model.ts'
import type { DType } from '../ir/dtype.ts'
import type { Tensor } from '../ir/tensor.ts'
import { inlineTensor, residentLimit } from '../ir/tensor.ts'
import { elementCount, shapeToString, staticShape, typeToString } from '../ir/types.ts'
import { scalarTensor } from '../ops/scalar.ts'
import { inferModel } from '../ops/infer.ts'
import { bindInputs } from '../passes/bind-inputs.ts'
import { fixInputs } from '../passes/fix-inputs.ts'
import type { Format } from '../spi/format.ts'
import { formatUnknown, formatUnnamed, inputMismatch, inputOpen, inputUnknown, signatureNone } from './diagnostics.ts'
import { formats } from './formats.ts'

/** A model's file: a path (in Node), an address (`https:`; in a browser any, relative to the page), bytes, a Blob, or a bundle of files. */
export type Source = string | URL | Uint8Array | Blob | Bundle

export interface LoadOptions {
  /** The format's name; told from the bytes when absent. */
  readonly from?: string
  /** Shapes for inputs, by name: numbers, or names for open sizes. A number fixes an open size, a name opens a fixed one. */
  readonly inputs?: Readonly<Record<string, readonly (number | string)[]>>
  /** Fix every size that is still open: 1 for the first axis of an input. Any other that `inputs` does not give is an error. */
  readonly fixedShape?: boolean
  /** Inputs that become constants, by name: a number fills the input's shape, which must be known then. */
  readonly set?: Readonly<Record<string, Tensor | number>>
  /** The entry point to read, by the name of its signature or subgraph; the first when absent. */
  readonly signature?: string
  /** Collects warnings. */
  readonly log?: Log
}

export interface Loaded {
  readonly model: Model
  /** The name of the format it was read from. */
  readonly format: string
  readonly file: string
  /** Bytes of the main file. */
  readonly size: number
  /** The names of the file's entry points, where its format has several. */
  readonly entries: readonly string[]
}

async function bundleOf(source: Source): Promise<Bundle> {
  if (typeof source === 'string' || source instanceof URL) return bundleAt(source)
  if (source instanceof Uint8Array) return memoryBundle(memoryBytes(source))
  if (source instanceof Blob) return memoryBundle((await import('../bytes/blob.ts')).blobBytes(source))
  return source
}

/** The format by name, or undefined when it has none of the halves asked for. Throws `app.format.unnamed`. */
export function formatNamed(name: string): Format {
  const format = formats.find(f => f.name === name)
  if (!format) throw formatUnnamed(name, formats.map(f => f.name))
  return format
}

async function tell(bundle: Bundle): Promise<Format> {
  const { main }: { main: Bytes } = bundle
  const head = await main.read(0, Math.min(4096, main.size))
  const [best] = formats.map(format => ({ format, sure: format.sniff(head, bundle) })).sort((a, b) => b.sure - a.sure)
  if (!best || best.sure <= 0) throw formatUnknown(main.name, formats.filter(f => f.read).map(f => f.name))
  return best.format
}

/**
 * Reads and imports a model, with the input shapes that were asked for, and infers its types. Throws what the format
 * says of a broken file, `app.format.*`, `app.input.*`.
 */
export async function load(source: Source, { from, inputs = {}, fixedShape = false, set = {}, signature, log = new Log() }: LoadOptions = {}): Promise<Loaded> {
  const bundle = await bundleOf(source)
  const format = from === undefined ? await tell(bundle) : formatNamed(from)
  if (!format.read || !format.import) throw formatUnknown(bundle.main.name, formats.filter(f => f.read).map(f => f.name))
  const read = await format.read(bundle, { log })
  if (signature !== undefined && !format.entries) throw signatureNone(bundle.main.name, format.name)
  const model = format.import(read, { log, ...(signature !== undefined && { entry: signature }) })
  setConstants(model, set)
  setInputs(model, inputs)
  if (fixedShape) setInputs(model, fixedShapes(model))
  return { model, format: format.name, file: bundle.main.name, size: bundle.main.size, entries: format.entries?.(read) ?? [] }
}

/** Gives inputs their shapes and infers the model. Throws `app.input.unknown`, `app.input.shape`, `ir.infer.invalid`. */
export function setInputs(model: Model, inputs: NonNullable<LoadOptions['inputs']>): void {
  const shapes = new Map<string, Dim[]>()
  for (const [name, shape] of Object.entries(inputs)) {
    if (!model.graph.inputs.some(v => v.name === name)) throw inputUnknown(name, model.graph.inputs.map(v => v.name))
    shapes.set(name, shape.map(d => (typeof d === 'number' ? d : sym(d))))
  }
  const wrong = bindInputs(model, shapes)
  if (wrong !== undefined) {
    const value = model.graph.inputs.find(v => v.name === wrong)!
    throw inputMismatch(wrong, shapeToString(shapes.get(wrong)!).slice(1, -1), typeToString(value.type))
  }
  inferModel(model)
}

/** The shapes of a model's inputs with 1 for first axes that are open. Throws `app.input.open`, which names the others. */
function fixedShapes(model: Model): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {}
  const open: string[] = []
  const batch = new Set(model.graph.inputs.map(v => (v.type?.kind === 'tensor' ? String(v.type.shape?.[0]) : '')))
  for (const { name, type, constant } of model.graph.inputs) {
    if (constant !== undefined || type?.kind !== 'tensor') continue
    const shape = type.shape?.map(d => (typeof d === 'number' ? d : batch.has(d.text) ? 1 : undefined))
    if (shape?.every(d => d !== undefined)) shapes[name] = shape
    else open.push(`${name}: ${typeToString(type)}`)
  }
  if (open.length > 0) throw inputOpen(open)
  return shapes
}

function setConstants(model: Model, set: NonNullable<LoadOptions['set']>): void {
  const values = new Map<string, Tensor>()
  for (const [name, given] of Object.entries(set)) {
    const type = model.graph.inputs.find(v => v.name === name)?.type
    if (type === undefined) throw inputUnknown(name, model.graph.inputs.map(v => v.name))
    if (typeof given !== 'number') values.set(name, given)
    else {
      const shape = type.kind === 'tensor' ? staticShape(type.shape) : undefined
      if (type.kind !== 'tensor' || shape === undefined || elementCount(shape) > residentLimit) throw inputMismatch(name, 'of one number', typeToString(type))
      values.set(name, filledTensor(type.dtype, shape, given))
    }
  }
  const wrong = fixInputs(model, values)
  if (wrong !== undefined) throw inputMismatch(wrong, values.get(wrong)!.shape.join(', '), typeToString(model.graph.inputs.find(v => v.name === wrong)!.type))
}

function filledTensor(dtype: DType, shape: readonly number[], value: number): Tensor {
  const one = scalarTensor(dtype, value).peek()!
  return inlineTensor(dtype, shape, concat([new Uint8Array(0), ...Array.from({ length: elementCount(shape) }, () => one)]))
}
