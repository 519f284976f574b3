import { Model } from '../ir/model.ts'
import type { Datum } from '../ir/tensor.ts'
import type { PartTime, PrepareOptions, Session } from '../spi/executor.ts'
import type { Sizes } from '../validate/sample.ts'
import { chooseSizes, makeSample } from '../validate/sample.ts'
import type { Side, ValidateOptions, ValidationReport } from '../validate/validate.ts'
import { validate } from '../validate/validate.ts'
import { executorNamed } from './executors.ts'
import type { Loaded, LoadOptions, Source } from './load.ts'
import { load } from './load.ts'

export interface RunModelOptions extends LoadOptions, PrepareOptions {
  /** `cpu` (the default), `webgpu` or `onnxruntime`. */
  readonly on?: string
  /** Inputs by name; those that are missing are generated from `seed`. */
  readonly feeds?: ReadonlyMap<string, Datum>
  readonly seed?: number
  readonly sizes?: Sizes
  /** Values to give back, of any name in the main graph; the outputs when absent. */
  readonly fetch?: readonly string[]
  /** Is told what takes time: the whole run by executors that know no more. The model runs once before, so that nothing is compiled meanwhile. */
  readonly profile?: (part: PartTime) => void
}

/** Runs a model once and gives its outputs, or the values named by `fetch`. */
export async function run(source: Source | Model, options: RunModelOptions = {}): Promise<Map<string, Datum>> {
  const model = source instanceof Model ? source : (await load(source, options)).model
  const session = await executorNamed(options.on ?? 'cpu').prepare(model, options.precision ? { precision: options.precision } : {})
  try {
    const feeds = new Map(options.feeds)
    if (model.graph.inputs.some(v => v.constant === undefined && !feeds.has(v.name))) {
      for (const [name, tensor] of makeSample(model, options.seed ?? 1, options.sizes ?? chooseSizes(model))) if (!feeds.has(name)) feeds.set(name, tensor)
    }
    const running = options.fetch ? { fetch: options.fetch } : {}
    if (!options.profile) return await session.run(feeds, running)
    await session.run(feeds, running)
    const told: PartTime[] = []
    const began = performance.now()
    const results = await session.run(feeds, { ...running, profile: part => void told.push(part) })
    for (const part of told.length > 0 ? told : [{ name: 'the whole run', where: 'host', milliseconds: performance.now() - began } as const]) options.profile(part)
    return results
  } finally {
    session.dispose()
  }
}

export interface ValidateModelsOptions extends ValidateOptions, LoadOptions {
  /** What runs the source; `cpu` when absent. */
  readonly on?: string
}

/** Runs a source and each candidate on the same inputs and compares their outputs. Candidates run on the CPU executor. */
export async function validateModels(source: Source, candidates: readonly Source[], options: ValidateModelsOptions = {}): Promise<readonly ValidationReport[]> {
  const reference = await load(source, options)
  const side = async (loaded: Loaded, on: string): Promise<Side> => ({
    name: loaded.file,
    model: loaded.model,
    session: await executorNamed(on).prepare(loaded.model),
  })
  const expected = await side(reference, options.on ?? 'cpu')
  let exact: Session | undefined
  const reports: ValidationReport[] = []
  try {
    for (const candidate of candidates) {
      const actual = await side(await load(candidate, options.log ? { log: options.log } : {}), 'cpu')
      try {
        reports.push(await validate(expected, actual, { exact: async () => (exact ??= await executorNamed('cpu').prepare(reference.model, { precision: 'exact' })), ...options }))
      } finally {
        actual.session.dispose()
      }
    }
  } finally {
    expected.session.dispose()
    exact?.dispose()
  }
  return reports
}
