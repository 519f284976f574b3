import type { DeferredBytes } from '../../proto/message.ts'
import type { Buffer, Model } from '../../proto/tflite.gen.ts'
import { tfliteSchema } from '../../proto/tflite.gen.ts'
import type { Bundle, Bytes } from '../../src/bytes/bytes.ts'
import { residentLimit } from '../../src/ir/tensor.ts'
import type { ReadContext } from '../../src/spi/format.ts'
import { FlatError } from '../../src/wire/flatbuffer.ts'
import { decodeFlatbuffer } from '../../src/wire/flatbuffer-read.ts'
import { unknownPart, wireFailure } from './diagnostics.ts'
import type { TfliteModel } from './model.ts'
import { residentBytes } from './model.ts'

/** All small buffers together that are kept in memory; past it they stay in the file. */
const residentBudget = 1 << 26

/** How sure it is that a file is TFLite: the identifier stands at byte 4. */
export const sniffTflite = (head: Uint8Array): number => (String.fromCharCode(...head.subarray(4, 8)) === 'TFL3' ? 1 : 0)

/** Reads the tables of a `.tflite` file; weights stay in it. Throws `tflite.read.*`. */
export async function readTflite(bundle: Bundle, ctx: ReadContext): Promise<TfliteModel> {
  const source = bundle.main
  try {
    const root = await decodeFlatbuffer<Model>(source, tfliteSchema, { unknown: (table, what) => ctx.log.add(unknownPart(source.name, table, what)) })
    let budget = residentBudget
    const buffers: Buffer[] = []
    for (const buffer of root.buffers ?? []) {
      const data = placeOf(source, buffer)
      if (data === undefined || data.byteLength > residentLimit || data.byteLength > budget) buffers.push(data ? { ...buffer, data } : buffer)
      else {
        budget -= data.byteLength
        buffers.push({ ...buffer, data: residentBytes((await data.load()).slice()) })
      }
    }
    return { root: { ...root, ...(root.buffers && { buffers }) }, file: source.name }
  } catch (error) {
    throw error instanceof FlatError ? wireFailure(source.name, error) : error
  }
}

/** Where a buffer lies: in the tables, or after them at an offset of its own, as in files beyond 2 GB. */
function placeOf(source: Bytes, { data, offset, size }: Buffer): DeferredBytes | undefined {
  if (data !== undefined || offset === undefined || Number(offset) <= 1) return data
  const [start, end] = [Number(offset), Number(offset) + Number(size ?? 0)]
  if (!(end <= source.size)) throw new FlatError('truncated', `a buffer at ${start} of ${end - start} bytes leaves the file`, Math.min(start, source.size))
  return { byteLength: end - start, range: { source, start, end }, load: () => source.read(start, end) }
}
