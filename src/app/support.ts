import { versionTable } from '../../proto/onnx-versions.gen.ts'
import { allOperators } from '../ops/registry.ts'
import type { Target } from '../legalize/target.ts'

/** One row of the support tables. */
export interface Support {
  readonly operator: string
  /** How it is run here: its meaning's form. */
  readonly meaning: 'expressions' | 'decomposed' | 'host' | 'control' | 'none'
  /** How a target takes it: a rule of its own, through simpler operators, or not at all. */
  readonly target?: 'direct' | 'decomposed' | 'no'
}

/** What ONNX has against what is known here, and against a target. */
export function supportTable(target?: Target): readonly Support[] {
  const roots = new Set(target?.rules.flatMap(r => r.roots))
  const living = Object.entries(versionTable['']!).filter(([, versions]) => versions.at(-1)! > 0)
  return living.map(([name]) => {
    const operator = allOperators().get(name)
    const meaning = !operator ? 'none' : operator.control ? 'control' : operator.compute ? 'expressions' : operator.decompose ? 'decomposed' : 'host'
    if (!target) return { operator: name, meaning }
    const direct = roots.has(name) || roots.has(`lapidary::Nhwc${name}`) || target.ops[name] !== undefined
    return { operator: name, meaning, target: direct ? 'direct' : operator?.decompose ? 'decomposed' : 'no' }
  })
}
