import type { Bytes } from '../bytes/bytes.ts'
import { concat } from '../bytes/memory.ts'
import type { FieldIndex, WireOptions } from './protobuf-schema.ts'
import { WireError, depthLimit, fieldsOf, skeletonLimit } from './protobuf-schema.ts'

/** A payload left out: `length` bytes of the file from `start`, which would stand at `position` of the skeleton. */
export interface Cut {
  readonly position: number
  readonly start: number
  readonly length: number
}

/** A file without its large payloads. Lengths in it are still those of the file. */
export interface Skeleton {
  readonly bytes: Uint8Array
  readonly cuts: readonly Cut[]
  readonly size: number
}

const windowSize = 64 * 1024
const headerLimit = 20

interface Frame {
  readonly end: number
  readonly name: string
  readonly fields: FieldIndex
}

/** Walks the wire form and copies all but payloads above the limit. Content that is small as a whole is not looked into. */
export async function skim(source: Bytes, root: string, options: WireOptions): Promise<Skeleton> {
  const { schema, payloadLimit } = options
  const chunks: Uint8Array[] = []
  const cuts: Cut[] = []
  const stack: Frame[] = [{ end: source.size, name: root, fields: fieldsOf(schema, root)! }]
  let view: Uint8Array = new Uint8Array(0)
  let viewStart = 0
  let position = 0
  let pending = 0
  let copied = 0

  const keep = async (): Promise<void> => {
    const add = (chunk: Uint8Array): void => {
      if (chunk.length > 0) chunks.push(chunk)
    }
    const size = position - pending
    if (copied + size > skeletonLimit) throw new WireError('limit', `more than ${skeletonLimit} bytes besides weights`, position)
    copied += size
    const viewEnd = Math.min(position, viewStart + view.length)
    if (pending < viewEnd) {
      add(view.slice(pending - viewStart, viewEnd - viewStart))
      pending = viewEnd
    }
    if (pending < position) add(await source.read(pending, position))
    pending = position
  }
  const look = async (): Promise<void> => {
    await keep()
    viewStart = position
    const read = await source.read(position, Math.min(source.size, position + windowSize))
    view = new Uint8Array(read.buffer, read.byteOffset, read.byteLength)
  }
  const varint = (): number => {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      const at = position - viewStart
      if (at >= view.length) throw new WireError('truncated', 'the file ends inside a number', position)
      const byte = view[at]!
      position++
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    throw new WireError('malformed', 'a number of more than 10 bytes', position)
  }

  for (;;) {
    while (stack.length > 1 && stack.at(-1)!.end === position) stack.pop()
    const frame = stack.at(-1)!
    if (position === frame.end) break
    if (position + headerLimit > viewStart + view.length && viewStart + view.length < source.size) await look()
    else if (position >= viewStart + view.length) await look()
    const start = position
    const tag = varint()
    const wire = tag % 8
    const number = Math.floor(tag / 8)
    if (number === 0 || number > 0x1fffffff) throw new WireError('malformed', `${number} is no field number`, start)
    if (wire === 0) varint()
    else if (wire === 1) position += 8
    else if (wire === 5) position += 4
    else if (wire !== 2) throw new WireError('malformed', `wire type ${wire} is not used by this format`, start)
    else {
      const length = varint()
      if (position + length > frame.end) {
        throw new WireError('truncated', `a field of ${length} bytes runs over its message, which ends at byte ${frame.end}`, start)
      }
      const field = frame.fields.get(number)
      if (length > payloadLimit && (field === undefined || field.packed || (field.type === 'bytes' && options.defer.has(`${frame.name}.${field.name}`)))) {
        await keep()
        cuts.push({ position: copied, start: position, length })
        position += length
        pending = position
      } else {
        const inner = field && length > payloadLimit ? fieldsOf(schema, field.type) : undefined
        if (inner === undefined) position += length
        else {
          if (stack.length >= depthLimit) throw new WireError('limit', `more than ${depthLimit} nested messages`, start)
          stack.push({ end: position + length, name: field!.type, fields: inner })
        }
      }
    }
    if (position > frame.end) throw new WireError('truncated', `a field runs over its message, which ends at byte ${frame.end}`, start)
  }
  await keep()
  return { bytes: chunks.length === 0 ? new Uint8Array(0) : concat(chunks), cuts, size: source.size }
}
