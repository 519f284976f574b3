import { expect, test } from 'vitest'
import { LapidaryError } from '../diag/diagnostic.ts'
import { inlineTensor } from '../ir/tensor.ts'
import { readNpy, readNpz, writeNpy, writeNpz } from './npy.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g)!, b => parseInt(b, 16))
// bytes written by NumPy 2.4: np.save(np.array([[1,2],[3,4]], '>i2', order='F'))
const header = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 2), }"
const fortran = new Uint8Array([...hex('934e554d5059010076 00'.replace(/ /g, '')), ...new TextEncoder().encode(`${header.padEnd(117)}\n`), 0, 1, 0, 3, 0, 2, 0, 4])

test('column-major, big-endian arrays are read in row-major order', async () => {
  const tensor = readNpy(fortran)
  expect(tensor.dtype).toBe('int16')
  expect(tensor.shape).toEqual([2, 2])
  expect([...new Int16Array((await tensor.load()).slice().buffer)]).toEqual([1, 2, 3, 4])
})

test('what is written is read again, scalars and empty arrays too; the header ends on a multiple of 64', async () => {
  for (const shape of [[], [0], [3], [2, 3]]) {
    const tensor = inlineTensor('float64', shape, new Uint8Array(8 * shape.reduce((a, b) => a * b, 1)).fill(63))
    const bytes = await writeNpy(tensor)
    expect((bytes.byteLength - tensor.byteLength) % 64).toBe(0)
    const back = readNpy(bytes)
    expect([back.dtype, back.shape, await back.load()]).toEqual(['float64', shape, await tensor.load()])
  }
})

test('archives keep names and are the same bytes every time', async () => {
  const arrays = new Map([['a', inlineTensor('uint8', [2], Uint8Array.of(1, 2))], ['b/c', inlineTensor('bool', [1], Uint8Array.of(1))]])
  const bytes = await writeNpz(arrays)
  expect(await writeNpz(arrays)).toEqual(bytes)
  expect([...readNpz(bytes).keys()]).toEqual(['a', 'b/c'])
})

test.each([
  ['nothing', new Uint8Array(0)],
  ['another format', new Uint8Array(100)],
  ['data cut off', fortran.slice(0, -1)],
  ['header cut off', fortran.slice(0, 60)],
])('%s is refused with a code', (_, bytes) => {
  expect(() => readNpy(bytes)).toThrow(LapidaryError)
  try {
    readNpy(bytes)
  } catch (error) {
    expect((error as LapidaryError).code).toBe('npy.read.invalid')
  }
})

test('dtypes that NumPy lacks are refused', async () => {
  await expect(writeNpy(inlineTensor('bfloat16', [1], new Uint8Array(2)))).rejects.toMatchObject({ code: 'npy.write.dtype' })
})
