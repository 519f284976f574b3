import type { Diagnostic } from '../diag/diagnostic.ts'
import { LapidaryError, Log } from '../diag/diagnostic.ts'
import type { DType } from '../ir/dtype.ts'
import type { Model } from '../ir/model.ts'
import { inferModel } from '../ops/infer.ts'
import { operatorOf } from '../ops/registry.ts'
import { applyRules } from '../rewrite/apply.ts'
import { assignLayout } from './assign-layout.ts'
import { convertNodes, decomposeNode } from './convert.ts'
import { unsupported } from './diagnostics.ts'
import { narrowDType } from './narrow.ts'
import type { Report } from './report.ts'
import { bordersOf, compareBorders } from './report.ts'
import type { Target } from './target.ts'

export interface LegalizeOptions {
  /** `full`: what does not fit is an error, thrown. `partial`: it stays, with a warning. `report`: it is only told of. */
  readonly mode?: 'full' | 'partial' | 'report'
  readonly log?: Log
  /** For targets that want NHWC: `nhwc` lets graph inputs and outputs change with the rest, `keep` leaves them. */
  readonly layout?: 'nhwc' | 'keep'
}

/**
 * Rewrites a model until all of it fits the target: layout, then element types, then node by node (see `Target`). The
 * model is changed in place, also when something is left that does not fit. In mode `full` that throws
 * `legalize.unsupported`, one for each node, with every reason.
 */
export function legalize(model: Model, target: Target, options: LegalizeOptions = {}): Report {
  const mode = options.mode ?? 'full'
  const log = options.log ?? new Log()
  const before = bordersOf(model)
  inferModel(model)
  applyRules(model, [...(target.recognise ?? []), ...(target.simplify ?? [])], { log })
  const early = target.layout === 'NHWC' ? simplifyFor(model, target) : new Map<string, number>()
  const layout = target.layout === 'NHWC' ? assignLayout(model, { borders: options.layout ?? 'nhwc', log }) : { permuted: new Map<string, readonly number[]>(), transposes: 0 }
  for (const v of model.graph.inputs) {
    const held = v.type?.kind === 'tensor' ? target.carry?.[v.type.dtype] : undefined
    if (held && v.type?.kind === 'tensor') v.type = { ...v.type, dtype: held }
  }
  let narrowed = 0
  for (const [from, to] of Object.entries(target.narrow ?? {})) narrowed += narrowDType(model, from as DType, to)
  const { rules, decomposed, left } = convertNodes(model, target, log)
  for (const [op, n] of early) decomposed.set(op, (decomposed.get(op) ?? 0) + n)
  const severity = mode === 'full' ? 'error' : mode === 'partial' ? 'warning' : 'info'
  const diagnostics: Diagnostic[] = [...left].map(([node, reasons]) => unsupported(node, target.name, reasons, severity))
  diagnostics.forEach(d => log.add(d))
  const [first, ...rest] = diagnostics
  if (mode === 'full' && first) throw new LapidaryError(first, ...rest)
  return {
    target: target.name,
    legal: diagnostics.length === 0,
    ...compareBorders(before, model, layout.permuted),
    rules,
    decomposed,
    narrowed,
    transposes: layout.transposes,
    unsupported: diagnostics,
  }
}

/** Takes apart what the target has no rule for before the layout is chosen, so that the layout sees what will run. */
function simplifyFor(model: Model, target: Target): Map<string, number> {
  const counts = new Map<string, number>()
  const rooted = new Set(target.rules.flatMap(r => r.roots))
  for (let again = true, sweeps = 0; again && sweeps < 32; sweeps++) {
    again = false
    for (const node of model.allNodes()) {
      if (Object.hasOwn(target.ops, node.qualified) || rooted.has(node.qualified) || target.keep?.has(node.qualified) || target.carries?.(node)) continue
      if (operatorOf({ op: `Nhwc${node.op}`, domain: 'lapidary' })) continue
      const { qualified } = node
      if (!Array.isArray(decomposeNode(node))) continue
      again = true
      counts.set(qualified, (counts.get(qualified) ?? 0) + 1)
    }
  }
  return counts
}
