import type { Value } from '../../../src/ir/model.ts'
import { elementCount } from '../../../src/ir/types.ts'
import { sizesOf } from '../../../src/passes/kit/values.ts'
import { optionsOf } from '../kit/attributes.ts'
import { hloNumbers } from '../kit/hlo.ts'
import { joinOf } from '../kit/join.ts'
import { placesOf } from '../kit/places.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

const reductions: Readonly<Record<string, string>> = { put: 'none', add: 'add', mul: 'mul', min: 'min', max: 'max' }

/** Data, index vectors and windows that a subgraph joins with what is there; elements outside are left out. Taken apart where the subgraph is one operator. */
export const STABLEHLO_SCATTER: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_SCATTER',
  options: 'StablehloScatterOptions',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  decompose(b, node) {
    const [x, starts, updates] = node.inputs as [Value, Value, Value]
    const a = optionsOf(node)
    const reduction = reductions[joinOf(a.graph('update_computation_subgraph')) ?? '']
    const [shape, given, dtype] = [sizesOf(x), sizesOf(updates), dtypeOf(x)]
    const [windowAxes, inserted] = [a.ints('update_window_dims') ?? [], a.ints('inserted_window_dims') ?? []]
    if (reduction === undefined || !shape || !given || dtype === undefined || node.inputs.length !== 3 || windowAxes.some(i => given[i] === undefined)) return undefined
    const sizes = windowAxes.map(i => given[i]!)
    if (sizes.length + inserted.length !== shape.length) return undefined
    let taken = 0
    const window = shape.map((_, i) => (inserted.includes(i) ? 1 : sizes[taken++]!))
    const places = placesOf(b, starts, shape, { map: a.ints('scatter_dims_to_operand_dims') ?? [], window, vectorAxis: a.int('index_vector_dim', 0), clamped: false })
    if (places === undefined) return undefined
    const perm = [...given.keys()].filter(i => !windowAxes.includes(i)).concat(windowAxes)
    const ordered = perm.every((p, i) => p === i) ? updates : b.op('Transpose', [updates], { perm })
    const count = elementCount(places.batch) * elementCount(window.slice(0, places.whole))
    const rows = b.op('Reshape', [ordered, b.ints([count, places.chunk])], { allowzero: true })
    // what lies outside goes to a row behind the others, which is cut off again
    const at = b.op('Reshape', [b.op('Where', [places.inside, places.at, b.int(places.chunks)]), b.ints([count, 1])])
    const flat = b.op('Reshape', [x, b.ints([places.chunks, places.chunk])], { allowzero: true })
    const room = b.op('Concat', [flat, b.op('Expand', [b.scalar(0, dtype), b.ints([1, places.chunk])])], { axis: 0 })
    const all = b.op('ScatterND', [room, at, rows], { reduction })
    return [b.op('Reshape', [b.op('Slice', [all, b.ints([0]), b.ints([places.chunks]), b.ints([0])]), b.ints(shape)], { allowzero: true })]
  },
  takes: { dtypes: [[...hloNumbers, 'bool'], ['int32', 'int64']] },
})
