// Files in LiteRT's own runtime, its wasm build in Node: float32, int32 and uint8 go in and out.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { runInThisContext } from 'node:vm'
import { bytesOf, inlineTensor, viewOf } from '../../../dist/src/ir/tensor.js'

const require = createRequire(import.meta.url)
const folder = join(dirname(require.resolve('@litertjs/core/package.json')), 'wasm')

/** What its tensors can hold. */
export const carried = new Set(['float32', 'int32', 'uint8'])

/** It takes itself to be in a browser's worker: gives it what it looks for there. */
async function load() {
  Object.assign(globalThis, { self: globalThis, require, __filename: join(folder, 'litert_wasm_internal.js'), __dirname: folder, importScripts: file => runInThisContext(readFileSync(file, 'utf8'), { filename: file }) })
  const litert = await import('@litertjs/core')
  const { warn } = console
  console.warn = () => {}
  await litert.loadLiteRt(`${folder}/`, { threads: false })
  console.warn = warn
  return litert
}

let loading

/** The runtime does not take the file, or the run. */
export class FileRefused extends Error {}

/** Outputs of a file by the signature's names. Throws `FileRefused`. */
export async function runFile(bytes, feeds) {
  const litert = await (loading ??= load())
  const inputs = {}
  let model
  try {
    model = await litert.loadAndCompile(bytes, { accelerator: 'wasm' })
    for (const { name } of model.getInputDetails()) {
      const feed = feeds.get(name)
      inputs[name] = new litert.Tensor(viewOf(feed.dtype, await feed.load()).slice(), [...feed.shape])
    }
    const outputs = await model.run(inputs)
    return new Map(Object.entries(outputs).map(([name, tensor]) => {
      const result = inlineTensor(tensor.type.dtype, [...tensor.type.layout.dimensions], bytesOf(tensor.toTypedArray().slice()))
      tensor.delete()
      return [name, result]
    }))
  } catch (error) {
    throw new FileRefused(String(error?.message ?? error).split('\n')[0].slice(0, 300))
  } finally {
    for (const tensor of Object.values(inputs)) tensor.delete()
    model?.delete()
  }
}
