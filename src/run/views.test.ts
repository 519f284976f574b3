import { describe, expect, it } from 'vitest'
import { input, read, stage } from '../expr/expr.ts'
import { readReshaped } from '../ops/kit/reshape.ts'
import { viewed } from './views.ts'

describe('views', () => {
  const x = input([2, 3, 1, 4], 'float32')
  it.each([[[6, 4]], [[24]], [[2, 12]], [[4, 6]], [[1, 8, 3]], [[2, 3, 4]]])('sees a reshape to %j', shape => {
    expect(viewed(stage(shape, 'float32', (...i) => readReshaped(x, shape, i)))).toBe(x)
  })
  it('sees a transpose that moves only an axis of size 1', () => {
    expect(viewed(stage([2, 1, 3, 4], 'float32', (a, b, c, d) => read(x, [a!, c!, b!, d!])))).toBe(x)
  })
  it('takes no true transpose, flip, sum or cast for one', () => {
    expect(viewed(stage([3, 2, 1, 4], 'float32', (a, b, c, d) => read(x, [b!, a!, c!, d!])))).toBeUndefined()
    expect(viewed(stage([2, 3, 1, 4], 'float32', (a, b, c, d) => read(x, [a!, b!, c!, d!.mul(-1).add(3)])))).toBeUndefined()
    expect(viewed(stage([2, 3, 1, 4], 'float32', (...i) => read(x, i).add(0)))).toBeUndefined()
    expect(viewed(stage([2, 3, 1, 4], 'float16', (...i) => read(x, i)))).toBeUndefined()
    expect(viewed(stage([2, 3, 1, 2], 'float32', (...i) => read(x, i)))).toBeUndefined()
  })
})
