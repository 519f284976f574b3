import { basename } from 'node:path'
import { webgpuExecutor } from '../../executors/webgpu/index.ts'
import { executorNamed } from '../../src/app/executors.ts'
import { load } from '../../src/app/load.ts'
import type { Model } from '../../src/ir/model.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { isTensor } from '../../src/ir/tensor.ts'
import { differenceOf } from '../../src/validate/metrics.ts'
import { chooseSizes, makeSample } from '../../src/validate/sample.ts'
import type { Session } from '../../src/spi/executor.ts'

// What models.mjs runs, one model a process: MODEL.onnx [symbol=size ...] [input:=number ...] [--runs N]. Prints one JSON line.
const [path, ...rest] = process.argv.slice(2) as [string, ...string[]]
const sizes = new Map(rest.filter(a => a.includes('=') && !a.includes(':=')).map(a => [a.slice(0, a.lastIndexOf('=')), Number(a.slice(a.lastIndexOf('=') + 1))]))
const set = Object.fromEntries(rest.filter(a => a.includes(':=')).map(a => [a.slice(0, a.indexOf(':=')), Number(a.slice(a.indexOf(':=') + 2))]))
const runs = Number(rest[rest.indexOf('--runs') + 1] ?? 3) || 3

async function furthest(expected: ReadonlyMap<string, Datum>, actual: ReadonlyMap<string, Datum>): Promise<number> {
  let worst = 0
  for (const [name, datum] of expected) {
    const other = actual.get(name)
    if (datum === null || other === undefined || other === null || !isTensor(datum) || !isTensor(other)) continue
    const d = await differenceOf(datum, other)
    worst = Math.max(worst, 'relL2' in d ? d.relL2 : Infinity)
  }
  return worst
}

async function outputs(session: Session, feeds: ReadonlyMap<string, Tensor>): Promise<Map<string, Datum>> {
  try {
    return await session.run(feeds)
  } finally {
    session.dispose()
  }
}

const model: Model = (await load(path, { set })).model
const feeds = makeSample(model, 1, chooseSizes(model, 0, sizes))
const exact = await outputs(await executorNamed('cpu').prepare(model, { precision: 'exact' }), feeds)
const cpu = await outputs(await executorNamed('cpu').prepare(model), feeds)
let oracle: Map<string, Datum> | undefined
try {
  oracle = await outputs(await executorNamed('onnxruntime').prepare(model), feeds)
} catch {
  oracle = undefined
}
const start = performance.now()
const session = await webgpuExecutor.prepare(model)
const gpu = await session.run(feeds)
const first = performance.now() - start
const times: number[] = []
for (let i = 0; i < runs; i++) {
  const at = performance.now()
  await session.run(feeds)
  times.push(performance.now() - at)
}
const before = session.stats
await session.run(feeds)
const { stats } = session
console.log(
  JSON.stringify({
    model: basename(path, '.onnx'),
    exact: await furthest(exact, gpu),
    cpu: await furthest(cpu, gpu),
    onnxruntime: oracle && (await furthest(oracle, gpu)),
    noise: oracle && (await furthest(exact, oracle)),
    first,
    steady: times.sort((a, b) => a - b)[times.length >> 1],
    peakBytes: stats.peakBytes,
    weightBytes: stats.weightBytes,
    arenaBytes: stats.arenaBytes,
    liveBytes: stats.liveBytes,
    pipelines: stats.pipelines,
    dispatches: stats.dispatches - before.dispatches,
    submits: stats.submits - before.submits,
    onHost: [...new Set(stats.onHost.map(h => `${h.node}: ${h.reason}`))],
  }),
)
process.exit(0)
