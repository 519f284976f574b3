import { webgpuExecutor } from '../../executors/webgpu/index.ts'
import type { GpuSession } from '../../executors/webgpu/index.ts'
import { differs, readModel } from '../conformance/run.ts'
import type { NodeTest } from '../conformance/vectors.ts'

/** Where the work of a test was done. */
export type Where = 'gpu' | 'partly' | 'host'

/** What became of a test: why it failed, if it did; what the host computed, and why. Control flow is always run from the host. */
export interface GpuOutcome {
  readonly name: string
  readonly failure: string | undefined
  readonly where: Where
  readonly onHost: readonly string[]
  readonly milliseconds: number
}

/** Runs a node test on the GPU, within its own tolerances. */
export async function runOnGpu(test: NodeTest): Promise<GpuOutcome> {
  const start = performance.now()
  const sessions: GpuSession[] = []
  let failure: string | undefined
  try {
    failure = await differs(test, await readModel(test.model), 'fast', {
      name: 'webgpu',
      async prepare(model) {
        const session = await webgpuExecutor.prepare(model)
        sessions.push(session)
        return session
      },
    })
  } catch (e) {
    failure = e instanceof Error ? (e.stack ?? e.message).slice(0, 800) : String(e)
  }
  const onHost = sessions.flatMap(s => s.stats.onHost).filter(h => !h.control)
  const kernels = sessions.reduce((n, s) => n + s.stats.kernelNodes, 0)
  return {
    name: test.name,
    failure,
    where: onHost.length === 0 ? 'gpu' : kernels > 0 ? 'partly' : 'host',
    onHost: [...new Set(onHost.map(h => `${h.node}: ${h.reason}`))],
    milliseconds: performance.now() - start,
  }
}
