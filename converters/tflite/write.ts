import type { Model } from '../../proto/tflite.gen.ts'
import { tfliteSchema } from '../../proto/tflite.gen.ts'
import type { Sink } from '../../src/bytes/bytes.ts'
import type { WriteContext } from '../../src/spi/format.ts'
import { FlatError } from '../../src/wire/flatbuffer.ts'
import { planFlatbuffer, writeFlatbuffer } from '../../src/wire/flatbuffer-write.ts'
import { tooLarge } from './diagnostics.ts'
import type { TfliteModel } from './model.ts'

/** Writes the tables, then each weight, one in memory at a time. Throws `tflite.write.size` beyond 2 GB before anything is written. */
export async function writeTflite(target: TfliteModel, sink: Sink, ctx: WriteContext): Promise<void> {
  const plan = planned(target, ctx)
  const file = await sink.create(ctx.name)
  await writeFlatbuffer(plan, chunk => file.write(chunk))
  await file.close()
}

function planned(target: TfliteModel, ctx: WriteContext): ReturnType<typeof planFlatbuffer> {
  try {
    return planFlatbuffer(inTables(target.root) as Readonly<Record<string, unknown>>, tfliteSchema)
  } catch (error) {
    throw error instanceof FlatError ? tooLarge(ctx.name, error.message) : error
  }
}

/** Buffers that lay behind the tables go into them. */
const inTables = (root: Model): Model => ({ ...root, ...(root.buffers && { buffers: root.buffers.map(b => (b.data ? { data: b.data } : b)) }) })
