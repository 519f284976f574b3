import { expect, it } from 'vitest'
import { decomposeNode } from '../../../src/legalize/convert.ts'
import { operatorOf } from '../../../src/ops/registry.ts'
import type { Model } from '../../../src/ir/model.ts'
import type { Case, Distance } from './harness.ts'
import { Draw, actual, distance, expected, inferenceProblem, modelOf, outcome } from './harness.ts'

export interface Bounds {
  readonly variants?: number
  /** Integers that may differ by one, of all elements of all variants, in each precision; the reason stands beside it. */
  readonly ones?: number | readonly [exact: number, fast: number]
  /** Floats: the largest difference, in parts of the largest number of the output. */
  readonly relative?: number
  /** Outputs with sizes that inference can't know. */
  readonly open?: true
  /** Puts in the node's place what onnxruntime has kernels for. */
  readonly means?: (model: Model) => void
}

/** TABLE=1 prints what was seen, TIMES=8 runs eight times as many variants. */
const times = Number(process.env['TIMES'] ?? 1)

/** The case in simpler operators, where it is said in both ways: with numbers in place of integers, so within one unit of them. */
function decomposed(c: Case): Model | undefined {
  const model = modelOf(c)
  const [node] = [...model.graph.nodes()]
  if (operatorOf(node!)?.compute === undefined) return undefined
  return Array.isArray(decomposeNode(node!)) ? model : undefined
}

/** Runs variants of a case in both precisions and in onnxruntime; in simpler operators too, where there are any. */
export function against(name: string, draw: (d: Draw, variant: number) => Case, { variants = 8, ones = 0, relative = 0, open, means }: Bounds = {}): void {
  it(name, { timeout: 120_000 }, async () => {
    const totals = { exact: { elements: 0, ones: 0, more: 0, relative: 0 } as Distance, fast: { elements: 0, ones: 0, more: 0, relative: 0 } as Distance }
    for (let v = 0; v < variants * times; v++) {
      const c = draw(new Draw(v + 1), v)
      const theirs = await expected(c, means)
      if (!open) expect(inferenceProblem(c, theirs), `variant ${v}`).toBeUndefined()
      for (const precision of ['exact', 'fast'] as const) {
        const d = distance(await actual(c, precision), theirs)
        const total = totals[precision]
        total.elements += d.elements
        total.ones += d.ones
        total.more += d.more
        total.relative = Math.max(total.relative, d.relative)
        if (d.relative > relative) total.wrong ??= `variant ${v} (${precision}): ${d.relative} apart`
        if (d.wrong) total.wrong ??= `variant ${v} (${precision}): ${d.wrong}`
      }
    }
    const simpler = { elements: 0, ones: 0 }
    for (let v = 0; v < variants; v++) {
      const c = draw(new Draw(v + 1), v)
      const model = decomposed(c)
      if (model === undefined) continue
      const d = distance(await outcome(model, c), await actual(c, 'exact'))
      expect([d.wrong, d.more], `variant ${v}, in simpler operators`).toEqual([undefined, 0])
      expect(d.relative).toBeLessThanOrEqual(Math.max(relative, 1e-5))
      simpler.elements += d.elements
      simpler.ones += d.ones
    }
    if (process.env['TABLE'] && simpler.elements > 0) console.log(name, 'in simpler operators', JSON.stringify(simpler))
    if (process.env['TABLE']) console.log(name, JSON.stringify(totals))
    const [exactOnes, fastOnes] = typeof ones === 'number' ? [ones, ones] : ones
    for (const [total, limit] of [[totals.exact, exactOnes], [totals.fast, fastOnes]] as const) {
      expect(total.wrong).toBeUndefined()
      expect(total.more).toBe(0)
      expect(total.ones).toBeLessThanOrEqual(limit)
      expect(total.relative).toBeLessThanOrEqual(relative)
    }
  })
}
