import type { Value } from '../ir/model.ts'
import type { Datum } from '../ir/tensor.ts'
import type { ControlStep, Stretch } from './plan.ts'
import type { Slicing } from './slices.ts'

/** Runs control flow of a stretch on data; `around` are the values it reads from around, constants apart. */
export type ControlRunner = (step: ControlStep, inputs: readonly (Datum | undefined)[], around: ReadonlyMap<Value, Datum>) => Promise<Datum[]>

/** A stretch ready to run, again and again. */
export interface Segment {
  readonly stretch: Stretch
  /** Runs on data by the stretch's input values; gives the data of what it keeps. What is demanded is in memory; the rest may be read when it is asked for. */
  run(given: ReadonlyMap<Value, Datum>, control: ControlRunner, pause: () => Promise<void>): Promise<Map<Value, Datum>>
  release(): void
}

/** What carries out stretches: WebAssembly memory, or a GPU. */
export interface Backend {
  prepare(stretch: Stretch): Promise<Segment>
  /** Memory is short: only the plan at hand is to be kept. */
  readonly crowded: boolean
  /** How loops take its tensors apart and put them together; as those in memory when absent. */
  readonly slicing?: Slicing
  /** Data that segments gave are of no more use, but for memory that others of them share; they may have been given back already. */
  release?(data: Iterable<Datum>, others: Iterable<Datum>): void
}
