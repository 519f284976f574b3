import type { Dim } from '../../../src/ir/dim.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { intOf, intsOf, shapeOf, stringOf } from '../../../src/passes/kit/values.ts'
import { int32s } from './kit.ts'

/** A convolution's or pooling's windows over the axes between the first and the last, pads as numbers. */
export interface Windows {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly before: readonly number[]
  readonly after: readonly number[]
  /** ONNX's SAME_UPPER is the runtime's SAME at every size; the pads are then not stated. */
  readonly same?: true
}

/** Reads attributes; `ceil_mode` and automatic pads come out as pads. A reason when these depend on sizes that are not known. */
export function windowsOf(node: Node, kernel: readonly number[]): Windows | string {
  const rank = kernel.length
  const [x, y] = [shapeOf(node.inputs[0]), shapeOf(node.outputs[0])]
  const each = (name: string) => intsOf(node, name) ?? kernel.map(() => 1)
  const strides = each('strides')
  const dilations = each('dilations').map((d, i) => (kernel[i] === 1 ? 1 : d))
  const mode = stringOf(node, 'auto_pad', 'NOTSET')
  const pads = intsOf(node, 'pads') ?? Array.from({ length: 2 * rank }, () => 0)
  let [before, after] = [pads.slice(0, rank), pads.slice(rank)]
  const extent = kernel.map((k, i) => (k - 1) * dilations[i]! + 1)
  if (mode === 'SAME_UPPER') return { kernel, strides, dilations, before: kernel.map(() => 0), after: kernel.map(() => 0), same: true }
  if (mode === 'VALID') [before, after] = [kernel.map(() => 0), kernel.map(() => 0)]
  if (mode === 'SAME_LOWER') {
    for (let i = 0; i < rank; i++) {
      const total = sameTotal(x?.[i + 1], extent[i]!, strides[i]!)
      if (total === undefined) return `auto_pad ${mode} of a size that is not known`
      const small = Math.floor(total / 2)
      before[i] = total - small
      after[i] = small
    }
  }
  if (intOf(node, 'ceil_mode', 0) === 1) {
    for (let i = 0; i < rank; i++) {
      const [from, to] = [x?.[i + 1], y?.[i + 1]]
      if (typeof from === 'number' && typeof to === 'number') after[i] = Math.max(after[i]!, (to - 1) * strides[i]! + extent[i]! - from - before[i]!)
      else if (extent[i]! >= strides[i]!) after[i]! += strides[i]! - 1
      else return 'ceil_mode with strides beyond the window, of a size that is not known'
    }
  }
  return { kernel, strides, dilations, before, after }
}

/** What TensorFlow's SAME pads in all; with a stride of 1 that needs no size. */
function sameTotal(size: Dim | undefined, extent: number, stride: number): number | undefined {
  if (stride === 1) return extent - 1
  return typeof size === 'number' ? Math.max(0, (Math.ceil(size / stride) - 1) * stride + extent - size) : undefined
}

/** The same windows with their pads stated; undefined when these depend on sizes that are not known. */
export function statedWindows(w: Windows, sizes: readonly (Dim | undefined)[]): Windows | undefined {
  if (!w.same) return w
  const { kernel, strides, dilations } = w
  const totals = kernel.map((k, i) => sameTotal(sizes[i], (k - 1) * dilations[i]! + 1, strides[i]!))
  if (!totals.every(t => t !== undefined)) return undefined
  return { kernel, strides, dilations, before: totals.map(t => Math.floor(t / 2)), after: totals.map(t => Math.ceil(t / 2)) }
}

/** Whether the runtime's own SAME or VALID is exactly these pads; undefined when a PAD has to make them. */
export function paddingName(w: Windows, sizes: readonly (Dim | undefined)[]): 'SAME' | 'VALID' | undefined {
  if (w.same) return 'SAME'
  const extents = w.kernel.map((k, i) => (k - 1) * w.dilations[i]! + 1)
  const count = (size: number, i: number) => Math.floor((size + w.before[i]! + w.after[i]! - extents[i]!) / w.strides[i]!) + 1
  const valid = w.kernel.every((_, i) => {
    const size = sizes[i]
    if (w.before[i] !== 0) return false
    return w.after[i] === 0 || (typeof size === 'number' && count(size, i) === Math.floor((size - extents[i]!) / w.strides[i]!) + 1)
  })
  if (valid) return 'VALID'
  const same = w.kernel.every((_, i) => {
    const size = sizes[i]
    const total = sameTotal(size, extents[i]!, w.strides[i]!)
    if (total === undefined || w.before[i] !== Math.floor(total / 2)) return false
    return w.strides[i] === 1 ? total === w.before[i]! + w.after[i]! : typeof size === 'number' && count(size, i) === Math.ceil(size / w.strides[i]!)
  })
  return same ? 'SAME' : undefined
}

/** Pads the spatial axes with `filler`, which is 0 when it is not given. */
export function padSpatial(b: Builder, x: Value, before: readonly number[], after: readonly number[], filler?: Value): Value {
  const rows = [[0, 0], ...before.map((n, i) => [n, after[i]!]), [0, 0]]
  const pads = int32s(b, rows.flat(), [rows.length, 2])
  return filler ? b.op('tflite::PADV2', [x, pads, filler]) : b.op('tflite::PAD', [x, pads])
}

/** Puts an axis of size 1 before the last spatial one: three axes are worked on as four. */
export const widen = (b: Builder, x: Value): Value => b.op('tflite::EXPAND_DIMS', [x, int32s(b, [1], [])])
export const narrowAgain = (b: Builder, y: Value): Value => b.op('tflite::SQUEEZE', [y], { squeeze_dims: [1] })

/** The windows with one more spatial axis, of size 1, before the others. */
export const widened = (w: Windows): Windows => ({
  ...w,
  kernel: [1, ...w.kernel],
  strides: [1, ...w.strides],
  dilations: [1, ...w.dilations],
  before: [0, ...w.before],
  after: [0, ...w.after],
})
