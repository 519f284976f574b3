import { diagnosticsToText } from '../../diag/print.ts'
import type { Datum, Tensor } from '../../ir/tensor.ts'
import { isDictionary, isTensor, numbersOf } from '../../ir/tensor.ts'
import type { InterfaceChanges } from '../../legalize/interface.ts'
import type { PartTime } from '../../spi/executor.ts'
import type { ValidationReport } from '../../validate/validate.ts'
import type { CheckReport } from '../check.ts'
import type { Conversion } from '../convert.ts'
import type { Inspection } from '../inspect.ts'
import type { Support } from '../support.ts'

/** 1234567 as 1,234,567. */
const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',')

/** 1,234 B, 5.6 MB ... in powers of ten. */
export function bytes(n: number): string {
  for (const [unit, size] of [['GB', 1e9], ['MB', 1e6], ['kB', 1e3]] as const) if (n >= size) return `${(n / size).toFixed(n >= 100 * size ? 0 : 1)} ${unit}`
  return `${n} B`
}

const large = (n: number): string => (n >= 1e9 ? `${(n / 1e9).toFixed(2)} G` : n >= 1e6 ? `${(n / 1e6).toFixed(2)} M` : count(n))
const error = (x: number): string => (x === 0 ? '0' : Number.isFinite(x) ? x.toExponential(1) : String(x))

/** Rows as columns; numbers to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, c) => Math.max(...rows.map(r => r[c]!.length))) ?? []
  const numeric = widths.map((_, c) => rows.slice(1).every(r => /^[\d.,e+-]*$/.test(r[c]!)))
  return rows.map(r => `  ${r.map((cell, c) => (numeric[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!))).join('  ').trimEnd()}`).join('\n')
}

function changeLines(changes: InterfaceChanges): string[] {
  const line = (what: string, c: InterfaceChanges['inputs'][number]): string => {
    const parts = [c.perm && `axes are now in the order ${c.perm.join(', ')}${c.perm.join() === '0,2,3,1' ? ' (NHWC)' : ''}`, c.was !== undefined && `was ${c.was}`].filter(Boolean)
    return `  ${what} ${c.name}: ${parts.join('; ')}`
  }
  return [...changes.inputs.map(c => line('input', c)), ...changes.outputs.map(c => line('output', c))]
}

const storedLines = ({ stored, bytes: [before, after], kept }: NonNullable<Conversion['precision']>): string[] => [
  `  ${count(stored)} weights in fewer bits: ${bytes(before)} became ${bytes(after)}`,
  ...kept.map(({ name, reason }) => `  ${name} stays as it is: ${reason}`),
]

/** What a conversion did, and its proof. */
export function conversion(source: string, destination: string, done: Conversion): string {
  const total = Object.values(done.milliseconds).reduce((a, b) => a + b, 0)
  const lines = [
    ...(done.warnings.length > 0 ? [diagnosticsToText(done.warnings)] : []),
    `${source} (${done.from}) -> ${destination} (${done.to})`,
    `  ${count(done.nodes[0])} nodes became ${count(done.nodes[1])}; ${Object.values(done.files).map(bytes).join(' + ')} in ${Math.round(total)} ms`,
    ...(done.precision ? storedLines(done.precision) : []),
    ...changeLines(done.changes),
  ]
  if (done.proof) lines.push(validation(done.proof, done.precision ? 'Proved: as close as these bits allow' : undefined))
  if (done.proof?.passed === false) lines.push(`${destination} was not written: the result computes something else.`)
  return lines.join('\n')
}

/** One row for each output of each draw. */
export function validation(report: ValidationReport, proved = 'Proved: both compute the same'): string {
  const rows = [['draw', 'inputs', 'output', 'shape', 'rel L2', 'max abs', 'float32 noise', '']]
  for (const [i, draw] of report.draws.entries()) {
    for (const v of draw.verdicts) {
      const d = 'reason' in v.difference ? undefined : v.difference
      const inputs = Object.entries(draw.inputs).map(([name, shape]) => `${name}[${shape.join('x')}]`).join(' ')
      rows.push([String(i + 1), inputs, v.name, v.shape.join('x'), d ? error(d.relL2) : '-', d ? error(d.maxAbs) : '-', draw.noise[v.name] === undefined ? '' : error(draw.noise[v.name]!), v.passed ? 'agrees' : `DIFFERS: ${v.reason ?? ''}`])
    }
  }
  const verdict = report.passed ? proved : 'MISMATCH'
  return `${verdict} (${report.draws.length} seeded inputs)\n${table(rows)}`
}

/** A model's facts, top down. */
export function inspection(f: Inspection): string {
  const opsets = Object.entries(f.opsets).map(([d, v]) => `${d} ${v}`).join(', ')
  return [
    `${f.file}: ${f.format}, ${bytes(f.size)}${f.producer === '' ? '' : `, made by ${f.producer}`}${opsets === '' ? '' : `, opset ${opsets}`}`,
    ...(f.entries.length > 1 ? [`signatures: ${f.entries.join(', ')} (choose one with --signature)`] : []),
    'inputs',
    ...f.inputs.map(v => `  ${v.name}: ${v.type}`),
    'outputs',
    ...f.outputs.map(v => `  ${v.name}: ${v.type}`),
    `parameters ${large(f.parameters)} (${bytes(f.parameterBytes)}); multiply-accumulates ${large(f.macs)}${f.uncounted > 0 ? ` without ${count(f.uncounted)} nodes of open size (choose sizes with --input)` : ''}`,
    f.activationBytes === undefined ? 'memory for intermediate values depends on open sizes' : `memory for intermediate values ${bytes(f.activationBytes)}`,
    `${count(f.nodes)} nodes${f.functions > 0 ? `, ${f.functions} functions` : ''}`,
    table([['operator', 'count'], ...Object.entries(f.operators).map(([op, n]) => [op, count(n)])]),
    ...(f.unknown.length > 0 ? [`not known here (carried, not run): ${f.unknown.join(', ')}`] : []),
  ].join('\n')
}

/** The verdict first, then every problem. */
export function checkReport(file: string, report: CheckReport): string {
  const head = report.convertible ? `${file} can be converted to ${report.target}` : `${file} can't be converted to ${report.target}: ${report.problems.length} problem${report.problems.length === 1 ? '' : 's'}`
  return [
    ...(report.warnings.length > 0 ? [diagnosticsToText(report.warnings)] : []),
    head,
    ...changeLines(report.changes),
    ...(report.problems.length > 0
      ? ['', diagnosticsToText(report.problems)]
      : [report.activationBytes === undefined ? 'memory for intermediate values depends on open sizes' : `memory for intermediate values ${bytes(report.activationBytes)}`, table([['operator', 'count'], ...Object.entries(report.operators).map(([op, n]) => [op, count(n)])])]),
  ].join('\n')
}

async function summary(tensor: Tensor): Promise<{ min: number; max: number; mean: number; first: readonly (number | string)[] }> {
  if (tensor.strings) return { min: NaN, max: NaN, mean: NaN, first: tensor.strings.slice(0, 4) }
  const numbers = numbersOf(tensor.dtype, await tensor.load())
  let min = Infinity
  let max = -Infinity
  let sum = 0
  for (const x of numbers) {
    min = Math.min(min, x)
    max = Math.max(max, x)
    sum += x
  }
  return { min, max, mean: sum / Math.max(1, numbers.length), first: Array.from({ length: Math.min(4, numbers.length) }, (_, i) => numbers[i]!) }
}

const short = (x: number | string): string => (typeof x === 'string' ? JSON.stringify(x) : Number.isInteger(x) ? String(x) : x.toPrecision(5))

/** One line a value. */
export async function values(given: ReadonlyMap<string, Datum>): Promise<string> {
  const rows = [['value', 'type', 'min', 'max', 'mean', 'begins']]
  for (const [name, datum] of given) {
    if (!isTensor(datum)) rows.push([name, datum === null ? 'nothing' : isDictionary(datum) ? `map of ${datum.keys.shape.join()}` : `sequence of ${datum.length}`, '', '', '', ''])
    else {
      const s = await summary(datum)
      rows.push([name, `${datum.dtype}[${datum.shape.join(', ')}]`, short(s.min), short(s.max), short(s.mean), s.first.map(short).join(' ')])
    }
  }
  return table(rows)
}

const shown = 30

/** What took time, the longest first, and what kinds of kernels did together. */
export function profile(parts: readonly PartTime[], on: string): string {
  if (parts.length === 1 && parts[0]!.where === 'host') return `${on} does not tell what takes time within a run; ${parts[0]!.name} took ${parts[0]!.milliseconds.toFixed(2)} ms`
  const total = parts.reduce((n, p) => n + p.milliseconds, 0)
  const row = (ms: number, ...cells: string[]): string[] => [ms.toFixed(3), `${((100 * ms) / Math.max(total, 1e-9)).toFixed(1)}%`, ...cells]
  const kinds = new Map<string, { milliseconds: number; count: number }>()
  for (const { name, where, milliseconds } of parts) {
    const kind = `${where} ${name.split(' ')[0]}`
    const known = kinds.get(kind) ?? { milliseconds: 0, count: 0 }
    kinds.set(kind, { milliseconds: known.milliseconds + milliseconds, count: known.count + 1 })
  }
  const longest = [...parts].sort((a, b) => b.milliseconds - a.milliseconds)
  return [
    `${count(parts.length)} parts took ${total.toFixed(2)} ms`,
    table([['ms', 'share', 'kind', 'parts'], ...[...kinds].sort(([, a], [, b]) => b.milliseconds - a.milliseconds).map(([kind, k]) => row(k.milliseconds, kind, count(k.count)))]),
    table([['ms', 'share', 'where', 'part'], ...longest.slice(0, shown).map(p => row(p.milliseconds, p.where, p.name))]),
    ...(longest.length > shown ? [`  and ${count(longest.length - shown)} more (--json lists them)`] : []),
  ].join('\n')
}

/** The same for machines. */
export async function valuesAsData(given: ReadonlyMap<string, Datum>): Promise<unknown> {
  const out: Record<string, unknown> = {}
  for (const [name, datum] of given) out[name] = isTensor(datum) ? { dtype: datum.dtype, shape: datum.shape, ...(await summary(datum)) } : datum
  return out
}

/** The support tables. */
export function support(rows: readonly Support[]): string {
  const known = rows.filter(r => r.meaning !== 'none').length
  const taken = rows.filter(r => r.target === 'direct' || r.target === 'decomposed').length
  const head = `${known} of ${rows.length} ONNX operators can be run${rows[0]?.target === undefined ? '' : `, ${taken} have a way into the target`}`
  return `${head}\n${table([['operator', 'meaning', ...(rows[0]?.target === undefined ? [] : ['target'])], ...rows.map(r => [r.operator, r.meaning, ...(r.target === undefined ? [] : [r.target])])])}`
}
