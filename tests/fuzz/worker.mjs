// Reads, imports, infers and inspects mutated files one after the other, and tells the parent of each before and after.
import { LapidaryError, formats, inspectModel, load } from '../../dist/src/app/api.js'
import { mutate } from './mutate.mjs'
import { seedFiles } from './seeds.mjs'

const [first, step, count] = process.argv.slice(2).map(Number)
const seeds = await seedFiles(formats)
let base = process.memoryUsage().rss
for (let i = first; i < count; i += step) {
  const seed = seeds[i % seeds.length]
  const bytes = mutate(seed.bytes, seeds[(i * 7 + 1) % seeds.length].bytes, i)
  process.send({ start: i, name: seed.name })
  const began = performance.now()
  let result = 'read'
  let trace
  try {
    inspectModel(await load(bytes, { from: seed.format }))
  } catch (error) {
    result = error instanceof LapidaryError ? error.code : 'CRASH'
    if (result === 'CRASH') trace = String(error?.stack ?? error)
  }
  const rss = process.memoryUsage().rss
  process.send({ done: i, name: seed.name, result, trace, ms: performance.now() - began, mb: Math.max(0, rss - base) / 2 ** 20 })
  base = Math.min(base, rss)
}
process.disconnect()
