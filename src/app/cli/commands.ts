import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isTensor } from '../../ir/tensor.ts'
import type { Datum, Tensor } from '../../ir/tensor.ts'
import type { PartTime } from '../../spi/executor.ts'
import type { Tolerance } from '../../validate/compare.ts'
import type { ValidateOptions } from '../../validate/validate.ts'
import type { ConvertOptions } from '../convert.ts'
import { convert as convertModel } from '../convert.ts'
import type { LoadOptions } from '../load.ts'
import { formatNamed, load } from '../load.ts'
import * as print from './print.ts'

type Reading = { from?: string; input?: Record<string, readonly (number | string)[]>; set?: Record<string, number>; signature?: string; fixedShape?: boolean; json?: boolean }
type Comparing = { draws: number; seed: number; rtol?: number; atol?: number }

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const sayJson = (value: unknown): void => say(JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? Number(v) : typeof v === 'number' && !Number.isFinite(v) ? String(v) : v), 2))

const reading = ({ from, input, set, signature, fixedShape }: Reading): LoadOptions => ({
  ...(from !== undefined && { from }),
  ...(input && { inputs: input }),
  ...(set && { set }),
  ...(signature !== undefined && { signature }),
  ...(fixedShape && { fixedShape }),
})

function comparing({ draws, seed, rtol, atol }: Comparing): ValidateOptions {
  const tolerance: Tolerance | undefined = rtol === undefined && atol === undefined ? undefined : { relL2: rtol ?? 1e-5, ...(atol !== undefined && { atol }) }
  return { draws, seed, ...(tolerance && { tolerance }) }
}

async function convertTo(source: string, destination: string, options: Reading & Comparing & Record<string, unknown>, extra: ConvertOptions): Promise<0 | 1> {
  const done = await convertModel(source, destination, {
    ...reading(options),
    ...(options['opset'] !== undefined && { opset: options['opset'] as number }),
    ...(options['externalData'] !== undefined && { externalData: options['externalData'] as boolean }),
    ...(options['prove'] !== undefined && { prove: comparing(options) }),
    ...extra,
  })
  if (options.json) sayJson(done)
  else say(print.conversion(source, destination, done))
  return done.proof?.passed === false ? 1 : 0
}

/** `lapidary convert`. 1 when the proof failed. */
export async function convert(source: string, destination: string, options: Reading & Comparing & { to?: string; layout: 'nhwc' | 'keep'; optimize?: boolean; quantize?: string }): Promise<0 | 1> {
  return convertTo(source, destination, options, {
    layout: options.layout,
    ...(options.quantize !== undefined && { quantize: options.quantize }),
    ...(options.to !== undefined && { to: options.to }),
    // Commander sets the positive form's default to true when both forms are declared
    ...(options.optimize !== undefined && { optimize: options.optimize }),
  })
}

/** `lapidary optimize`. 1 when the proof failed. */
export async function optimize(source: string, destination: string, options: Reading & Comparing): Promise<0 | 1> {
  return convertTo(source, destination, options, { to: 'onnx', optimize: true })
}

/** `lapidary inspect`. */
export async function inspect(file: string, options: Reading & { text?: boolean }): Promise<0> {
  const loaded = await load(file, reading(options))
  if (options.text) say((await import('../../text/print.ts')).modelToText(loaded.model))
  else {
    const facts = (await import('../inspect.ts')).inspectModel(loaded)
    if (options.json) sayJson(facts)
    else say(print.inspection(facts))
  }
  return 0
}

/** `lapidary check`. 1 when the model can't be converted. */
export async function check(file: string, options: Reading & { to: string; layout: 'nhwc' | 'keep' }): Promise<0 | 1> {
  const { check: checkModel } = await import('../check.ts')
  const report = await checkModel(file, options.to, { ...reading(options), layout: options.layout })
  if (options.json) sayJson(report)
  else say(print.checkReport(file, report))
  return report.convertible ? 0 : 1
}

/** `lapidary run`. */
export async function run(
  file: string,
  options: Reading & { feed?: Record<string, string>; feeds?: string; on: string; precision: 'fast' | 'exact'; seed: number; fetch?: string[]; output?: string; profile?: boolean },
): Promise<0> {
  const { run: runModel } = await import('../run.ts')
  const { readNpy, readNpz } = await import('../npy.ts')
  const feeds = new Map<string, Datum>(options.feeds ? readNpz(await bytesOf(options.feeds), options.feeds) : [])
  for (const [name, path] of Object.entries(options.feed ?? {})) feeds.set(name, readNpy(await bytesOf(path), path))
  const parts: PartTime[] = []
  const outputs = await runModel(file, { ...(options.profile && { profile: part => void parts.push(part) }), ...reading(options), on: options.on, precision: options.precision, seed: options.seed, feeds, ...(options.fetch && { fetch: options.fetch }) })
  if (options.output !== undefined) await save(outputs, options.output)
  if (options.json) sayJson(options.profile ? { values: await print.valuesAsData(outputs), profile: parts } : await print.valuesAsData(outputs))
  else say([await print.values(outputs), ...(options.profile ? [print.profile(parts, options.on)] : [])].join('\n'))
  return 0
}

/** A file named on the command line. */
async function bytesOf(path: string): Promise<Uint8Array> {
  const { fileBytes } = await import('../../bytes/node.ts')
  const file = await fileBytes(path)
  return file.read(0, file.size)
}

async function save(values: ReadonlyMap<string, Datum>, path: string): Promise<void> {
  const { writeNpy, writeNpz } = await import('../npy.ts')
  const tensors = new Map<string, Tensor>([...values].filter((e): e is [string, Tensor] => isTensor(e[1])))
  if (path.endsWith('.npz')) return writeFile(path, await writeNpz(tensors))
  await mkdir(path, { recursive: true })
  for (const [name, tensor] of tensors) await writeFile(join(path, `${name.replace(/[^\w.-]+/g, '_')}.npy`), await writeNpy(tensor))
}

/** `lapidary validate`. 1 on a mismatch. */
export async function validate(source: string, converted: string[], options: Reading & Comparing & { on: string; feeds?: string[] }): Promise<0 | 1> {
  const { validateModels } = await import('../run.ts')
  const { readNpz } = await import('../npy.ts')
  const feeds: ReadonlyMap<string, Tensor>[] = []
  for (const path of options.feeds ?? []) feeds.push(readNpz(await bytesOf(path), path))
  const reports = await validateModels(source, converted, { ...reading(options), ...comparing(options), on: options.on, ...(feeds.length > 0 && { feeds }) })
  if (options.json) sayJson(reports)
  else say(reports.map(r => print.validation(r)).join('\n\n'))
  return reports.every(r => r.passed) ? 0 : 1
}

/** `lapidary ops`. */
export async function ops(options: { to?: string; json?: boolean }): Promise<0> {
  const { supportTable } = await import('../support.ts')
  const rows = supportTable(options.to === undefined ? undefined : formatNamed(options.to).target)
  if (options.json) sayJson(rows)
  else say(print.support(rows))
  return 0
}
