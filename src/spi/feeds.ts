import { dimEquals, substituteDim, sym, symbolsOf } from '../ir/dim.ts'
import type { Dim } from '../ir/dim.ts'
import type { Graph, Value } from '../ir/model.ts'
import type { Datum } from '../ir/tensor.ts'
import { isDictionary, isTensor } from '../ir/tensor.ts'
import type { Type } from '../ir/types.ts'
import { feedDType, feedKind, feedMissing, feedShape, feedUnknown } from './diagnostics.ts'

function checkDatum(input: Value, type: Type | undefined, datum: Datum, bound: Map<string, Dim>): void {
  if (type === undefined) return
  if (type.kind === 'optional') {
    if (datum !== null) checkDatum(input, type.of, datum, bound)
    return
  }
  if (datum === null) throw feedKind(input, datum)
  if (type.kind === 'map') {
    if (!isDictionary(datum) || datum.keys.dtype !== type.key || datum.keys.shape.length !== 1 || datum.values.shape[0] !== datum.keys.shape[0]) throw feedKind(input, datum)
    checkDatum(input, type.of, { ...datum.values, shape: datum.values.shape.slice(1) }, new Map())
    return
  }
  if (type.kind === 'sequence') {
    if (!Array.isArray(datum)) throw feedKind(input, datum)
    for (const item of datum as readonly Datum[]) checkDatum(input, type.of, item, new Map())
    return
  }
  if (type.kind !== 'tensor') return
  if (!isTensor(datum)) throw feedKind(input, datum)
  if (datum.dtype !== type.dtype) throw feedDType(input, datum)
  if (type.shape === undefined) return
  if (type.shape.length !== datum.shape.length) throw feedShape(input, datum)
  type.shape.forEach((dim, axis) => {
    const size = datum.shape[axis]!
    const expected = substituteDim(dim, bound)
    if (typeof expected === 'number') {
      if (expected !== size) throw feedShape(input, datum, typeof dim === 'number' ? '' : `: ${String(dim)} is ${expected} by the other sizes given`)
      return
    }
    const [symbol, ...others] = symbolsOf(expected)
    if (symbol !== undefined && others.length === 0 && dimEquals(expected, sym(symbol))) bound.set(symbol, size)
  })
}

/**
 * The value of each input of a model's graph, from feeds by name. Throws `run.feed.missing`, `run.feed.unknown`,
 * `run.feed.kind`, `run.feed.dtype`, `run.feed.shape`; a symbol must stand for one size in all inputs. Inputs with a
 * default may be left out; so may optional ones.
 */
export function readFeeds(graph: Graph, feeds: ReadonlyMap<string, Datum>): Map<Value, Datum> {
  const inputs = new Map(graph.inputs.map(v => [v.name, v]))
  for (const name of feeds.keys()) if (!inputs.has(name)) throw feedUnknown(name, graph.inputs)
  const out = new Map<Value, Datum>()
  const bound = new Map<string, Dim>()
  for (const input of graph.inputs) {
    const datum = feeds.get(input.name) ?? input.constant ?? (input.type?.kind === 'optional' ? null : undefined)
    if (datum === undefined) throw feedMissing(input)
    checkDatum(input, input.type, datum, bound)
    out.set(input, datum)
  }
  return out
}
