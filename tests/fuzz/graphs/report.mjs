// Tables of a run: operators, explained disagreements, and what is left to explain.
import { known } from './known.mjs'
import { random, recipes } from './recipes/index.mjs'
import { kernels, operatorNames } from './tables.mjs'

const verbose = process.env['VERBOSE'] !== undefined

function coverage(results) {
  const rows = new Map(Object.keys(recipes).map(op => [op, { graphs: 0, compared: 0, refused: 0, known: 0, open: 0 }]))
  const row = op => rows.get(op) ?? rows.set(op, { graphs: 0, compared: 0, refused: 0, known: 0, open: 0 }).get(op)
  for (const r of results) {
    for (const op of r.operators) row(op).graphs++
    for (const op of r.compared) row(op).compared++
    for (const { op } of r.refusals) row(op).refused++
    for (const f of r.findings) row(f.op)[f.known ? 'known' : 'open']++
  }
  return rows
}

/** Prints the tables; whether nothing is left to explain. */
export function report({ results, ended, first, count, seconds }) {
  const rows = coverage(results)
  console.log('operator                    graphs  compared  refused by onnxruntime  explained  open')
  for (const [op, r] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) console.log(`${op.padEnd(27)} ${String(r.graphs).padStart(6)}  ${String(r.compared).padStart(8)}  ${String(r.refused).padStart(22)}  ${String(r.known).padStart(9)}  ${String(r.open).padStart(4)}`)
  const never = Object.keys(kernels).filter(op => operatorNames.includes(op) && !random.has(op) && (rows.get(op)?.compared ?? 0) === 0)
  console.log(`operators that onnxruntime has kernels for and nothing was compared of: ${never.join(' ') || 'none'}`)
  const all = results.flatMap(r => r.findings.map(f => ({ ...f, seed: r.seed })))
  const explained = id => all.filter(f => f.known === id).length
  console.log('\nexplained disagreements')
  for (const k of known.filter(k => explained(k.id) > 0)) console.log(`${String(explained(k.id)).padStart(5)}  ${k.id}, ${String(k.op).replaceAll(/[/^$\\]/g, '')} (${k.whose}): ${k.why}${k.spec ? ` Specification: ${k.spec}` : ''}`)
  const unmet = known.filter(k => explained(k.id) === 0)
  if (count >= 5000 && unmet.length > 0) console.log(`not met in this run: ${unmet.map(k => k.id).join(' ')}`)
  const sum = f => results.reduce((n, r) => n + f(r), 0)
  const crashes = ended.filter(e => e.way === 'whole').map(e => ({ ...e, at: ended.find(x => x.seed === e.seed && x.way === 'alone')?.at || 'the whole graph' }))
  const kinds = new Map()
  for (const { at, seed, how } of crashes) {
    const key = `${at}, ${how}`
    kinds.set(key, [...(kinds.get(key) ?? []), seed])
  }
  if (crashes.length > 0) console.log(`\nonnxruntime ended the process ${crashes.length} times`)
  for (const [key, seeds] of kinds) console.log(`${String(seeds.length).padStart(5)}  ${key}; seeds ${seeds.slice(0, 5).join(' ')}`)
  if (verbose) for (const r of results) for (const f of r.refusals) console.log(`REFUSED ${r.seed} ${f.op} ${f.message}`)
  console.log(`\nseeds ${first} to ${first + count - 1}: ${results.length} graphs of ${sum(r => r.nodes)} nodes in ${Math.round(seconds)} s; ${results.filter(r => r.compared.length > 0).length} graphs and ${sum(r => r.compared.length)} nodes compared with onnxruntime; ` +
    `${sum(r => r.refusals.filter(x => x.whole).length)} graphs it refused whole, ${sum(r => r.unsayable)} that no operator set of its can say; ${sum(r => r.unstable)} differences that noise of one part in a million explains`)
  const open = all.filter(f => !f.known)
  for (const f of open.slice(0, verbose ? 1e9 : 20)) console.error([`OPEN ONLY=${f.seed} ${f.kind} ${f.op}: ${f.text}`, ...(f.details ?? [])].join('\n    '))
  for (const e of ended.filter(x => x.way === 'none')) console.error(`OPEN ONLY=${e.seed} lapidary ended the process: ${e.how}`)
  const lost = count - results.length
  if (open.length > 0 || lost > 0) console.error(`${open.length} disagreements to explain, ${lost} graphs without an end`)
  return open.length === 0 && lost === 0
}
