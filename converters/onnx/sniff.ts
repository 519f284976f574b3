import type { Bundle } from '../../src/bytes/bytes.ts'

/** How sure it is that a file is ONNX: its first fields must be those of a ModelProto, in any order. */
export function sniffOnnx(head: Uint8Array, bundle: Bundle): number {
  const named = /\.onnx$/i.test(bundle.main.name) ? 0.3 : 0
  let at = 0
  let fields = 0
  const varint = (): number => {
    let value = 0
    for (let i = 0; i < 10 && at < head.length; i++) {
      const byte = head[at++]!
      value += (byte & 127) * 128 ** i
      if (byte < 128) return value
    }
    return NaN
  }
  const wires: Readonly<Record<number, number>> = { 1: 0, 5: 0, 2: 2, 3: 2, 4: 2, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2 }
  while (at < head.length && fields < 4) {
    const tag = varint()
    const wire = wires[tag >> 3]
    if (!(tag > 0) || wire === undefined || wire !== (tag & 7)) return fields === 0 ? named : Math.min(named, 0.1)
    const length = varint()
    if (Number.isNaN(length) || ((tag >> 3) === 1 && length > 1000)) return named
    if (wire === 2) at += length
    fields++
  }
  return fields === 0 ? named : Math.min(0.9, 0.5 + named + 0.1 * fields)
}
