import type { DType } from '../ir/dtype.ts'
import { isDType } from '../ir/dtype.ts'
import type { Model } from '../ir/model.ts'
import type { Datum, Tensor } from '../ir/tensor.ts'
import { isTensor } from '../ir/tensor.ts'
import type { InterfaceChange } from '../legalize/interface.ts'
import { recordedInterface } from '../legalize/interface.ts'
import type { Session } from '../spi/executor.ts'
import { inverse, permuted, withDType } from './adapt.ts'
import type { Tolerance, Verdict } from './compare.ts'
import { compareDatum, defaultTolerance } from './compare.ts'
import { differenceOf } from './metrics.ts'
import type { Sizes } from './sample.ts'
import { chooseSizes, makeSample, requiredInputs } from './sample.ts'

/** A model and something that runs it. */
export interface Side {
  readonly name: string
  readonly model: Model
  readonly session: Session
}

export interface ValidateOptions {
  /** How many seeded inputs; at least two, since one sample hides much. */
  readonly draws?: number
  readonly seed?: number
  /** Sizes of open axes for every draw; otherwise each draw has its own. */
  readonly sizes?: Sizes
  readonly tolerance?: Tolerance
  /** Inputs to use instead of generated ones. */
  readonly feeds?: readonly ReadonlyMap<string, Tensor>[]
  /**
   * The reference in double precision, opened when a value lies outside the tolerance: its distance from the reference
   * tells what rounding alone does to that value.
   */
  readonly exact?: () => Promise<Session>
  readonly signal?: AbortSignal
  /** Called after each draw. */
  readonly onProgress?: (done: number, of: number) => void
}

export interface Draw {
  readonly inputs: Readonly<Record<string, readonly number[]>>
  readonly verdicts: readonly Verdict[]
  /** Relative L2 distance of the reference from itself in double precision, by output, where it was needed. */
  readonly noise: Readonly<Record<string, number>>
}

export interface ValidationReport {
  readonly reference: string
  readonly candidate: string
  readonly passed: boolean
  readonly draws: readonly Draw[]
}

/** How the candidate's values map to the reference's: what its metadata tells, else by position and name. */
async function toCandidate(tensor: Tensor, change: InterfaceChange | undefined, dtype: DType | undefined): Promise<Tensor> {
  const turned = change?.perm ? await permuted(tensor, change.perm) : tensor
  return dtype !== undefined && change?.was !== undefined && dtype !== turned.dtype ? withDType(turned, dtype) : turned
}

async function fromCandidate(datum: Datum | undefined, change: InterfaceChange | undefined): Promise<Datum | undefined> {
  if (datum === undefined || !isTensor(datum) || change === undefined) return datum
  const turned = change.perm && change.perm.length === datum.shape.length ? await permuted(datum, inverse(change.perm)) : datum
  return change.was !== undefined && isDType(change.was) ? withDType(turned, change.was) : turned
}

/**
 * Gives both sides the same inputs and compares every output. Inputs and outputs are matched by name, else by position;
 * changes of layout and dtype that the candidate's metadata records are undone. Throws what the sessions throw.
 */
export async function validate(reference: Side, candidate: Side, options: ValidateOptions = {}): Promise<ValidationReport> {
  const { draws = 3, seed = 1, tolerance = defaultTolerance, feeds, exact, signal, onProgress } = options
  const changes = recordedInterface(candidate.model)
  const theirInputs = requiredInputs(candidate.model)
  const theirOutputs = candidate.model.graph.outputs
  const count = feeds?.length ?? draws
  const done: Draw[] = []
  for (let draw = 0; draw < count; draw++) {
    const given = feeds?.[draw] ?? makeSample(reference.model, seed + draw, options.sizes ?? chooseSizes(reference.model, draw))
    const run = signal ? { signal } : {}
    const expected = await reference.session.run(given, run)
    const theirs = new Map<string, Datum>()
    for (const [position, value] of requiredInputs(reference.model).entries()) {
      const target = theirInputs.find(v => v.name === value.name) ?? theirInputs[position]
      const tensor = given.get(value.name)
      if (target && tensor) theirs.set(target.name, await toCandidate(tensor, changes.inputs.find(c => c.name === target.name), target.type?.kind === 'tensor' ? target.type.dtype : undefined))
    }
    const actual = await candidate.session.run(theirs, run)
    const verdicts: Verdict[] = []
    const noise: Record<string, number> = {}
    let precise: ReadonlyMap<string, Datum> | undefined
    for (const [position, [name, datum]] of [...expected].entries()) {
      const target = theirOutputs.find(v => v.name === name) ?? theirOutputs[position]
      const back = await fromCandidate(target && actual.get(target.name), changes.outputs.find(c => c.name === target?.name))
      let verdict = await compareDatum(name, datum, back, tolerance)
      if (!verdict.passed && 'relL2' in verdict.difference && exact && isTensor(datum)) {
        precise ??= await (await exact()).run(given, run)
        const other = precise.get(name)
        const floor = other && isTensor(other) ? await differenceOf(other, datum) : undefined
        noise[name] = floor && 'relL2' in floor && Number.isFinite(floor.relL2) ? floor.relL2 : 0
        verdict = await compareDatum(name, datum, back, tolerance, noise[name])
      }
      verdicts.push(verdict)
    }
    done.push({ inputs: Object.fromEntries([...given].map(([name, t]) => [name, t.shape])), verdicts, noise })
    onProgress?.(draw + 1, count)
  }
  return { reference: reference.name, candidate: candidate.name, passed: done.every(d => d.verdicts.every(v => v.passed)), draws: done }
}
