import type { DeferredBytes } from '../../proto/message.ts'
import { bytesIfResident } from './model.ts'

const padding = /\0*$/
// eslint-disable-next-line no-control-regex
const unwritten = /[\0-\x08\x0e-\x1f\x7f]/

/** A metadata buffer that is text, without the zeros it is padded with; undefined for any other bytes, such as a table of TensorFlow Lite Metadata. */
export function metadataText(data: DeferredBytes | undefined): string | undefined {
  const bytes = bytesIfResident(data)
  if (bytes === undefined) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(padding, '')
    return unwritten.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
