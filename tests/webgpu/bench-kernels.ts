import { it } from 'vitest'
import { productOf } from '../../executors/webgpu/kernels/contraction/product.ts'
import { registerKernel } from '../../executors/webgpu/kernels/contraction/registers.ts'
import { sizeOf } from '../../src/expr/analysis/linear.ts'
import type { Buffer } from '../../src/expr/expr.ts'
import { input, read, stage, sum } from '../../src/expr/expr.ts'
import { padGuarded } from '../../src/expr/pad.ts'
import { convolution } from './convolution.ts'
import type { Kernels, Ready } from './stages.ts'
import { naive, planned, Stages } from './stages.ts'

// Contractions on the adapter at hand: the plain map kernel, what the executor plans for this adapter and for a real GPU, and
// blocks named in BLOCKS (rows x columns x lanes, 'p' pads first). ONLY picks cases by their names, REPEAT is the number of runs. Best of interleaved runs.

const square = (n: number): Case => {
  const [a, b] = [input([n, n], 'float32'), input([n, n], 'float32')]
  return { inputs: [a, b], output: stage([n, n], 'float32', (i, j) => sum([n], t => read(a, [i!, t!]).mul(read(b, [t!, j!])))), products: n ** 3 }
}

interface Case {
  readonly inputs: readonly Buffer[]
  readonly output: Buffer
  readonly products: number
}

const cases: Record<string, () => Case> = {
  'matmul 256': () => square(256),
  'matmul 512': () => square(512),
  'matmul 1024': () => square(1024),
  'gemm 1x2048 by 2048x1000': () => {
    const [a, b] = [input([1, 2048], 'float32'), input([1000, 2048], 'float32')]
    return { inputs: [a, b], output: stage([1, 1000], 'float32', (i, j) => sum([2048], t => read(a, [i!, t!]).mul(read(b, [j!, t!])))), products: 2_048_000 }
  },
  'conv 3x3 64 56x56': () => convolution({ image: [1, 64, 56, 56], kernel: [3, 3], outputs: 64, pad: 1 }),
  'conv 3x3 512 7x7': () => convolution({ image: [1, 512, 7, 7], kernel: [3, 3], outputs: 512, pad: 1 }),
  'conv 1x1 256 to 64 56x56': () => convolution({ image: [1, 256, 56, 56], kernel: [1, 1], outputs: 64 }),
  'depthwise 3x3 144 56x56': () => convolution({ image: [1, 144, 56, 56], kernel: [3, 3], outputs: 144, group: 144, pad: 1 }),
}

it('contractions', async () => {
  const stages = await Stages.open()
  const { profile } = stages.device
  const only = new RegExp(process.env['ONLY'] ?? '')
  const repeat = Number(process.env['REPEAT'] ?? 15)
  for (const [name, make] of Object.entries(cases).filter(([n]) => only.test(n))) {
    const { inputs, output, products } = make()
    const variants: Record<string, () => Kernels> = {
      naive: () => naive(inputs, [output], profile),
      software: () => planned(inputs, [output], { ...profile, software: true }),
      hardware: () => planned(inputs, [output], { ...profile, software: false }),
    }
    if (process.env['BLOCKS']) for (const known of ['software', 'hardware']) delete variants[known]
    for (const text of process.env['BLOCKS']?.split(',') ?? []) {
      const [rows, columns, lanes, unroll] = text.split('x').map(n => parseInt(n, 10)) as [number, number, number, number]
      variants[text] = () => {
        const { buffer, pads } = text.endsWith('p') ? padGuarded(output) : { buffer: output, pads: [] }
        const context = { profile, root: (b: Buffer) => b }
        return [...naive(inputs, pads, profile), registerKernel(context, productOf(buffer)!, { rows, columns, lanes, mixed: false, unroll })]
      }
    }
    const arrays = inputs.map(b => Float32Array.from({ length: sizeOf(b.shape) }, (_, i) => ((i * 7919) % 13) - 6))
    const timed: { label: string; ready: Ready; first: number; wall: number; worked: number }[] = []
    for (const [label, kernels] of Object.entries(variants)) {
      const start = process.cpuUsage()
      const ready = await stages.ready(kernels(), inputs, arrays)
      await stages.time(ready)
      const { user, system } = process.cpuUsage(start)
      timed.push({ label, ready, first: (user + system) / 1000, wall: Infinity, worked: Infinity })
    }
    for (let r = 0; r < repeat; r++) {
      for (const t of timed) {
        const { wall, worked } = await stages.time(t.ready)
        t.wall = Math.min(t.wall, wall)
        t.worked = Math.min(t.worked, worked)
      }
    }
    for (const { label, ready, first, wall, worked } of timed) {
      const times = (timed[0]!.worked / worked).toFixed(2).padStart(6)
      console.log(`${name.padEnd(26)} ${label.padEnd(12)} ${wall.toFixed(2).padStart(9)} ms, threads ${worked.toFixed(2).padStart(9)} ms, ${((2 * products) / worked / 1e6).toFixed(2).padStart(6)} GFLOP/s and thread, ${times}x, first ${first.toFixed(0)} ms`)
      stages.release(ready)
    }
  }
})
