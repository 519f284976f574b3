import type { Tensor } from '../../src/ir/tensor.ts'
import { elementCount } from '../../src/ir/types.ts'
import type { Slicing } from '../../src/run/slices.ts'
import { sliceInMemory } from '../../src/run/slices.ts'
import type { Gpu } from './gpu.ts'
import { collect, deviceTensor, regionOf } from './tensors.ts'
import { deviceBytes } from './wgsl/storage.ts'

/** Slices of whole words that lie one after the other stay on the GPU, where they are; others are made in memory. */
export const slicingOn = (gpu: Gpu): Slicing => ({
  async apart(tensor, axis) {
    const region = regionOf(tensor)
    const { dtype } = tensor
    const shape = [...tensor.shape.slice(0, axis), ...tensor.shape.slice(axis + 1)]
    if (!region || !liesWhole(tensor, axis, elementCount(tensor.shape.slice(axis + 1)))) return sliceInMemory.apart(tensor, axis)
    const bytes = deviceBytes(dtype, elementCount(shape))
    return index => deviceTensor(gpu.memory, dtype, shape, { buffer: region.buffer, offset: region.offset + index * bytes, bytes })
  },
  async together(tensors, axis) {
    const { dtype, shape } = tensors[0]!
    if (!tensors.every(t => regionOf(t) && liesWhole(t, axis, elementCount(t.shape.slice(axis))))) return sliceInMemory.together((await collect(gpu.memory, tensors)) as Tensor[], axis)
    const bytes = deviceBytes(dtype, elementCount(shape))
    const region = { buffer: gpu.hand(bytes * tensors.length), offset: 0, bytes: bytes * tensors.length }
    tensors.forEach((t, i) => gpu.memory.copy({ ...regionOf(t)!, bytes }, region.buffer, i * bytes))
    return deviceTensor(gpu.memory, dtype, [...shape.slice(0, axis), tensors.length, ...shape.slice(axis)], region)
  },
})

/** Whether slices of so many elements follow each other, and each begins with a word. */
const liesWhole = ({ dtype, shape }: Tensor, axis: number, count: number): boolean =>
  count > 0 && elementCount(shape.slice(0, axis)) === 1 && deviceBytes(dtype, 2 * count) === 2 * deviceBytes(dtype, count)
