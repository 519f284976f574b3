import type { Message, Payload } from '../../proto/message.ts'
import type { TensorProto } from '../../proto/onnx.gen.ts'
import { onnxSchema } from '../../proto/onnx.gen.ts'
import type { Sink } from '../../src/bytes/bytes.ts'
import { deferredRange } from '../../src/wire/protobuf-decode.ts'
import { encodeMessage, writeEncoded, writePayload } from '../../src/wire/protobuf-encode.ts'
import type { WriteContext } from '../../src/spi/format.ts'
import { exportRefused } from './diagnostics.ts'
import { externalRange } from './external.ts'
import type { OnnxModel } from './model.ts'
import { tensorsOf } from './read.ts'

/** protobuf's limit for one message. */
const fileLimit = 2 ** 31 - 1
/** Weights up to this many bytes stay in the main file, so that shapes and scales can be seen there. */
const inlineLimit = 1024
/** Weights from this size on begin at a page, so that they can be mapped into memory; others at a cache line. */
const pageFrom = 64 * 1024

/** Contents from other files as if they were in this one. */
function gathered({ external, file }: OnnxModel): (tensor: TensorProto) => TensorProto {
  const seen = new Map<TensorProto, TensorProto>()
  return tensor => {
    if (tensor.dataLocation !== 1) return tensor
    let known = seen.get(tensor)
    if (known === undefined) {
      const { dataLocation: _, ...rest } = tensor
      const range = externalRange(tensor, external.get(tensor.externalData.find(e => e.key === 'location')?.value ?? '')!, file)
      known = { ...rest, externalData: [], rawData: deferredRange(range.source, range.start, range.end) }
      seen.set(tensor, known)
    }
    return known
  }
}

/** Bytes of the model as one file, weights that are in other files included. */
export function sizeOfOnnx(model: OnnxModel): number {
  return encodeMessage(model.proto, 'ModelProto', { schema: onnxSchema, ...(model.external.size > 0 && { substitute: substitution(model) }) }).size
}

function substitution(model: OnnxModel): (m: Message) => Message {
  const gather = gathered(model)
  const isTensor = new Set<Message>(tensorsOf(model.proto))
  return m => (isTensor.has(m) ? gather(m as TensorProto) : m)
}

/**
 * Writes an ONNX file, and beside it `<name>.data` with the weights where that is asked for or the file would pass
 * protobuf's 2 GB. One weight is in memory at a time; equal ones are stored once there. The same model gives the same bytes.
 */
export async function writeOnnx(model: OnnxModel, sink: Sink, { name, externalData = false }: WriteContext): Promise<void> {
  const { proto } = model
  const gather = gathered(model)
  const isTensor = new Set<Message>(tensorsOf(proto))
  const inside = (m: Message): Message => (isTensor.has(m) ? gather(m as TensorProto) : m)
  const whole = encodeMessage(proto, 'ModelProto', { schema: onnxSchema, ...(model.external.size > 0 && { substitute: inside }) })
  if (!externalData && whole.size <= fileLimit) {
    const file = await sink.create(name)
    await writeEncoded(whole, chunk => file.write(chunk))
    return file.close()
  }

  const location = `${name.split('/').at(-1)}.data`
  const data = await sink.create(`${name}.data`)
  const moved = new Map<Message, TensorProto>()
  const places = new Map<string, number>()
  for (const tensor of isTensor as Set<TensorProto>) {
    const { rawData, ...rest } = gather(tensor)
    if (rawData === undefined || rawData.byteLength <= inlineLimit) continue
    const key = keyOf(rawData)
    let offset = key === undefined ? undefined : places.get(key)
    if (offset === undefined) {
      const step = rawData.byteLength >= pageFrom ? 4096 : 64
      const gap = (step - (data.position % step)) % step
      if (gap > 0) await data.write(new Uint8Array(gap))
      offset = data.position
      await writePayload(rawData, chunk => data.write(chunk))
      if (key !== undefined) places.set(key, offset)
    }
    const entries = { location, offset: String(offset), length: String(rawData.byteLength) }
    moved.set(tensor, { ...rest, externalData: Object.entries(entries).map(([k, value]) => ({ key: k, value })), dataLocation: 1 })
  }
  await data.close()
  const outside = encodeMessage(proto, 'ModelProto', { schema: onnxSchema, substitute: m => moved.get(m) ?? inside(m) })
  if (outside.size > fileLimit) throw exportRefused('too-large', { format: 'onnx', file: name, path: '' }, `the model takes ${outside.size} bytes without its weights; a protobuf may have 2 GB`)
  const file = await sink.create(name)
  await writeEncoded(outside, chunk => file.write(chunk))
  await file.close()
}

const keyOf = (payload: Payload): string | undefined => (payload instanceof Uint8Array ? undefined : payload.range ? `${payload.range.source.name}@${payload.range.start}+${payload.byteLength}` : payload.key)
