import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { readFileSync } from 'node:fs'
import { runInThisContext } from 'node:vm'
import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, inlineTensor, viewOf } from '../../src/ir/tensor.ts'

type LiteRt = typeof import('@litertjs/core')

let loading: Promise<LiteRt> | undefined

/** LiteRT's wasm runtime takes itself to be in a browser's worker: gives it what it looks for there. */
async function load(): Promise<LiteRt> {
  const require = createRequire(import.meta.url)
  const folder = join(dirname(require.resolve('@litertjs/core/package.json')), 'wasm')
  const scope = globalThis as unknown as Record<string, unknown>
  scope['self'] = globalThis
  scope['require'] = require
  scope['__filename'] = join(folder, 'litert_wasm_internal.js')
  scope['__dirname'] = folder
  scope['importScripts'] = (file: string) => runInThisContext(readFileSync(file, 'utf8'), { filename: file })
  const litert = await import('@litertjs/core')
  const { warn } = console
  console.warn = () => {}
  await litert.loadLiteRt(folder + '/', { threads: false })
  console.warn = warn
  return litert
}

/**
 * Runs a `.tflite` file in Google's own runtime (@litertjs/core, its wasm kernels). Feeds and results are by the names of
 * the first signature. The runtime takes float32, int32 and uint8.
 */
export async function runLiteRt(bytes: Uint8Array, feeds: ReadonlyMap<string, Tensor>): Promise<Map<string, Tensor>> {
  const litert = await (loading ??= load())
  const model = await litert.loadAndCompile(bytes, { accelerator: 'wasm' })
  const inputs: Record<string, InstanceType<LiteRt['Tensor']>> = {}
  try {
    for (const { name } of model.getInputDetails()) {
      const feed = feeds.get(name)
      if (!feed) throw new Error(`no feed for ${name}`)
      inputs[name] = new litert.Tensor(viewOf(feed.dtype, await feed.load()).slice() as Float32Array, [...feed.shape])
    }
    const outputs = await model.run(inputs)
    const results = new Map<string, Tensor>()
    for (const [name, tensor] of Object.entries(outputs)) {
      const data = tensor.toTypedArray()
      results.set(name, inlineTensor(tensor.type.dtype as 'float32', [...tensor.type.layout.dimensions], bytesOf(data.slice())))
      tensor.delete()
    }
    return results
  } finally {
    for (const tensor of Object.values(inputs)) tensor.delete()
    model.delete()
  }
}
