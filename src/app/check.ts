import type { Diagnostic } from '../diag/diagnostic.ts'
import { LapidaryError, Log } from '../diag/diagnostic.ts'
import type { InterfaceChanges } from '../legalize/interface.ts'
import { legalize } from '../legalize/legalize.ts'
import { optimize } from '../passes/pipeline.ts'
import { peakOf } from './inspect.ts'
import type { LoadOptions, Source } from './load.ts'
import { formatNamed, load } from './load.ts'

export interface CheckReport {
  readonly convertible: boolean
  readonly format: string
  readonly target: string
  /** One for every node that does not fit, with every way out that was tried. */
  readonly problems: readonly Diagnostic[]
  readonly warnings: readonly Diagnostic[]
  readonly changes: InterfaceChanges
  /** Most bytes of intermediate values alive at once after fitting, in node order: what an arena needs at least. Undefined when a size is open. */
  readonly activationBytes: number | undefined
  /** Nodes by operator after fitting. */
  readonly operators: Readonly<Record<string, number>>
}

/** Whether a model can be converted, and if not why, operator by operator. Writes nothing. */
export async function check(source: Source, to: string, options: LoadOptions & { readonly layout?: 'nhwc' | 'keep' } = {}): Promise<CheckReport> {
  const log = options.log ?? new Log()
  const format = formatNamed(to)
  const { model, format: from } = await load(source, { ...options, log })
  let changes: InterfaceChanges = { inputs: [], outputs: [] }
  const problems: Diagnostic[] = []
  if (format.target) {
    optimize(model, { log, ...(format.target.recognise && { recognise: format.target.recognise }) })
    const report = legalize(model, format.target, { mode: 'report', layout: options.layout ?? 'nhwc' })
    changes = report
    problems.push(...report.unsupported.map(d => ({ ...d, severity: 'error' as const })))
  }
  if (problems.length === 0) {
    try {
      format.export?.(model, { log })
    } catch (error) {
      if (!(error instanceof LapidaryError)) throw error
      problems.push(...error.diagnostics)
    }
  }
  const counts = new Map<string, number>()
  for (const node of model.allNodes()) counts.set(node.qualified, (counts.get(node.qualified) ?? 0) + 1)
  return {
    convertible: problems.length === 0,
    format: from,
    target: to,
    problems,
    warnings: log.diagnostics,
    changes: { inputs: changes.inputs, outputs: changes.outputs },
    activationBytes: peakOf(model.graph),
    operators: Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))),
  }
}
