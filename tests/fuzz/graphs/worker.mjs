// Judges one graph after the other; tells the parent of each before and after.
import { modelToText, nodeToText } from '../../../dist/src/text/print.js'
import { generate } from './generate.mjs'
import { show } from './elements.mjs'
import { Judge } from './judge.mjs'
import { knownDisagreement } from './known.mjs'
import { smallest } from './shrink.mjs'

/** A finding as plain data. */
function plain(finding) {
  const { kind, op, text, node } = finding
  const known = knownDisagreement(finding)
  return { kind, op, text, ...(known ? { known: known.id } : {}), ...(node && !known ? { details: [nodeToText(node), ...finding.inputs.map((x, i) => `in ${i}: ${show(x)}`), `ours: ${show(finding.actual)}`, `expected: ${show(finding.expected)}`] } : {}) }
}

/** Makes and judges the graph of this seed. */
export async function take(seed, { runtime = 'whole', shrinks = false, tell } = {}) {
  const made = await generate(seed)
  const operators = [...new Set([...made.model.allNodes()].map(n => n.op))]
  const judge = await new Judge(made, { runtime, ...(tell && { tell }) }).all()
  const findings = judge.findings.map(plain)
  for (const [i, f] of findings.entries()) {
    if (f.known || f.details) continue
    f.details = (shrinks ? await smallest(made, judge.findings[i]) : modelToText(made.model)).split('\n')
  }
  return { seed, subject: made.subject, operators, nodes: made.model.graph.size, compared: judge.compared, refusals: judge.refusals, unsayable: judge.unsayable, unstable: judge.unstable, findings }
}

if (process.send) {
  const [first, step, end] = process.argv.slice(2, 5).map(Number)
  // how the first of them is run: an earlier process ended at it
  const careful = process.argv[5]
  const tell = message => new Promise(resolve => process.send(message, resolve))
  for (let seed = first; seed < end; seed += step) {
    await tell({ start: seed })
    try {
      await tell({ done: seed, ...(await take(seed, seed === first && careful ? { runtime: careful, tell: op => tell({ at: op }) } : {})) })
    } catch (error) {
      await tell({ done: seed, seed, operators: [], compared: [], refusals: [], nodes: 0, unsayable: 0, unstable: 0, findings: [{ kind: 'crash', op: '-', text: String(error.stack).split('\n').slice(0, 6).join(' | ') }] })
    }
    // compiled code piles up
    if (process.memoryUsage().rss > 900 * 2 ** 20) process.exit(3)
  }
  process.disconnect()
}
