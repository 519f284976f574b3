import type { Model } from '../ir/model.ts'
import type { Datum } from '../ir/tensor.ts'

export interface PrepareOptions {
  /** `fast`: float32 arithmetic. `exact`: doubles, rounded when a value is stored. */
  readonly precision?: 'fast' | 'exact'
}

/** What took time in a run. */
export interface PartTime {
  /** The kernel, its operators and the first one's name; or the host's operator. */
  readonly name: string
  /** `host` includes waiting for what it needs of the GPU. */
  readonly where: 'gpu' | 'host'
  readonly milliseconds: number
}

export interface RunOptions {
  /** Names of values to give back, of any value of the main graph; the graph's outputs when absent. */
  readonly fetch?: readonly string[]
  readonly signal?: AbortSignal
  /** Is told where the time goes, part by part, by executors that know; runs take longer then. */
  readonly profile?: (part: PartTime) => void
}

/** A model made ready. Runs may follow each other, not overlap. */
export interface Session {
  /** Feeds by input name. Throws `run.feed.*` for what is missing, unknown, or of a wrong dtype or shape. */
  run(feeds: ReadonlyMap<string, Datum>, options?: RunOptions): Promise<Map<string, Datum>>
  dispose(): void
}

export interface Executor {
  readonly name: string
  /** The model is not changed and must not change while the session lives. */
  prepare(model: Model, options?: PrepareOptions): Promise<Session>
}
