import { expect, it } from 'vitest'
import { constant, input, read, stage } from '../expr.ts'
import { runProgram } from './harness.ts'

it.each([5, 1000, 1025, 5000])('reads %i elements backward, wherever the memory begins', n => {
  const x = input([n], 'float32')
  const data = Float32Array.from({ length: n }, (_, i) => i)
  const [out] = runProgram([x], [stage([n], 'float32', i => read(x, [constant(n - 1, 'int').sub(i!)]).mul(2))], [data])
  expect([...out!]).toEqual([...data].reverse().map(v => v * 2))
})
