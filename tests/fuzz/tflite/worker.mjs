// Judges one graph after the other; tells the parent of each before and after.
import { caseToText, shrink } from '../graphs/shrink.mjs'
import { show } from '../graphs/elements.mjs'
import { generate } from './generate.mjs'
import { judge } from './judge.mjs'
import { knownDifference } from './known.mjs'

const plain = f => {
  const known = knownDifference(f)
  const details = [`${f.kind} in ${f.runtime ?? 'lapidary'}; file: ${f.operators?.join(' ') ?? ''}`, ...(f.said ? [`our executor on the file: ${f.said.text}`] : []), ...(f.elsewhere ? [`the other builds: ${JSON.stringify(f.elsewhere)}`] : []),
    ...(f.actual ? [`theirs:   ${show(f.actual)}`, `expected: ${show(f.expected)}`] : [])]
  return { kind: f.kind, text: f.text, ...(known ? { known: known.id } : { details }) }
}

/** Makes and judges the graph of this seed. */
export async function take(seed, { shrinks = false, tell } = {}) {
  const made = await generate(seed)
  const judged = await judge(made, { tell })
  const findings = judged.findings.map(plain)
  for (const [i, f] of findings.entries()) {
    if (f.known) continue
    const like = r => r.findings.some(g => g.kind === judged.findings[i].kind && (g.kind === 'rule' || g.runtime === judged.findings[i].runtime) && !knownDifference(g))
    f.details.push(...caseToText(shrinks ? await shrink(made, async one => like(await judge(one))) : made).split('\n'))
  }
  const { outcome, why, by, refusals } = judged
  const sources = [...new Set([...made.model.allNodes()].map(n => n.op))]
  return { seed, subject: made.subject, nodes: made.model.graph.size, sources, open: made.model.graph.inputs.some(v => v.type?.shape?.some(d => typeof d !== 'number') ?? true), outcome, why, by, transposes: judged.transposes, refusals, findings }
}

if (process.send) {
  const [first, step, end] = process.argv.slice(2, 5).map(Number)
  const tell = message => new Promise(resolve => process.send(message, resolve))
  for (let seed = first; seed < end; seed += step) {
    await tell({ start: seed })
    try {
      await tell({ done: seed, ...(await take(seed, { tell: at => tell({ at }) })) })
    } catch (error) {
      await tell({ done: seed, seed, nodes: 0, sources: [], outcome: 'found', refusals: [], findings: [{ kind: 'fault', text: String(error.stack).split('\n').slice(0, 6).join(' | '), details: [] }] })
    }
    // compiled code and the runtime's memory pile up
    if (process.memoryUsage().rss > 900 * 2 ** 20) process.exit(3)
  }
  process.exit(0)
}
