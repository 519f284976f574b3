import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import type { Datum } from '../../src/ir/tensor.ts'
import { decodeDatum } from './protos.ts'
import type { Kind } from './protos.ts'

type Place = readonly [offset: number, length: number]
interface Entry {
  readonly name: string
  readonly rtol: number
  readonly atol: number
  readonly model: Place
  readonly sets: readonly { readonly inputs: readonly (readonly [number, number, Kind])[]; readonly outputs: readonly (readonly [number, number, Kind])[] }[]
}

/** One of ONNX's own node tests. */
export interface NodeTest {
  readonly name: string
  readonly rtol: number
  readonly atol: number
  /** A serialized ModelProto. */
  readonly model: Uint8Array
  readonly sets: readonly { readonly inputs: readonly Datum[]; readonly outputs: readonly Datum[] }[]
}

const folder = new URL('../../fixtures/onnx-node/', import.meta.url)

/** All node tests of fixtures/onnx-node whose names match. Vectors are decoded as they are asked for. */
export function loadNodeTests(filter: RegExp = /./): NodeTest[] {
  const { tests } = JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) as { tests: Entry[] }
  const blob = new Uint8Array(brotliDecompressSync(readFileSync(new URL('vectors.br', folder))))
  const cut = ([offset, length]: readonly [number, number, ...unknown[]]): Uint8Array => blob.subarray(offset, offset + length)
  const data = (places: Entry['sets'][number]['inputs']): Datum[] => places.map(p => decodeDatum(p[2], cut(p)))
  return tests
    .filter(t => filter.test(t.name))
    .map(t => ({
      name: t.name,
      rtol: t.rtol,
      atol: t.atol,
      model: cut(t.model),
      get sets() {
        return t.sets.map(s => ({ inputs: data(s.inputs), outputs: data(s.outputs) }))
      },
    }))
}
