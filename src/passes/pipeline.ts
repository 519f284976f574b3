import { Log } from '../diag/diagnostic.ts'
import type { Model } from '../ir/model.ts'
import type { Refusal } from '../rewrite/apply.ts'
import type { Rule } from '../rewrite/rule.ts'
import { dropCarried } from './drop-carried.ts'
import { dropExpands } from './drop-expands.ts'
import { foldBatchNormalization, splitBatchNormalization } from './fold-batch-normalization.ts'
import { foldConstants } from './fold-constants.ts'
import { foldGathers } from './fold-gathers.ts'
import { foldIf } from './fold-if.ts'
import { foldScales } from './fold-scales.ts'
import { fuseGemm } from './fuse-gemm.ts'
import { inferTypes } from './infer-types.ts'
import { inlineFunctions } from './inline-functions.ts'
import { mergeCasts } from './merge-casts.ts'
import { mergeClips } from './merge-clips.ts'
import { mergeCrops } from './merge-crops.ts'
import { mergeDirections } from './merge-directions.ts'
import { mergeMoves } from './merge-moves.ts'
import { mergePads } from './merge-pads.ts'
import { mergeReduces } from './merge-reduces.ts'
import { mergeReshapes } from './merge-reshapes.ts'
import { mergeScales } from './merge-scales.ts'
import { mergeSlices } from './merge-slices.ts'
import { mergeTransposes } from './merge-transposes.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'
import { recogniseActivations } from './recognise-activations.ts'
import { reshapeForGather } from './reshape-for-gather.ts'
import { recogniseGelu } from './recognise-gelu.ts'
import { recogniseInstances } from './recognise-instances.ts'
import { recogniseNormalization } from './recognise-normalization.ts'
import { recognisePatches } from './recognise-patches.ts'
import { recogniseRecurrent } from './recognise-recurrent.ts'
import { recogniseReduces } from './recognise-reduces.ts'
import { recogniseRoll } from './recognise-roll.ts'
import { recogniseSoftmax } from './recognise-softmax.ts'
import { recogniseSplit, sliceForGather } from './recognise-split.ts'
import { removeDeadCode } from './remove-dead-code.ts'
import { removeIdentities, removeNoops } from './remove-noops.ts'
import { shareConstants, shareSubexpressions } from './share-subexpressions.ts'
import { sliceForReverse } from './slice-for-reverse.ts'
import { unrollSequences } from './unroll-sequences.ts'

export interface Phase {
  readonly name: string
  readonly passes: readonly Pass[]
}

/** In this order; each phase is repeated until nothing changes in it. No pass stands twice. */
export const phases: readonly Phase[] = [
  { name: 'normalise', passes: [inlineFunctions, removeIdentities] },
  { name: 'fold', passes: [inferTypes, dropCarried, foldConstants, foldIf, removeNoops, sliceForReverse, removeDeadCode] },
  // before a target's rules look at what is inside
  { name: 'loops', passes: [recogniseRecurrent, mergeDirections] },
  { name: 'recognise', passes: [unrollSequences, mergeClips, recogniseActivations, recogniseSoftmax, recogniseReduces, recogniseGelu, recogniseNormalization, recogniseInstances, reshapeForGather, dropExpands, mergeCasts, mergeReshapes, mergeTransposes, mergeMoves, mergePads, mergeCrops, mergeSlices, recogniseRoll, recognisePatches, sliceForGather, recogniseSplit, mergeReduces] },
  { name: 'fuse', passes: [foldBatchNormalization, splitBatchNormalization, foldScales, mergeScales, foldGathers, fuseGemm] },
  { name: 'clean', passes: [shareConstants, shareSubexpressions] },
]

export const allPasses: readonly Pass[] = phases.flatMap(p => p.passes)

export interface OptimizeOptions {
  readonly log?: Log
  /** Names of passes to leave out. */
  readonly without?: ReadonlySet<string>
  /** Names of the only passes to run. */
  readonly only?: ReadonlySet<string>
  /** Rules of a target that find operators it has; they come first in the phase that recognises. */
  readonly recognise?: readonly Rule[]
  /** Called after each pass that changed something: tests verify and run the model here. */
  readonly after?: (pass: string, model: Model) => void
}

export interface Optimized {
  readonly changed: boolean
  readonly log: Log
  /** Passes and rules that did something, and how often. */
  readonly counts: ReadonlyMap<string, number>
  readonly refusals: readonly Refusal[]
}

/** How often the phases may be gone through; each pass of a phase as often again. */
const most = 16

/**
 * Makes a model smaller and faster without changing what it means: what depends on constants is computed, what does
 * nothing is removed, and weights take in the arithmetic round them (rounded once to their type). Subgraphs too. The
 * model is changed in place; names and order of inputs and outputs stay.
 */
export function optimize(model: Model, options: OptimizeOptions = {}): Optimized {
  const log = options.log ?? new Log()
  const counts = new Map<string, number>()
  const refusals = new Map<string, Refusal>()
  const add = (name: string, n: number) => counts.set(name, (counts.get(name) ?? 0) + n)
  const chosen = (pass: Pass): boolean => !options.without?.has(pass.name) && (options.only === undefined || options.only.has(pass.name))
  const extra = options.recognise ? [rulesPass('recognise-for-target', options.recognise)] : []
  let changed = false
  for (let round = 0, again = true; again && round < most; round++) {
    again = false
    for (const phase of phases)
      for (let turn = 0, moved = true; moved && turn < most; turn++) {
        moved = false
        for (const pass of [...(phase.name === 'recognise' ? extra : []), ...phase.passes].filter(chosen)) {
          const result = pass.run(model, { log, fired: add, refused: r => refusals.set(`${r.rule}\0${r.node}`, r) })
          if (!result.changed) continue
          add(pass.name, 1)
          options.after?.(pass.name, model)
          moved = changed = again = true
        }
      }
  }
  return { changed, log, counts, refusals: [...refusals.values()] }
}

