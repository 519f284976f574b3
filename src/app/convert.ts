import type { Sink } from '../bytes/bytes.ts'
import { sinkAt } from '../bytes/place.ts'
import { LapidaryError, Log } from '../diag/diagnostic.ts'
import type { Diagnostic } from '../diag/diagnostic.ts'
import type { Model } from '../ir/model.ts'
import { staticShape, typeToString } from '../ir/types.ts'
import type { InterfaceChanges } from '../legalize/interface.ts'
import { recordInterface } from '../legalize/interface.ts'
import { legalize } from '../legalize/legalize.ts'
import { optimize } from '../passes/pipeline.ts'
import type { ExportContext, Format, Precision, PrecisionReport } from '../spi/format.ts'
import type { ValidateOptions, ValidationReport } from '../validate/validate.ts'
import { formatUnwritable, precisionUnknown, shapesOpen } from './diagnostics.ts'
import { formats } from './formats.ts'
import type { LoadOptions, Source } from './load.ts'
import { formatNamed, load } from './load.ts'

export interface ConvertOptions extends LoadOptions {
  /** The format's name; told from the file name when absent. */
  readonly to?: string
  /** Of ONNX's default domain, when ONNX is written. */
  readonly opset?: number
  /** What happens to inputs and outputs whose target wants channels last: turned (`nhwc`), or kept with a transpose (`keep`). */
  readonly layout?: 'nhwc' | 'keep'
  /** Leave the graph as it is, apart from what the target needs. ONNX to ONNX is left as it is unless asked otherwise. */
  readonly optimize?: boolean
  readonly externalData?: boolean
  /** Weights in fewer bits, as the target names it: `float16`, `dynamic` (int8), `int4` for TFLite. The proof then allows what that costs. */
  readonly quantize?: string
  /** Run source and result on the same inputs and compare, before the result gets its name. */
  readonly prove?: boolean | ValidateOptions
}

export interface Conversion {
  readonly from: string
  readonly to: string
  /** Nodes before and after. */
  readonly nodes: readonly [number, number]
  readonly changes: InterfaceChanges
  /** What `quantize` did. */
  readonly precision?: PrecisionReport
  readonly warnings: readonly Diagnostic[]
  readonly proof?: ValidationReport
  /** Bytes written, by file. */
  readonly files: Readonly<Record<string, number>>
  /** Milliseconds of each step. */
  readonly milliseconds: Readonly<Record<string, number>>
}

/** The format that a file's name asks for. Throws `app.format.unwritable`. */
export function formatForWriting(file: string, to?: string): Format {
  const writers = formats.filter(f => f.write)
  const format = to === undefined ? writers.find(f => f.extensions.some(e => file.toLowerCase().endsWith(e))) : formatNamed(to)
  if (!format?.write || !format.export) throw formatUnwritable(file, writers.map(f => f.name))
  return format
}

/** Throws `app.shape.open` when a value has a size that is not fixed. */
function refuseOpen(model: Model): void {
  const open = [...model.allNodes()].flatMap(node => node.outputs.filter(v => v?.type?.kind === 'tensor' && !staticShape(v.type.shape)).map(v => `${v!.name}: ${typeToString(v!.type)}, by ${node.qualified}`))
  if (open.length > 0) throw shapesOpen(open)
}

/** Throws `app.precision.unknown`. */
function precisionNamed(name: string, { name: format, precisions = {} }: Format): Precision {
  if (!Object.hasOwn(precisions, name)) throw precisionUnknown(name, format, Object.keys(precisions))
  return precisions[name]!
}

/** A proof of a model in fewer bits allows what these cost, unless told otherwise. */
function allowing(precision: Precision | undefined, how: boolean | ValidateOptions): ValidateOptions {
  const given = typeof how === 'boolean' ? {} : how
  return precision ? { ...given, tolerance: { relL2: precision.relL2, unequal: precision.unequal, ...given.tolerance } } : given
}

const countNodes = (model: Model): number => [...model.allNodes()].length

/** The file that says a model before it is optimized; undefined for formats that do not tell sizes, and where it can't be said. */
function exportedAsItIs(target: Format, model: Model, ctx: ExportContext): unknown {
  if (!target.size || target.target) return undefined
  const log = new Log()
  try {
    const exported = target.export!(model, { ...ctx, log })
    return log.errors.length > 0 ? undefined : exported
  } catch (error) {
    if (error instanceof LapidaryError) return undefined
    throw error
  }
}

/**
 * Converts a model: reads, optimizes, fits it to the target, writes. `destination` is a path (Node), or a sink with the
 * main file's name. Optimizing within a format never makes the file larger: where it would, the model is written as it
 * is. Nothing is left under the final name unless all went well; with `prove`, a result that computes something else is
 * not kept either, and the report says where it differs. Throws every reason at once when the model can't be said in the
 * target (`legalize.unsupported`).
 */
export async function convert(source: Source, destination: string | { readonly sink: Sink; readonly name: string }, options: ConvertOptions = {}): Promise<Conversion> {
  const log = options.log ?? new Log()
  const milliseconds: Record<string, number> = {}
  let last = performance.now()
  const lap = (step: string): void => {
    const now = performance.now()
    milliseconds[step] = Math.round((now - last) * 10) / 10
    last = now
  }
  const target = formatForWriting(typeof destination === 'string' ? destination : destination.name, options.to)
  const precision = options.quantize === undefined ? undefined : precisionNamed(options.quantize, target)
  const loaded = await load(source, { ...options, log })
  const { model } = loaded
  const before = countNodes(model)
  lap('read')
  const exporting: ExportContext = { log, ...(options.opset !== undefined && { opset: options.opset }) }
  const asItIs = options.optimize && target.name === loaded.format ? exportedAsItIs(target, model, exporting) : undefined
  if (options.optimize ?? target.name !== loaded.format) optimize(model, { log, ...(target.target?.recognise && { recognise: target.target.recognise }) })
  lap('optimize')
  let changes: InterfaceChanges = { inputs: [], outputs: [] }
  if (target.target) {
    const { inputs, outputs } = legalize(model, target.target, { mode: 'full', log, layout: options.layout ?? 'nhwc' })
    changes = { inputs, outputs }
  }
  recordInterface(model, changes)
  if (options.fixedShape) refuseOpen(model)
  lap('legalize')
  const stored = await precision?.apply(model)
  if (precision) lap('quantize')
  const optimized = target.export!(model, exporting)
  log.throwErrors()
  const kept = asItIs !== undefined && target.size!(optimized) > target.size!(asItIs)
  const exported = kept ? asItIs : optimized
  const { sink, name } = typeof destination === 'string' ? await sinkAt(destination) : destination
  try {
    await target.write!(exported, sink, { log, name, ...(options.externalData !== undefined && { externalData: options.externalData }) })
    lap('write')
    const written = await sink.written(name)
    const files = { [name]: written.main.size }
    const proof = options.prove ? await (await import('./prove.ts')).prove(source, options, written, target, allowing(precision, options.prove)) : undefined
    if (options.prove) lap('prove')
    if (proof?.passed === false) await sink.abort()
    else await sink.commit()
    return { from: loaded.format, to: target.name, nodes: [before, kept ? before : countNodes(model)], changes, warnings: log.diagnostics, files, milliseconds, ...(stored && { precision: stored }), ...(proof && { proof }) }
  } catch (error) {
    await sink.abort()
    throw error
  }
}
