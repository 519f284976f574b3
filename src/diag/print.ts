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
