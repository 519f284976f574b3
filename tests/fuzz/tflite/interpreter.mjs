// Files in LiteRT's and TensorFlow's interpreters for Python, where tests/peers/.venv is set up: a process that is asked one file after
// the other and started again when a file ends it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inlineTensor } from '../../../dist/src/ir/tensor.js'
import { FileRefused } from './litert.mjs'

const peers = fileURLToPath(new URL('../../peers/', import.meta.url))
const python = `${peers}.venv/bin/python`
export const hasInterpreter = existsSync(python) && process.env['RUNTIME'] !== 'litert-js'

let server
function start() {
  const child = spawn(python, [`${peers}serve_tflite.py`], { stdio: ['pipe', 'pipe', 'ignore'] })
  let held = Buffer.alloc(0)
  let wake = () => {}
  let over = false
  child.stdout.on('data', part => {
    held = Buffer.concat([held, part])
    wake()
  })
  child.stdin.on('error', () => {})
  child.on('exit', () => {
    over = true
    server = undefined
    wake()
  })
  const more = () => new Promise(resolve => (wake = resolve))
  const take = async count => {
    while (held.length < count) {
      if (over) throw new FileRefused('the file ends the process')
      await more()
    }
    const part = held.subarray(0, count)
    held = held.subarray(count)
    return part
  }
  const line = async () => {
    while (!held.includes(10)) {
      if (over) throw new FileRefused('the file ends the process')
      await more()
    }
    return JSON.parse(String(await take(held.indexOf(10) + 1)))
  }
  return { child, take, line }
}

/** Outputs of a file by the signature's names. `runtime`: `litert` or `tf`, `kernels`: `builtin`, `reference` or `xnnpack`. Throws `FileRefused`. */
export async function runInterpreter(bytes, feeds, runtime = 'litert', kernels = 'builtin') {
  server ??= start()
  const { child, take, line } = server
  const given = await Promise.all([...feeds].map(async ([name, t]) => ({ name, dtype: t.dtype, shape: t.shape, data: await t.load() })))
  child.stdin.write(`${JSON.stringify({ size: bytes.length, runtime, kernels, feeds: given.map(({ data, ...rest }) => ({ ...rest, size: data.byteLength })) })}\n`)
  child.stdin.write(bytes)
  for (const { data } of given) child.stdin.write(data)
  const { error, outputs } = await line()
  if (error !== undefined) throw new FileRefused(String(error).split('\n').filter(l => l.trim()).join(' | ').slice(0, 300))
  const results = new Map()
  for (const { name, dtype, shape, size } of outputs) results.set(name, inlineTensor(dtype, shape, new Uint8Array(await take(size))))
  return results
}

export const endInterpreter = () => server?.child.kill()
