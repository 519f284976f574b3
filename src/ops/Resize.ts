import type { Buffer, Expr } from '../expr/expr.ts'
import { constant, read, scalarOf, select, stage, sum } from '../expr/expr.ts'
import type { Dim } from '../ir/dim.ts'
import { unknownDim } from '../ir/dim.ts'
import { kindOf, bitsOf } from '../ir/dtype.ts'
import type { DType } from '../ir/dtype.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { staticShape } from '../ir/types.ts'
import { computeInvalid } from './diagnostics.ts'
import { nodeAttributes, shapeOf } from './kit/algebra.ts'
import { axesOf, replaceAt } from './kit/axes.ts'
import { resizeDowngrade, resizeUpgrade } from './kit/resize-versions.ts'
import { resizedByTables } from './kit/resize-graph.ts'
import type { AxisTable, ResizeAxis } from './kit/resize.ts'
import { axisTable, resizeStyle, scaledSize, unknownStyle } from './kit/resize.ts'
import type { AttributeReader, InferContext, Operator } from './operator.ts'

export const Resize: Operator = {
  name: 'Resize',
  linear: true,
  moves: attributes => attributes.string('mode', 'nearest') === 'nearest' && attributes.float('extrapolation_value', 0) === 0,
  host: [1, 2, 3],
  infer(ctx) {
    const shape = ctx.shape(0)
    const unknown = unknownStyle(resizeStyle(ctx.attributes))
    if (unknown !== undefined) ctx.fail(unknown)
    ctx.output(0, ctx.dtype(0), shape && resizedShape(ctx, shape))
  },
  compute(k) {
    const style = resizeStyle(k.attributes)
    const dtype = k.outputDType(0)
    const resizing = { from: k.input(0).shape, to: k.outputShape(0), attributes: k.attributes, numbers: (i: number) => (k.has(i) ? present(k.value(i)) : undefined), fail: (message: string) => k.fail(message) }
    const tables = resizedAxes(resizing).map(a => axisTable(a, style))
    // every axis on its own where many elements are taken, all at once where few are
    const passes = tables.reduce((n, t) => n * t.taps, 1) > 8 ? tables.map(t => [t]) : [tables]
    const between: DType = kindOf(dtype) === 'float' ? (dtype === 'float64' ? 'float64' : 'float32') : 'float64'
    let x = k.input(0)
    passes.forEach((pass, i) => {
      const ends = i === passes.length - 1
      const shape = pass.reduce<readonly number[]>((s, t) => replaceAt(s, t.axis, t.index.shape[0]!), x.shape)
      x = resizePass(x, shape, ends ? dtype : between, pass, ends ? tables : [], k.attributes.float('extrapolation_value', 0))
    })
    return [x]
  },
  decompose(b, node) {
    const [from, to] = [staticShape(shapeOf(node.inputs[0])), staticShape(shapeOf(node.outputs[0]))]
    const fail = (message: string): never => {
      throw computeInvalid(node, message)
    }
    const given = node.inputs.slice(1).some(v => v && !v.isConstant && shapeOf(v)?.[0] !== 0)
    if (given || !from || !to) return undefined
    const numbers = (i: number) => (node.inputs[i]?.isConstant ? present(peekNumbers(node.inputs[i].constant)) : undefined)
    const y = resizedByTables(b, node, resizedAxes({ from, to, attributes: nodeAttributes(node), numbers, fail }))
    return y && [y]
  },
  upgrade: resizeUpgrade,
  downgrade: resizeDowngrade,
}

function resizePass(x: Buffer, shape: readonly number[], dtype: DType, tables: readonly AxisTable[], all: readonly AxisTable[], extrapolated: number): Buffer {
  const blended = tables.some(t => t.weight !== undefined)
  return stage(shape, dtype, (...i) => {
    const value = sum(tables.filter(t => t.taps > 1).map(t => t.taps), (...taps) => {
      let next = 0
      let [weight, at]: [Expr | undefined, Expr[]] = [undefined, [...i]]
      for (const t of tables) {
        const tap = t.taps > 1 ? taps[next++]! : constant(0, 'int')
        at = replaceAt(at, t.axis, read(t.index, [i[t.axis]!, tap]))
        const w = t.weight && read(t.weight, [i[t.axis]!, tap])
        if (w) weight = weight ? weight.mul(w) : w
      }
      const element = read(x, at)
      if (weight === undefined) return element
      const type = element.type === 'float' || element.type === 'double' ? element.type : 'double'
      return element.to(type).mul(weight.to(type))
    })
    const type = scalarOf(dtype)
    const stored = blended ? rounded(value, dtype) : value.to(type)
    const outside = all.flatMap(t => (t.outside ? [read(t.outside, [i[t.axis]!])] : []))
    return outside.length === 0 ? stored : select(outside.reduce((a, b) => a.or(b)), constant(extrapolated, 'double').to(type), stored)
  })
}

/** To the nearest integer, even at halves, within the dtype's range; floats as they are. */
function rounded(e: Expr, dtype: DType): Expr {
  const [kind, bits] = [kindOf(dtype), bitsOf(dtype)]
  if ((kind !== 'int' && kind !== 'uint') || e.type === 'int') return e.to(scalarOf(dtype))
  const [low, high] = kind === 'int' ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1]
  return e.apply('round').clamp(low, high).to(scalarOf(dtype))
}

const present = (values: readonly number[] | undefined): readonly number[] | undefined => (values && values.length > 0 ? values : undefined)

function resizedShape(ctx: InferContext, shape: readonly Dim[]): readonly Dim[] {
  const axes = axesOf(ctx, ctx.attributes.ints('axes') ?? shape.map((_, i) => i), shape.length)
  const scales = ctx.has(2) ? ctx.constant(2) : []
  const sizes = ctx.has(3) ? ctx.shapeValue(3) : []
  const both = (given: readonly unknown[], name: string) => {
    if (given.length !== axes.length) ctx.fail(`${given.length} ${name} for ${axes.length} axes`)
  }
  if (sizes && sizes.length > 0) {
    both(sizes, 'sizes')
    const policy = ctx.attributes.string('keep_aspect_ratio_policy', 'stretch')
    if (policy === 'stretch') return shape.map((d, i) => (axes.includes(i) ? sizes[axes.indexOf(i)]! : d))
    const ratios = axes.map((a, i) => (typeof shape[a] === 'number' && typeof sizes[i] === 'number' ? sizes[i] / (shape[a] as number) : NaN))
    const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios)
    return shape.map((d, i) => (!axes.includes(i) ? d : Number.isNaN(ratio) ? unknownDim() : Math.floor(ratio * (d as number) + 0.5)))
  }
  if (scales && scales.length > 0) {
    both(scales, 'scales')
    if (scales.some(s => !(s > 0))) ctx.fail(`scales [${scales.join()}]`)
    return shape.map((d, i) => (axes.includes(i) ? scaledSize(d, scales[axes.indexOf(i)]!) : d))
  }
  if (scales && sizes) ctx.fail('it has neither scales nor sizes')
  return shape.map((d, i) => (axes.includes(i) ? unknownDim() : d))
}

interface Resizing {
  readonly from: readonly number[]
  readonly to: readonly number[]
  readonly attributes: AttributeReader
  /** The elements of an input, if there are any. */
  numbers(input: number): readonly number[] | undefined
  fail(message: string): never
}

/** The axes whose size or region changes. */
function resizedAxes({ from, to, attributes, numbers, fail }: Resizing): readonly ResizeAxis[] {
  const axes = axesOf({ fail }, attributes.ints('axes') ?? from.map((_, i) => i), from.length)
  const sizes = numbers(3)
  const scales = sizes ? undefined : numbers(2)
  const cropped = attributes.string('coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize'
  const region = cropped ? numbers(1) : undefined
  if (cropped && region?.length !== 2 * axes.length) fail(`a roi of ${region?.length ?? 0} numbers for ${axes.length} axes`)
  const policy = attributes.string('keep_aspect_ratio_policy', 'stretch')
  const ratios = sizes?.map((n, i) => n / from[axes[i]!]!)
  const common = ratios && policy !== 'stretch' ? (policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios)) : undefined
  return axes
    .map((axis, i): ResizeAxis => ({
      axis,
      from: from[axis]!,
      to: to[axis]!,
      scale: common ?? ratios?.[i] ?? scales?.[i] ?? 1,
      region: region ? [region[i]!, region[i + axes.length]!] : [0, 1],
    }))
    .filter(a => a.from !== a.to || a.scale !== 1 || a.region[0] !== 0 || a.region[1] !== 1)
}
