import type { Buffer, Expr } from '../../expr/expr.ts'
import { constant, read, stage, sum } from '../../expr/expr.ts'
import type { Dim } from '../../ir/dim.ts'
import { dimDiffers, mulDims } from '../../ir/dim.ts'
import type { DType } from '../../ir/dtype.ts'
import type { ComputeContext, InferContext } from '../operator.ts'
import { windowCounts, windowOf, readWindow } from './window.ts'

/** The shape of a convolution of input `x` by the weights `w`; undefined when ranks are not known. */
export function inferConvolution(ctx: InferContext, x = 0, w = 1): readonly Dim[] | undefined {
  const [image, weights] = [ctx.shape(x), ctx.shape(w)]
  if (image === undefined) return undefined
  if (image.length < 3) ctx.fail(`its input has rank ${image.length}`)
  if (weights !== undefined && weights.length !== image.length) ctx.fail(`weights of rank ${weights.length} for an input of rank ${image.length}`)
  const group = ctx.attributes.int('group', 1)
  if (group < 1) ctx.fail(`group ${group}`)
  if (weights !== undefined && dimDiffers(image[1]!, mulDims(weights[1]!, group))) ctx.fail(`${image[1]} channels, but ${group} groups of ${weights[1]}`)
  const kernel = ctx.attributes.ints('kernel_shape') ?? weights?.slice(2)
  if (kernel === undefined || weights === undefined) return undefined
  if (kernel.length !== image.length - 2) ctx.fail(`kernel_shape [${kernel.join()}] for ${image.length - 2} spatial axes`)
  const outputs = weights[0]!
  if (typeof outputs === 'number' && outputs % group !== 0) ctx.fail(`${outputs} output channels in ${group} groups`)
  return [image[0]!, outputs, ...windowCounts(ctx, image.slice(2), kernel)]
}

interface Convolution {
  readonly x: Buffer
  readonly w: Buffer
  /** What the sums are held as. */
  readonly sums: DType
  /** Applied to elements of the image and, with the output channel, of the weights. */
  readonly onImage?: (e: Expr) => Expr
  readonly onWeight?: (e: Expr, channel: Expr) => Expr
  /** From a sum and its output channel to what is stored. */
  readonly finish: (sum: Expr, channel: Expr) => Expr
}

/**
 * Convolution as one contraction. With groups of several channels the group is an axis of its own, and the sums are
 * renamed to channels afterwards.
 */
export function computeConvolution(k: ComputeContext, { x, w, sums, onImage = e => e, onWeight = e => e, finish }: Convolution): Buffer {
  const group = k.attributes.int('group', 1)
  const [outputs, inner, ...kernel] = w.shape as [number, number, ...number[]]
  const per = outputs / group
  const shape = k.outputShape(0)
  const counts = shape.slice(2)
  const window = windowOf(k, x.shape.slice(2), kernel, counts)
  const zero = constant(0, 'int')
  const dot = (n: Expr, g: Expr, channel: Expr, o: readonly Expr[]): Expr =>
    sum([...(inner === 1 ? [] : [inner]), ...kernel], (...r) => {
      const c = inner === 1 ? zero : r[0]!
      const taps = inner === 1 ? r : r.slice(1)
      const image = readWindow(x, window, counts, [n, g.mul(inner).add(c)], o, taps, 0, onImage)
      return image.mul(onWeight(read(w, [channel, c, ...taps]), channel))
    })
  if (group === 1 || per === 1) {
    return stage(shape, k.outputDType(0), (...i) => finish(dot(i[0]!, group === 1 ? zero : i[1]!, i[1]!, i.slice(2)), i[1]!))
  }
  const grouped = stage([shape[0]!, group, per, ...counts], sums, (...i) => dot(i[0]!, i[1]!, i[1]!.mul(per).add(i[2]!), i.slice(3)))
  return stage(shape, k.outputDType(0), (...i) => finish(read(grouped, [i[0]!, i[1]!.floordiv(per), i[1]!.floormod(per), ...i.slice(2)]), i[1]!))
}

/** What sums of a float dtype are held as between stages. */
export const sumsOf = (dtype: DType): DType => (dtype === 'float16' || dtype === 'bfloat16' ? 'float32' : dtype)
