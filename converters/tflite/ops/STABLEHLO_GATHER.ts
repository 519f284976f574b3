import type { Value } from '../../../src/ir/model.ts'
import type { AttributeReader } from '../../../src/ops/operator.ts'
import { sizesOf } from '../../../src/passes/kit/values.ts'
import { optionsOf } from '../kit/attributes.ts'
import { hloNumbers } from '../kit/hlo.ts'
import { placesOf } from '../kit/places.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

const formOf = (a: AttributeReader) => ({
  offsets: a.ints('offset_dims') ?? [],
  collapsed: a.ints('collapsed_slice_dims') ?? [],
  map: a.ints('start_index_map') ?? [],
  vectorAxis: a.int('index_vector_dim', 0),
  window: a.ints('slice_sizes') ?? [],
})

/** Windows of the data where index vectors say; those that would leave it are moved inside. */
export const STABLEHLO_GATHER: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_GATHER',
  options: 'StablehloGatherOptions',
  infer(ctx) {
    const [shape, starts, form] = [ctx.shape(0), ctx.shape(1), formOf(ctx.attributes)]
    if (shape && form.window.length !== shape.length) ctx.fail(`windows of rank ${form.window.length} of [${shape.join()}]`)
    const batch = starts?.filter((_, i) => i !== form.vectorAxis)
    const kept = form.window.filter((_, i) => !form.collapsed.includes(i))
    if (batch === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    if (kept.length !== form.offsets.length || form.offsets.some(a => a < 0 || a >= kept.length + batch.length)) ctx.fail(`${form.offsets.join()} for windows of ${kept.length} axes`)
    const [before, inner] = [batch[Symbol.iterator](), kept[Symbol.iterator]()]
    ctx.output(0, ctx.dtype(0), Array.from({ length: kept.length + batch.length }, (_, i) => (form.offsets.includes(i) ? inner.next().value! : before.next().value!)))
  },
  decompose(b, node) {
    const [x, starts] = node.inputs as [Value, Value]
    const [shape, form] = [sizesOf(x), formOf(optionsOf(node))]
    const places = shape && placesOf(b, starts, shape, { ...form, clamped: true })
    if (shape === undefined || places === undefined) return undefined
    const rows = b.op('Gather', [b.op('Reshape', [x, b.ints([places.chunks, places.chunk])], { allowzero: true }), places.at], { axis: 0 })
    const kept = form.window.filter((_, i) => !form.collapsed.includes(i))
    const result = b.op('Reshape', [rows, b.ints([...places.batch, ...kept])], { allowzero: true })
    let [before, inner] = [0, places.batch.length]
    const perm = [...places.batch, ...kept].map((_, i) => (form.offsets.includes(i) ? inner++ : before++))
    return [perm.every((p, i) => p === i) ? result : b.op('Transpose', [result], { perm })]
  },
  takes: { dtypes: [[...hloNumbers, 'bool'], ['int32', 'int64']] },
})
