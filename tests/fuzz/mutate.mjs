// Seeded mutations of a file's bytes: what broken disks, cut downloads and ill will do to it.

/** A stream of 32-bit numbers (xorshift32). */
export function stream(seed) {
  let x = (seed * 2654435761) >>> 0 || 1
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>>= 0)
  }
}

const special = [0, 1, 0x7f, 0x80, 0xff, 0xfe]
const words = [0xffffffff, 0x7fffffff, 0x80000000, 0x10000, 0]

/** One mutated copy; `other` lends bytes for splices. With `inPlace` nothing moves, so that offsets elsewhere still lead where they did. */
export function mutate(bytes, other, seed, inPlace = false) {
  const next = stream(seed)
  const at = n => next() % Math.max(1, n)
  let out = bytes.slice()
  for (let rounds = 1 + at(4); rounds > 0; rounds--) {
    // structure lies at both ends of most formats, and anywhere in small files
    const place = () => (next() % 2 ? at(Math.min(out.length, 512)) : at(out.length))
    switch (inPlace ? 1 + at(3) : at(8)) {
      case 0: out = out.slice(0, at(out.length)); break
      case 1: if (out.length) out[place()] ^= 1 << at(8); break
      case 2: if (out.length) out[place()] = special[at(special.length)]; break
      case 3: if (out.length > 4) new DataView(out.buffer).setUint32(at(out.length - 4), words[at(words.length)], true); break
      case 4: { const from = place(); const n = at(64); out = Uint8Array.from([...out.slice(0, from), ...out.slice(from + n)]); break }
      case 5: { const from = place(); const n = 1 + at(32); out = Uint8Array.from([...out.slice(0, from), ...out.slice(from, from + n), ...out.slice(from)]); break }
      case 6: { const from = at(other.length); const piece = other.slice(from, from + 1 + at(128)); out.set(piece.slice(0, Math.max(0, out.length - 1)), at(Math.max(1, out.length - piece.length))); break }
      // a varint that never ends, or announces more than there is
      case 7: { const from = place(); out.set(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f).slice(0, Math.max(0, out.length - from)), from); break }
    }
  }
  return out
}
