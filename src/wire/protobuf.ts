import type { Bytes } from '../bytes/bytes.ts'
import { decode } from './protobuf-decode.ts'
import type { WireOptions } from './protobuf-schema.ts'
import { skim } from './protobuf-skim.ts'

export { WireError, depthLimit, skeletonLimit } from './protobuf-schema.ts'
export type { WireOptions } from './protobuf-schema.ts'

/**
 * Reads a message: walks the source by ranges, leaves large payloads in it, and decodes the rest. Memory is that of the
 * decoded message. Throws `WireError`.
 */
export async function readMessage<T>(source: Bytes, root: string, options: WireOptions): Promise<T> {
  return decode(await skim(source, root, options), source, root, options) as T
}
