// Tables of a run: what became of the graphs, why some are refused, explained differences, and what is left to explain.
import { known } from './known.mjs'

const verbose = process.env['VERBOSE'] !== undefined
const counts = list => [...list.reduce((map, key) => map.set(key, (map.get(key) ?? 0) + 1), new Map())].sort((a, b) => b[1] - a[1])
const row = (n, text) => console.log(`${String(n).padStart(6)}  ${text}`)

/** A refusal without the names of the graph: code, operator and the first way out that was tried. */
const reasonOf = ({ code, text, notes }) => `${code}, ${text.replace(/ "[^"]*"/g, '').replace(/ can't be said in tflite$/, '')}: ${(notes.find(n => !/^tflite-through-nhwc|a few steps are written/.test(n)) ?? '').replace(/^tflite-/, '').replace(/\bv\d+\b/g, 'a value').replace(/\d+ axes, not \d+/, 'fewer axes')}`

/** Prints the tables; whether nothing is left to explain. */
export function report({ results, ended, first, count, seconds, python }) {
  const outcome = name => results.filter(r => r.outcome === name)
  const [agreed, refused, outside] = [outcome('agrees'), outcome('refused'), outcome('outside')]
  console.log(`\ngraphs to TFLite, in ${python ? "LiteRT's and TensorFlow's interpreters (open sizes given at run time) and in @litertjs/core" : '@litertjs/core'}, against onnxruntime`)
  console.log('refused, by the first reason of each')
  for (const [reason, n] of counts(refused.map(r => reasonOf(r.refusals[0]))).slice(0, verbose ? undefined : 25)) row(n, reason)
  console.log('outside the question')
  for (const [why, n] of counts(outside.map(r => r.why))) row(n, why)
  const all = results.flatMap(r => r.findings.map(f => ({ ...f, seed: r.seed })))
  console.log('explained')
  for (const k of known) {
    const n = all.filter(f => f.known === k.id).length
    if (n > 0) row(n, `${k.id} (${k.whose}): ${k.why}`)
  }
  const open = all.filter(f => !f.known)
  const explained = outcome('found').filter(r => r.findings.every(f => f.known))
  const operators = new Set(agreed.flatMap(r => r.sources))
  console.log(`seeds ${first} to ${first + count - 1}: ${results.length} graphs of ${results.reduce((n, r) => n + r.nodes, 0)} nodes and ${new Set(results.flatMap(r => r.sources)).size} operators in ${Math.round(seconds)} s`)
  row(agreed.length, `agree (${agreed.filter(r => r.by === 'onnxruntime').length} with onnxruntime, ${agreed.filter(r => r.by === 'exact').length} with exact precision where onnxruntime has no kernel; ${agreed.filter(r => r.open).length} with open sizes; ${operators.size} operators)`)
  row(refused.length, 'refused with a coded reason')
  row(explained.length, 'differ for a reason that is explained')
  row(outside.length, 'outside the question')
  row(results.length - agreed.length - refused.length - explained.length - outside.length + ended.length, 'open')
  for (const f of open.slice(0, verbose ? undefined : 20)) console.error([`OPEN ONLY=${f.seed} ${f.kind}: ${f.text}`, ...(f.details ?? [])].join('\n    '))
  for (const { seed, at, how } of ended) console.error(`OPEN ONLY=${seed} the process ended at ${at}: ${how}`)
  const lost = count - results.length - ended.length
  if (lost > 0) console.error(`${lost} graphs without an end`)
  return open.length === 0 && ended.length === 0 && lost === 0
}
