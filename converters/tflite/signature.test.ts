import { expect, it } from 'vitest'
import { memoryBundle, memoryBytes } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import { Graph, Model } from '../../src/ir/model.ts'
import { tensorType } from '../../src/ir/types.ts'
import { Builder } from '../../src/ops/builder.ts'
import { residentBytes } from './model.ts'
import { tflite } from './index.ts'
import { fileOf } from '../../tests/litert/files.ts'

const log = new Log()

const read = async (bytes: Uint8Array) => tflite.read!(memoryBundle(memoryBytes(bytes, 'm.tflite')), { log })

function fill(graph: Graph, op: string, input: string, output: string): void {
  const x = graph.addInput(graph.value(input, tensorType('float32', [4])))
  const y = new Builder(graph).op(`tflite::${op}`, [x])
  y.rename(output)
  graph.addOutput(y)
}

/** Two entry points: `encode` in the first subgraph, `decode` and its other name in the second; a third subgraph that no signature is of. */
function twoEntries(): Model {
  const model = new Model('first')
  fill(model.graph, 'NEG', 'a', 'b')
  model.extra = { tflite: { description: 'made by hand', signatures: [{ key: 'encode', inputs: ['sound'], outputs: ['code'] }], metadata: [{ name: 'TFLITE_METADATA', data: residentBytes(Uint8Array.of(20, 0, 0, 0, 77, 48, 48, 49, 0, 255)) }] } }
  model.metadata.set('note', 'kept as text\n')
  for (const [name, op, keys] of [['second', 'ABS', ['decode', 'restore']], ['third', 'RELU', []]] as const) {
    const graph = new Graph(model.names, name)
    fill(graph, op, `${name}_x`, `${name}_y`)
    const signatures = keys.map(key => ({ key, inputs: ['code'], outputs: ['sound'] }))
    model.functions.push({ domain: 'tflite.subgraph', name, overload: '', graph, attributes: [], defaults: {}, opsets: new Map(), doc: '', metadata: new Map(), extra: signatures.length > 0 ? { tflite: { signatures } } : {} })
  }
  return model
}

it('keeps all signatures, the description and metadata of any kind, byte for byte', async () => {
  const bytes = await fileOf(twoEntries())
  const source = await read(bytes)
  expect(tflite.entries!(source)).toEqual(['encode', 'decode', 'restore', 'third'])
  const model = tflite.import!(source, { log })
  expect(model.metadata.get('note')).toBe('kept as text\n')
  expect(model.metadata.has('TFLITE_METADATA')).toBe(false)
  expect(await fileOf(model)).toEqual(bytes)
})

it.each([['encode', 'NEG'], ['decode', 'ABS'], ['restore', 'ABS'], ['third', 'RELU']])('imports %s where it is asked for', async (entry, op) => {
  const model = tflite.import!(await read(await fileOf(twoEntries())), { log, entry })
  expect([...model.graph.nodes()].map(n => n.op)).toEqual([op])
  const { root } = tflite.export!(model, { log })
  expect(root.signature_defs![0]).toMatchObject({ signature_key: entry === 'third' ? 'serving_default' : entry })
  expect(root.signature_defs![0]!.subgraph_index).toBeUndefined()
})

it('says which entry points there are', async () => {
  const source = await read(await fileOf(twoEntries()))
  expect(() => tflite.import!(source, { log, entry: 'serve' })).toThrow(expect.objectContaining({ code: 'tflite.import.signature' }))
})
