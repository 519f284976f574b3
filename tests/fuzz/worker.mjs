// Takes mutated files one after the other all the way: read, import, infer, inspect; check against TFLite; write as ONNX
// and, where that was found possible, as TFLite. Tells the parent of each before and after.
import { LapidaryError, check, convert, inspectModel, load, memorySink } from '../../dist/src/app/api.js'
import { mutate } from './mutate.mjs'
import { mutateModel } from './mutate-model.mjs'
import { seedFiles } from './seeds.mjs'

/** What the case of this number is made of: in every other round ONNX files are changed in their fields and others in place, else bytes come and go too. */
export function caseOf(seeds, i) {
  const seed = seeds[i % seeds.length]
  const other = seeds[(i * 7 + 1) % seeds.length]
  const round = Math.floor(i / seeds.length)
  const byField = seed.format === 'onnx' && other.format === 'onnx' && round % 2 === 0 ? mutateModel(seed.bytes, other.bytes, i) : undefined
  return { name: seed.name, format: seed.format, bytes: byField ?? mutate(seed.bytes, other.bytes, i, round % 2 === 0 && seed.format !== 'onnx') }
}

/** Outcome of each step until one fails: `fine` or a code; a trace when something else than a coded error came. */
export async function take({ bytes, format }) {
  const outcomes = []
  const step = async (name, f) => {
    let code = 'fine'
    let trace
    try {
      code = (await f()) ?? code
    } catch (error) {
      code = error instanceof LapidaryError ? error.code : 'CRASH'
      if (code === 'CRASH') trace = String(error?.stack ?? error)
    }
    outcomes.push({ name, code, ...(trace && { trace }) })
    return code
  }
  const options = { from: format }
  if ((await step('read', async () => void inspectModel(await load(bytes, options)))) !== 'fine') return outcomes
  await step('write onnx', async () => void (await convert(bytes, { sink: memorySink(), name: 'm.onnx' }, options)))
  const fits = await step('check', async () => (await check(bytes, 'tflite', options)).problems[0]?.code)
  if (fits === 'fine') await step('write tflite', async () => void (await convert(bytes, { sink: memorySink(), name: 'm.tflite' }, options)))
  return outcomes
}

if (process.send) {
  const [first, step, count] = process.argv.slice(2).map(Number)
  const seeds = await seedFiles()
  // a message must be out before work begins that may never end
  const tell = message => new Promise(resolve => process.send(message, resolve))
  const peak = () => process.resourceUsage().maxRSS / 1024
  for (let i = first; i < count; i += step) {
    const made = caseOf(seeds, i)
    const before = peak()
    await tell({ start: i, name: made.name })
    const began = performance.now()
    const outcomes = await take(made)
    const ms = performance.now() - began
    await tell({ done: i, name: made.name, outcomes, ms, mb: peak(), grew: peak() > before })
    // a fresh process tells the next file's peak from this one's
    if (peak() > 400) process.exit(3)
  }
  process.disconnect()
}
