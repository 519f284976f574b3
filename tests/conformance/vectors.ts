import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import type { Datum } from '../../src/ir/tensor.ts'
import { decodeDatum } from './protos.ts'
import type { Kind } from './protos.ts'

type Place = readonly [offset: number, length: number]
type Places = readonly (readonly [number, number, Kind])[]
interface Entry {
  readonly name: string
  readonly set?: DataSet
  readonly rtol: number
  readonly atol: number
  readonly model: Place
  readonly sets: readonly { readonly inputs: Places; readonly outputs: Places }[]
}
interface Index {
  readonly tests: readonly Entry[]
  /** The pack that places count over first. */
  readonly base?: { readonly folder: string; readonly bytes: number }
}

/** ONNX's data sets: its node tests (of the newest release and of 1.12), its models. */
export type DataSet = 'node' | 'node-1.12' | 'simple' | 'pytorch-converted' | 'pytorch-operator' | 'light'
export const dataSets: readonly DataSet[] = ['node', 'node-1.12', 'simple', 'pytorch-converted', 'pytorch-operator', 'light']

/** A model with inputs and the outputs that it gives for them. */
export interface NodeTest {
  readonly name: string
  readonly rtol: number
  readonly atol: number
  /** A serialized ModelProto. */
  readonly model: Uint8Array
  /** Inputs in the order of the model's inputs that are not initializers. */
  readonly sets: readonly { readonly inputs: readonly Datum[]; readonly outputs: readonly Datum[] }[]
}

/**
 * Expected values that are further from the truth than their tests allow: NumPy transformed these in complex64, and where
 * the transform is 0 stands 1.9e-7 (onnxruntime gives 7e-6). Their absolute tolerance here.
 */
const noisy: Readonly<Record<string, number>> = { test_dft_inverse: 1e-6, test_dft_inverse_opset19: 1e-6 }

const fixtures = new URL('../../fixtures/', import.meta.url)
const folderOf = (set: DataSet | 'ml' | 'tflite' | 'tflite-recurrent' | 'recurrent-loops'): string => (set === 'ml' ? 'onnx-ml' : set === 'tflite' ? 'tflite-builtins' : set === 'tflite-recurrent' || set === 'recurrent-loops' ? set : set === 'node' ? 'onnx-node' : set === 'node-1.12' ? 'onnx-1.12' : 'onnx-models')
const blobs = new Map<string, Uint8Array>()

function blobOf(folder: string): Uint8Array {
  const known = blobs.get(folder)
  if (known) return known
  const blob = new Uint8Array(brotliDecompressSync(readFileSync(new URL(`${folder}/vectors.br`, fixtures))))
  blobs.set(folder, blob)
  return blob
}

/** The tests of a data set (`ml`: nodes with onnxruntime's outputs; `recurrent-loops`: nets, likewise; `tflite`, `tflite-recurrent`: files with LiteRT's) whose names match. Vectors are decoded as they are asked for. */
export function loadTests(set: DataSet | 'ml' | 'tflite' | 'tflite-recurrent' | 'recurrent-loops', filter: RegExp = /./): NodeTest[] {
  const folder = folderOf(set)
  const { tests, base } = JSON.parse(readFileSync(new URL(`${folder}/index.json`, fixtures), 'utf8')) as Index
  const start = base?.bytes ?? 0
  const cut = ([offset, length]: readonly [number, number, ...unknown[]]): Uint8Array =>
    offset < start ? blobOf(base!.folder).subarray(offset, offset + length) : blobOf(folder).subarray(offset - start, offset - start + length)
  const data = (places: Places): Datum[] => places.map(p => decodeDatum(p[2], cut(p)))
  return tests
    .filter(t => (t.set === undefined || t.set === set) && filter.test(t.name))
    .map(t => ({
      name: t.name,
      rtol: t.rtol,
      atol: Math.max(t.atol, noisy[t.name] ?? 0),
      model: cut(t.model),
      get sets() {
        return t.sets.map(s => ({ inputs: data(s.inputs), outputs: data(s.outputs) }))
      },
    }))
}

/** All node tests of fixtures/onnx-node whose names match. */
export const loadNodeTests = (filter?: RegExp): NodeTest[] => loadTests('node', filter)
