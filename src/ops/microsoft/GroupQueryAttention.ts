import { float } from '../../ir/attribute.ts'
import type { Dim } from '../../ir/dim.ts'
import { floorDivDims, maxDims, mulDims, unknownDim } from '../../ir/dim.ts'
import type { DType } from '../../ir/dtype.ts'
import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { computeInvalid } from '../diagnostics.ts'
import { appendKeys, placing } from '../kit/key-cache.ts'
import { dtypeOf, nodeAttributes } from '../kit/algebra.ts'
import { numberOfDType } from '../kit/datatype.ts'
import { sizeOf } from '../kit/normalize.ts'
import { attend, joinHeads, splitHeads } from '../kit/scaled-product.ts'
import type { AttributeReader, InferContext, Operator } from '../operator.ts'

/** What of a node is not said here. */
function foreign(attributes: AttributeReader, inputs: readonly (Value | undefined)[]): string | undefined {
  if (attributes.int('sliding_window_cache', 0) !== 0) return 'a cache of the size of the window'
  const kinds = ['k', 'v'].map(n => attributes.string(`${n}_quant_type`, 'NONE') !== 'NONE')
  if (kinds.some((kind, i) => kind !== (inputs[12 + i] !== undefined)) || kinds[0] !== kinds[1]) return 'a cache of which one half is quantized, or without scales,'
  if (kinds[0] && (attributes.int('kv_cache_bit_width', 8) !== 8 || dtypeOf(inputs[3]) !== 'int8')) return 'a quantized cache of elements other than int8'
  return undefined
}

/** How keys or values are kept in the cache, and how they are read from it: as they are, or in int8 by scales that broadcast. */
function storage(b: Builder, scale: Value | undefined, dtype: DType): { readonly keep: (x: Value) => Value; readonly read: (x: Value) => Value } {
  if (!scale) return { keep: x => x, read: x => x }
  const cast = (x: Value, to: DType): Value => (dtypeOf(x) === to ? x : b.op('Cast', [x], { to: numberOfDType(to) }))
  const rounded = (x: Value): Value => b.op('Round', [b.op('Div', [cast(x, 'float32'), scale])])
  return {
    keep: x => cast(b.op('Clip', [rounded(x), b.scalar(-128, 'float32'), b.scalar(127, 'float32')]), 'int8'),
    read: x => cast(b.op('Mul', [cast(x, 'float32'), scale]), dtype),
  }
}

function infer(ctx: InferContext): void {
  const [heads, served] = [ctx.attributes.int('num_heads', 0), ctx.attributes.int('kv_num_heads', 0)]
  if (heads < 1 || served < 1 || heads % served !== 0) ctx.fail(`${heads} heads for ${served} of keys`)
  const [q, dtype] = [ctx.shape(0), ctx.dtype(0)]
  if (q && q.length !== 3) ctx.fail(`a query of rank ${q.length}`)
  if (ctx.has(1) !== ctx.has(2) || ctx.has(3) !== ctx.has(4)) ctx.fail('keys and values come together')
  const past = ctx.has(3) ? ctx.shape(3)?.[2] : 0
  const total = ctx.shapeValue(6)?.[0]
  if (typeof total === 'number' && total < 1) ctx.fail(`a total sequence length of ${total}`)
  const columns: Dim = past === undefined || total === undefined ? unknownDim() : maxDims(total, past)
  const size = q && floorDivDims(q[2]!, ctx.has(1) ? heads : heads + 2 * served)
  ctx.output(0, dtype, q && [q[0]!, q[1]!, mulDims(size!, heads)])
  for (const i of [1, 2]) ctx.output(i, ctx.has(i + 2) ? ctx.dtype(i + 2) : dtype, q && [q[0]!, served, columns, size!])
  ctx.output(3, dtype, q && [q[0]!, heads, q[1]!, columns])
}

/** Queries, keys and values, each [batch, heads, length, size], normalized where weights for that are given. */
function operands(b: Builder, { inputs }: { readonly inputs: readonly (Value | undefined)[] }, attributes: AttributeReader): Value[] | undefined {
  const [query, key, value] = inputs
  const [heads, served, width] = [attributes.int('num_heads', 1), attributes.int('kv_num_heads', 1), sizeOf(query, 2)]
  if (width === undefined) return undefined
  const size = width / (key ? heads : heads + 2 * served)
  const parts = key ? [query!, key, value!] : b.ops('Split', [query, b.ints([heads, served, served].map(n => n * size))], 3, { axis: 2 })
  return parts.map((p, i) => {
    const split = splitHeads(b, p, i === 0 ? heads : served)
    const weight = i < 2 ? inputs[14 + i] : undefined
    return weight ? b.op('RMSNormalization', [split, weight], { axis: -1, epsilon: float(attributes.float('qk_norm_epsilon', 1e-6)) }) : split
  })
}

/** Attention whose keys and values have fewer heads than its queries, and a cache of them for each sequence of the batch. */
export const GroupQueryAttention: Operator = {
  name: 'GroupQueryAttention',
  domain: 'com.microsoft',
  host: [6],
  infer,
  decompose(b, node) {
    const attributes = nodeAttributes(node)
    const why = foreign(attributes, node.inputs)
    if (why) throw computeInvalid(node, `${why} is not known here`)
    const [query, , , pastKey, pastValue, lengths, total, cos, sin, positions, added, sink] = node.inputs
    const dtype = dtypeOf(query)
    if (!query || !lengths || !total || dtype === undefined) return undefined
    const parts = operands(b, node, attributes)
    if (!parts) return undefined
    const place = placing(b, { rows: [query, 1], batch: [query, 0], past: pastKey, lengths, total })
    const turned = (x: Value): Value => {
      if (attributes.int('do_rotary', 0) === 0) return x
      const pairs = sizeOf(cos, 1)
      return b.op('RotaryEmbedding', [x, cos, sin, place.positions(positions)], { interleaved: attributes.int('rotary_interleaved', 0), rotary_embedding_dim: pairs === undefined ? 0 : 2 * pairs })
    }
    const [q, k, v] = [turned(parts[0]!), turned(parts[1]!), parts[2]!]
    const stores = [12, 13].map(i => storage(b, node.inputs[i], dtype))
    const [keys, values] = [appendKeys(b, place, pastKey, stores[0]!.keep(k)), appendKeys(b, place, pastValue, stores[1]!.keep(v))]
    const smooth = sink ?? (attributes.int('smooth_softmax', -1) === 1 ? b.op('Unsqueeze', [b.scalar(0, dtype), b.ints([0])]) : undefined)
    const seen = place.seen(attributes.int('causal', 1) !== 0, attributes.int('local_window_size', -1))
    const made = attend(b, {
      heads: [attributes.int('num_heads', 1), attributes.int('kv_num_heads', 1)],
      q,
      k: stores[0]!.read(keys),
      v: stores[1]!.read(values),
      scale: attributes.float('scale', 0) || undefined,
      cap: attributes.float('softcap', 0),
      added: [added && place.widened(added)],
      seen,
      sink: smooth,
    })
    const shown = attributes.int('qk_output', 0)
    return made && [joinHeads(b, made.y), keys, values, node.outputs[3] && (shown === 2 ? made.shares : b.op('Where', [seen, made.logits, b.scalar(0, dtype)]))]
  },
}
