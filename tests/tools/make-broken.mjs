// Writes fixtures/broken: small models with one fault each, and manifest.json with the code that each must end in.
// The package onnx-proto writes them, which knows nothing of lapidary. `node tests/tools/make-broken.mjs`
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { onnx } = createRequire(import.meta.url)('onnx-proto')
const folder = new URL('../../fixtures/broken/', import.meta.url)
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const manifest = []

const info = (name, dims = [2, 3], elemType = 1) => ({ name, type: { tensorType: { elemType, shape: { dim: dims.map(d => (typeof d === 'string' ? { dimParam: d } : { dimValue: d })) } } } })
const node = (opType, input, output, attribute = [], name = `the ${opType}`) => ({ opType, name, input, output, attribute })
const int = (name, i) => ({ name, type: 2, i })
const ints = (name, list) => ({ name, type: 7, ints: list })
const weight = (name, dims, bytes, more = {}) => ({ name, dims, dataType: 1, rawData: new Uint8Array(bytes), ...more })
const graph = fields => ({ name: 'g', input: [info('x')], output: [info('y')], node: [node('Relu', ['x'], ['y'])], ...fields })
const model = (fields, more = {}) => onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph: graph(fields), ...more }).finish()

/** `at`: what the message's place must name; `more`: what else the entry says. */
function put(name, code, bytes, at = '', more = {}) {
  writeFileSync(new URL(`${name}.onnx`, folder), bytes)
  manifest.push({ file: `${name}.onnx`, code, at, ...more })
}

const fine = model({})
const heavy = model({ node: [node('Add', ['x', 'w'], ['y'])], initializer: [weight('w', [2, 3], 24)] })

put('empty', 'onnx.read.no-model', new Uint8Array(0))
put('text', 'onnx.read.malformed', new TextEncoder().encode('this is a text and no model'))
put('truncated', 'onnx.read.truncated', heavy.slice(0, heavy.length - 30))
const lying = heavy.slice()
// the length of the graph: the first field of type 2 with number 7
lying[lying.indexOf(0x3a) + 1] = 0x7f
put('lying-length', 'onnx.read.truncated', lying)
put('endless-varint', 'onnx.read.malformed', Uint8Array.from([8, ...Array.from({ length: 16 }, () => 0xff), ...fine]))
put('no-graph', 'onnx.read.no-model', onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }] }).finish())
put('flipped-wire-type', 'onnx.read.malformed', Uint8Array.from(fine, (b, i) => (i === 0 ? b | 7 : b)))

put('no-opset', 'onnx.import.opset-missing', model({}, { opsetImport: [] }))
put('cycle', 'onnx.import.cycle', model({ node: [node('Add', ['x', 'b'], ['a']), node('Relu', ['a'], ['b']), node('Relu', ['b'], ['y'], [], 'last')] }), 'the Add')
put('made-twice', 'onnx.import.duplicate', model({ node: [node('Relu', ['x'], ['y']), node('Neg', ['x'], ['y'])] }))
put('initializer-twice', 'onnx.import.duplicate', model({ initializer: [weight('w', [1], 4), weight('w', [1], 4)] }))
put('missing-initializer', 'onnx.import.undefined-value', model({ node: [node('Add', ['x', 'weights'], ['y'])] }), 'the Add')
put('missing-output', 'onnx.import.undefined-value', model({ output: [info('z')] }))
put('attribute-twice', 'onnx.import.attribute', model({ node: [node('Flatten', ['x'], ['y'], [int('axis', 1), int('axis', 0)])] }), 'the Flatten')
put('short-weight', 'onnx.import.tensor', model({ node: [node('Add', ['x', 'w'], ['y'])], initializer: [weight('w', [2, 3], 20)] }), 'w')
put('negative-size', 'onnx.import.tensor', model({ node: [node('Add', ['x', 'w'], ['y'])], initializer: [weight('w', [-2, 3], 24)] }), 'w')
put('overflowing-size', 'onnx.import.tensor', model({ node: [node('Add', ['x', 'w'], ['y'])], initializer: [weight('w', [2 ** 40, 2 ** 40], 24)] }), 'w')
put('unknown-dtype', 'onnx.import.tensor', model({ node: [node('Add', ['x', 'w'], ['y'])], initializer: [weight('w', [2, 3], 24, { dataType: 99 })] }), 'w')
put('unknown-input-dtype', 'onnx.import.type', model({ input: [info('x', [2, 3], 77)] }), 'x')

put('attribute-type', 'ir.infer.invalid', model({ node: [node('Flatten', ['x'], ['y'], [{ name: 'axis', type: 1, f: 1 }])] }), 'the Flatten')
put('attribute-missing', 'ir.infer.invalid', model({ node: [node('Concat', ['x', 'x'], ['y'])] }), 'the Concat')
put('input-count', 'ir.infer.invalid', model({ node: [node('MatMul', ['x'], ['y'])] }), 'the MatMul')
put('input-left-out', 'ir.infer.invalid', model({ node: [node('Add', ['', 'x'], ['y'])] }), 'the Add')
put('mixed-types', 'ir.infer.invalid', model({ input: [info('x'), info('z', [2, 3], 7)], node: [node('Add', ['x', 'z'], ['y'])] }), 'the Add')
put('shapes-contradict', 'ir.infer.invalid', model({ input: [info('x'), info('z', [4, 3])], node: [node('Add', ['x', 'z'], ['y'])] }), 'the Add')
put('inner-sizes-contradict', 'ir.infer.invalid', model({ input: [info('x'), info('z', [2, 3])], node: [node('MatMul', ['x', 'z'], ['y'])] }), 'the MatMul')
put('axis-outside', 'ir.infer.invalid', model({ node: [node('Softmax', ['x'], ['y'], [int('axis', 5)])] }), 'the Softmax')
put('order-repeats', 'ir.infer.invalid', model({ node: [node('Transpose', ['x'], ['y'], [ints('perm', [0, 0])])] }), 'the Transpose')

const external = entries => model({
  node: [node('Add', ['x', 'w'], ['y'])],
  initializer: [{ name: 'w', dims: [2, 3], dataType: 1, dataLocation: 1, externalData: Object.entries(entries).map(([key, value]) => ({ key, value: String(value) })) }],
})
writeFileSync(new URL('weights.bin', folder), new Uint8Array(48))
put('external-missing', 'onnx.read.external-missing', external({ location: 'nowhere.bin' }), 'w')
put('external-absolute', 'bytes.path.outside', external({ location: '/etc/hostname' }))
put('external-above', 'bytes.path.outside', external({ location: '../secret.bin' }))
put('external-above-hidden', 'bytes.path.outside', external({ location: 'a/../../secret.bin' }))
put('external-link', 'bytes.path.outside', external({ location: 'link.bin' }), '', { link: ['link.bin', '../secret.bin'] })
put('external-beyond', 'onnx.read.external-invalid', external({ location: 'weights.bin', offset: 40 }), 'w')
put('external-length', 'onnx.read.external-invalid', external({ location: 'weights.bin', offset: 0, length: 48 }), 'w')
put('external-offset', 'onnx.read.external-invalid', external({ location: 'weights.bin', offset: '-8' }), 'w')
put('external-offset-huge', 'onnx.read.external-invalid', external({ location: 'weights.bin', offset: '99999999999999999999' }), 'w')

let inner = graph({ input: [], node: [node('Identity', ['x'], ['y'])] })
for (let depth = 0; depth < 400; depth++) {
  const branches = ['then_branch', 'else_branch'].slice(0, 1).map(name => ({ name, type: 5, g: inner }))
  inner = graph({ input: [], node: [node('If', ['x'], ['y'], branches)] })
}
put('deep-nesting', 'onnx.read.limit', onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph: { ...inner, input: [info('x')] } }).finish())

put('unknown-operator', 'legalize.unsupported', model({ node: [{ ...node('Frobnicate', ['x'], ['y']), domain: 'com.acme' }] }, { opsetImport: [{ domain: '', version: 17 }, { domain: 'com.acme', version: 1 }] }), 'the Frobnicate')
put('unknown-operator-run', 'ops.operator.unknown', model({ node: [{ ...node('Frobnicate', ['x'], ['y']), domain: 'com.acme' }] }, { opsetImport: [{ domain: '', version: 17 }, { domain: 'com.acme', version: 1 }] }), 'the Frobnicate', { command: 'run' })
put('feed-shape', 'run.feed.shape', fine, '', { command: 'run', feed: { x: [3, 2] } })
put('feed-unknown', 'run.feed.unknown', fine, '', { command: 'run', feed: { z: [2, 3] } })

// nothing is wrong but the size: 4 TiB and more, which no run has room for
const int64 = (name, values) => ({ name, dims: [values.length], dataType: 7, int64Data: values })
const vast = (nodes, initializer) => model({ node: nodes, initializer, output: [{ name: 'y', type: { tensorType: { elemType: 1 } } }] })
put('vast-expand', 'run.memory.exceeded', vast([node('Expand', ['one', 's'], ['big']), node('Add', ['x', 'big'], ['y'])], [int64('s', [2 ** 20, 2 ** 20, 1, 1]), weight('one', [1], 4)]), '', { command: 'run' })
put('vast-fill', 'run.memory.exceeded', vast([node('ConstantOfShape', ['s'], ['big']), node('Add', ['x', 'big'], ['y'])], [int64('s', [2 ** 40, 1, 1])]), '', { command: 'run' })
put('vast-tile', 'run.memory.exceeded', vast([node('Tile', ['x', 's'], ['y'])], [int64('s', [2 ** 31, 2 ** 20])]), '', { command: 'run' })
put('vast-pad', 'run.memory.exceeded', vast([node('Pad', ['x', 's'], ['y'])], [int64('s', [0, 0, 2 ** 41, 2 ** 20])]), '', { command: 'run' })
put('vast-range', 'run.memory.exceeded', vast([node('Range', ['zero', 'end', 'step'], ['r']), { ...node('Cast', ['r'], ['y'], [int('to', 1)]) }], ['zero', 'end', 'step'].map((name, i) => ({ name, dims: [], dataType: 7, int64Data: [[0, 2 ** 42, 1][i]] }))), '', { command: 'run' })

writeFileSync(new URL('manifest.json', folder), `[\n${manifest.map(m => `  ${JSON.stringify(m)}`).join(',\n')}\n]\n`)
console.log(`${manifest.length} broken models`)
