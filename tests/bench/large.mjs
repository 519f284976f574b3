// A model far larger than memory wants: its weights lie in a sparse file beside it.
import { createRequire } from 'node:module'
import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { measure, medians, table } from './measure.mjs'

const { onnx } = createRequire(import.meta.url)('onnx-proto')
const cli = 'dist/cli/lapidary.js'

/** A chain of matrix products with `count` weights of 256 MiB each, written by an independent package. */
function makeLarge(path, count) {
  const side = 8192
  const size = side * side * 4
  const shape = { dim: [{ dimParam: 'batch' }, { dimValue: side }] }
  const info = name => ({ name, type: { tensorType: { elemType: 1, shape } } })
  const entry = (key, value) => ({ key, value: String(value) })
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'large',
      input: [info('x0')],
      output: [info(`x${count}`)],
      node: Array.from({ length: count }, (_, i) => ({ opType: 'MatMul', name: `layer${i}`, input: [`x${i}`, `w${i}`], output: [`x${i + 1}`] })),
      initializer: Array.from({ length: count }, (_, i) => ({
        name: `w${i}`, dims: [side, side], dataType: 1, dataLocation: 1,
        externalData: [entry('location', 'large.data'), entry('offset', i * size), entry('length', size)],
      })),
    },
  })
  writeFileSync(path, onnx.ModelProto.encode(model).finish())
  const data = path.replace(/[^/]*$/, 'large.data')
  writeFileSync(data, '')
  truncateSync(data, count * size)
}

export async function largeBench({ rounds, quick }) {
  const folder = '.cache/bench/large'
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(`${folder}/out`, { recursive: true })
  const count = quick ? 8 : 40
  makeLarge(`${folder}/large.onnx`, count)
  const inspect = await medians(rounds, () => measure(process.execPath, [cli, 'inspect', `${folder}/large.onnx`]))
  const optimize = await medians(1, () => measure(process.execPath, [cli, 'optimize', `${folder}/large.onnx`, `${folder}/out/large.onnx`]))
  if (!existsSync(`${folder}/out/large.onnx`)) throw new Error('nothing was written')
  rmSync(folder, { recursive: true })
  const size = `${(count * 0.268435456).toFixed(1)} GB of weights`
  return table([[size, 'seconds', 'peak MB'], ['inspect', inspect.seconds.toFixed(2), Math.round(inspect.mb)], ['optimize and write', optimize.seconds.toFixed(1), Math.round(optimize.mb)]])
}
