// Seeded mutations of an ONNX model's fields: files that are well-formed protobuf and say something impossible.
import { createRequire } from 'node:module'
import { stream } from './mutate.mjs'

const { onnx } = createRequire(import.meta.url)('onnx-proto')

const numbers = [0, 1, -1, 2, 3, 7, -3, 255, 1024, 65536, 2 ** 31 - 1, -(2 ** 31), 2 ** 32, 2 ** 40, 2 ** 53, -(2 ** 62), 2 ** 63 - 1024]
const floats = [0, -0, 1, -1, 0.5, 3, NaN, Infinity, -Infinity, 3.4e38, -3.4e38, 1e-45, 1e10]
const strings = ['', 'NOTSET', 'SAME_UPPER', 'x', 'a'.repeat(300), '\0', '__proto__', 'constructor', '../../etc/passwd']
const integral = /^(dims|dimValue|dataType|elemType|type|i|ints|int64Data|int32Data|irVersion|version|dataLocation|modelVersion|uint64Data)$/

const isLong = value => typeof value === 'object' && value !== null && 'low' in value && 'high' in value
const isBytes = value => value instanceof Uint8Array

/** Every place that can be changed: an object and one of its own fields, or an array and an index. */
function placesOf(root) {
  const places = []
  const words = new Set()
  const pending = [root]
  // a node moved into its own subgraph makes a ring
  const seen = new Set()
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (seen.has(at)) continue
    seen.add(at)
    for (const key of Object.keys(at)) {
      const value = at[key]
      places.push({ at, key })
      if (typeof value === 'string') words.add(value)
      else if (typeof value === 'object' && value !== null && !isLong(value) && !isBytes(value)) pending.push(value)
    }
  }
  return { places, words: [...words] }
}

/** A mutated copy of the model in `bytes`; `other` lends operators, names and attributes. Undefined when the peer can't read or write it. */
export function mutateModel(bytes, other, seed) {
  const next = stream(seed ^ 0x5bd1e995)
  const pick = list => list[next() % list.length]
  let model
  let lender
  try {
    model = onnx.ModelProto.decode(bytes)
    lender = placesOf(onnx.ModelProto.decode(other))
  } catch {
    return undefined
  }
  for (let rounds = 1 + (next() % 3); rounds > 0; rounds--) {
    const { places, words } = placesOf(model)
    const { at, key } = pick(places)
    const value = at[key]
    const field = Array.isArray(at) ? '' : key
    if (Array.isArray(value)) {
      const kind = next() % 6
      if (kind === 0) value.splice(next() % (value.length + 1), 1)
      else if (kind === 1 && value.length > 0) value.push(pick(value))
      else if (kind === 2) value.reverse()
      else if (kind === 3) value.length = 0
      else if (kind === 4 && integral.test(key)) value.splice(next() % (value.length + 1), 0, pick(numbers))
      else for (let n = next() % 40; n > 0 && value.length > 0; n--) value.push(pick(value))
    } else if (typeof value === 'number' || isLong(value)) {
      at[key] = field === 'f' || (Array.isArray(at) && !Number.isInteger(value)) ? pick(floats) : pick(numbers)
    } else if (typeof value === 'string') {
      at[key] = pick(next() % 4 === 0 ? strings : next() % 3 === 0 && lender.words.length > 0 ? lender.words : words)
    } else if (isBytes(value)) {
      const kind = next() % 3
      if (kind === 0) at[key] = value.slice(0, next() % (value.length + 1))
      else if (kind === 1) at[key] = Uint8Array.from([...value, ...value])
      else if (value.length > 0) {
        at[key] = value.slice()
        at[key][next() % value.length] = next() & 255
      }
    } else if (typeof value === 'object' && value !== null) {
      const donors = [...places, ...lender.places].filter(p => p.at[p.key]?.constructor === value.constructor)
      if (next() % 3 === 0 || donors.length === 0) {
        if (Array.isArray(at)) at.splice(Number(key), 1)
        else delete at[key]
      } else {
        const donor = pick(donors)
        at[key] = donor.at[donor.key]
      }
    }
  }
  try {
    return onnx.ModelProto.encode(model).finish()
  } catch {
    // it now holds itself, or a value of another kind
    return undefined
  }
}
