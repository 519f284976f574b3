import type { Diagnostic } from './diagnostic.ts'
import type { Origin } from './origin.ts'

/** Where it is, in the words of the user's file: `model.onnx: /layer1/conv1/Conv (bytes 120-260)`. */
export function originToString(origin: Origin): string {
  const place = [origin.file, origin.path].filter(part => part).join(': ')
  const bytes = origin.bytes ? ` (bytes ${origin.bytes[0]} to ${origin.bytes[1]})` : ''
  return place + bytes
}

/** Several lines of plain text, without a newline at the end. */
export function diagnosticToText(d: Diagnostic): string {
  const lines = [`${d.severity}: ${d.message} [${d.code}]`]
  if (d.at && originToString(d.at) !== '') lines.push(`  at ${originToString(d.at)}`)
  if (d.at?.source) lines.push(`  in ${d.at.source}`)
  if (d.frame) lines.push(...d.frame.split('\n').map(line => `  | ${line}`))
  for (const note of d.notes ?? []) lines.push(`  - ${note}`)
  if (d.help) lines.push(`  help: ${d.help}`)
  return lines.join('\n')
}

/** Those that differ only in the place are told once, with the other places; at most `most` of the kinds. */
export function diagnosticsToText(diagnostics: readonly Diagnostic[], most = 20): string {
  const kinds = new Map<string, Diagnostic[]>()
  for (const d of diagnostics) {
    const kind = JSON.stringify([d.code, d.message.replace(/"[^"]*"/g, ''), d.notes?.map(n => n.replace(/"[^"]*"|\d+/g, ''))])
    kinds.set(kind, [...(kinds.get(kind) ?? []), d])
  }
  const told = [...kinds.values()].slice(0, most).map(([first, ...others]) => {
    if (others.length === 0) return diagnosticToText(first!)
    const places = others.slice(0, 4).map(d => d.at?.path ?? '').filter(path => path !== '')
    const note = `${others.length} more like it${places.length === 0 ? '' : `: ${places.join(', ')}${others.length > places.length ? ' ...' : ''}`}`
    return diagnosticToText({ ...first!, notes: [...(first!.notes ?? []), note] })
  })
  if (kinds.size > most) told.push(`${kinds.size - most} more kinds of problems; --json lists all`)
  return told.join('\n\n')
}
