import { FlatError } from './flatbuffer.ts'

export type FlexValue = null | boolean | number | string | readonly FlexValue[] | { readonly [key: string]: FlexValue }

/** Values within values; options have two. */
const depthLimit = 16
/** All values together: vectors may be shared, so the size of the bytes bounds nothing. */
const valueLimit = 1 << 20

type Kind = 'int' | 'uint' | 'float'
const kinds: readonly Kind[] = ['int', 'uint', 'float']
const nothing = 0
const inlineKey = 4
const text = 5
const map = 9
const vector = 10
const blob = 25
const truth = 26
const truths = 36

/**
 * A FlexBuffer (flatbuffers.dev/flexbuffers) as plain values, as operators' options are stored: the root stands at the end, everything else before it.
 * Integers beyond 2^53 are rounded; blobs are lists of bytes. Throws `FlatError`.
 */
export function decodeFlexbuffer(bytes: Uint8Array): FlexValue {
  return new Decoder(bytes).root()
}

class Decoder {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #left = valueLimit

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  root(): FlexValue {
    const end = this.#bytes.byteLength
    if (end < 3) throw new FlatError('truncated', `a FlexBuffer of ${end} bytes`)
    const width = this.#bytes[end - 1]!
    return this.#value(end - 2 - width, width, this.#bytes[end - 2]!, 0)
  }

  #number(at: number, width: number, kind: Kind): number {
    if (!(at >= 0 && at + width <= this.#bytes.byteLength)) throw new FlatError('truncated', `a number at ${at} of ${width} bytes leaves the FlexBuffer`)
    const view = this.#view
    switch (`${kind}${width}`) {
      case 'int1': return view.getInt8(at)
      case 'int2': return view.getInt16(at, true)
      case 'int4': return view.getInt32(at, true)
      case 'int8': return Number(view.getBigInt64(at, true))
      case 'uint1': return view.getUint8(at)
      case 'uint2': return view.getUint16(at, true)
      case 'uint4': return view.getUint32(at, true)
      case 'uint8': return Number(view.getBigUint64(at, true))
      case 'float4': return view.getFloat32(at, true)
      case 'float8': return view.getFloat64(at, true)
      default: throw new FlatError('malformed', `a number of ${width} bytes`, Math.max(0, at))
    }
  }

  #value(at: number, parentWidth: number, packed: number, depth: number): FlexValue {
    if (depth > depthLimit || --this.#left < 0) throw new FlatError('limit', `more than ${valueLimit} values, or ${depthLimit} within each other`)
    const type = packed >> 2
    const width = 1 << (packed & 3)
    if (type === nothing) return null
    if (type <= 3) return this.#number(at, parentWidth, kinds[type - 1]!)
    if (type === truth) return this.#number(at, parentWidth, 'uint') !== 0
    const place = at - this.#number(at, parentWidth, 'uint')
    if (type === inlineKey) return this.#key(place)
    if (type >= 6 && type <= 8) return this.#number(place, width, kinds[type - 6]!)
    if (type >= 16 && type <= 24) return this.#list(place, width, 2 + Math.floor((type - 16) / 3), ((1 + ((type - 16) % 3)) << 2) | (packed & 3), depth)
    const size = this.#number(place - width, width, 'uint')
    if (!(place + size <= this.#bytes.byteLength)) throw new FlatError('truncated', `${size} values at ${place} leave the FlexBuffer`)
    if (type === text) return new TextDecoder().decode(this.#bytes.subarray(place, place + size))
    if (type === blob) return this.#list(place, 1, size, 2 << 2, depth)
    if (type === map) return this.#map(place, width, size, depth)
    if (type === vector) return this.#list(place, width, size, undefined, depth)
    if (type >= 11 && type <= 14) return this.#list(place, width, size, (type - 10) << 2, depth)
    if (type === truths) return this.#list(place, width, size, truth << 2, depth)
    throw new FlatError('malformed', `a value of type ${type}`, Math.max(0, at))
  }

  /** Values that stand one after the other; of one type, or with a byte for each behind them. */
  #list(place: number, width: number, size: number, packed: number | undefined, depth: number): FlexValue[] {
    if (!(place >= 0 && place + size * width + (packed === undefined ? size : 0) <= this.#bytes.byteLength)) throw new FlatError('truncated', `${size} values at ${place} leave the FlexBuffer`)
    return Array.from({ length: size }, (_, i) => this.#value(place + i * width, width, packed ?? this.#bytes[place + size * width + i]!, depth + 1))
  }

  #map(place: number, width: number, size: number, depth: number): FlexValue {
    const keys = place - 3 * width - this.#number(place - 3 * width, width, 'uint')
    const names = this.#list(keys, this.#number(place - 2 * width, width, 'uint'), size, inlineKey << 2, depth)
    const values = this.#list(place, width, size, undefined, depth)
    return Object.fromEntries(names.map((name, i) => [String(name), values[i]!]))
  }

  #key(place: number): string {
    const end = place < 0 ? -1 : this.#bytes.indexOf(0, place)
    if (end < 0) throw new FlatError('truncated', `a key at ${place} has no end`)
    return new TextDecoder().decode(this.#bytes.subarray(place, end))
  }
}
