import { expect, it } from 'vitest'
import { cpuExecutor } from '../../../executors/cpu/index.ts'
import { decodeMinifloat, encodeMinifloat, minifloatTable } from '../../ir/minifloat.ts'
import { Model } from '../../ir/model.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { float32Tensor, numbersOf } from '../../ir/tensor.ts'
import { tensorType } from '../../ir/types.ts'
import { Builder } from '../builder.ts'
import type { SmallFloat } from './minifloat.ts'
import { encodePower } from './minifloat.ts'
import { onSmallGrid } from './minifloat-graph.ts'

// every number of binary16 and bfloat16, and float32 beside each: all ties of the small types and what lies next to them
const half = [...minifloatTable('float16'), ...minifloatTable('bfloat16')]
const bits = new Int32Array(Float32Array.from(half).buffer)
const numbers = Float32Array.from([...half, ...new Float32Array(bits.map(n => n + 1).buffer), ...new Float32Array(bits.map(n => n - 1).buffer)])

async function made(dtype: SmallFloat, saturate: boolean, rounding: 'up' | 'down' | 'nearest', precision: 'exact' | 'fast'): Promise<readonly number[]> {
  const model = new Model()
  const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [numbers.length])))
  const y = onSmallGrid(new Builder(model.graph), x, dtype, { saturate, rounding })
  y.rename('y')
  model.graph.addOutput(y)
  const session = await cpuExecutor.prepare(model, { precision })
  const result = (await session.run(new Map([['x', float32Tensor(numbers)]]))).get('y') as Tensor
  session.dispose()
  return numbersOf('float32', await result.load()) as readonly number[]
}

it.each(['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'float4e2m1'] as const)('%s: the numbers that its encoding gives', async dtype => {
  for (const saturate of [true, false])
    for (const precision of ['exact', 'fast'] as const) {
      const got = await made(dtype, saturate, 'up', precision)
      const wrong = [...numbers].findIndex((n, i) => !Object.is(got[i], decodeMinifloat(dtype, encodeMinifloat(dtype, n, saturate))))
      expect(wrong < 0 ? '' : `${numbers[wrong]} gives ${got[wrong]}, ${precision}`).toBe('')
    }
})

it.each(['up', 'down', 'nearest'] as const)('powers of two, %s', async rounding => {
  for (const saturate of [true, false]) {
    const got = await made('float8e8m0', saturate, rounding, 'exact')
    const wrong = [...numbers].findIndex((n, i) => !Object.is(got[i], decodeMinifloat('float8e8m0', encodePower(n, saturate, rounding))))
    expect(wrong < 0 ? '' : `${numbers[wrong]} gives ${got[wrong]}`).toBe('')
  }
})
