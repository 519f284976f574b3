import { unknownDim } from '../../ir/dim.ts'
import type { DType } from '../../ir/dtype.ts'
import type { Element } from '../kit/elements.ts'
import { tensorOfElements } from '../kit/elements.ts'
import { dictionaryAt, entriesOf } from '../kit/maps.ts'
import type { AttributeReader, Operator } from '../operator.ts'

/** A longer row than any; beyond this a length comes from a broken file. */
const lengthLimit = 2 ** 24

const dtypes: Readonly<Record<string, DType>> = { TO_FLOAT: 'float32', TO_STRING: 'string', TO_INT64: 'int64' }
const dtypeOf = (a: AttributeReader): DType | undefined => dtypes[a.string('cast_to', 'TO_FLOAT')]

/** What stands where a sparse map has no entry; the text is onnxruntime's. */
const nothing = (dtype: DType): Element => (dtype === 'string' ? '0.f' : dtype === 'int64' ? 0n : 0)

export const CastMap: Operator = {
  name: 'CastMap',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const [form, most] = [ctx.attributes.string('map_form', 'DENSE'), ctx.attributes.int('max_map', 1)]
    if (form !== 'DENSE' && form !== 'SPARSE') ctx.fail(`map_form ${form}`)
    if (form === 'SPARSE' && (most < 1 || most > lengthLimit)) ctx.fail(`max_map ${most}`)
    ctx.output(0, dtypeOf(ctx.attributes) ?? ctx.fail('a cast_to that is not known'), [1, form === 'SPARSE' ? most : unknownDim()])
  },
  evaluate(ctx) {
    const map = dictionaryAt(ctx, 0)
    const dtype = dtypeOf(ctx.attributes) ?? ctx.fail('a cast_to that is not known')
    const entries = [...entriesOf(map)].sort(([a], [b]) => (a < b ? -1 : 1))
    // onnxruntime writes floats with six digits after the point
    const said = (x: Element): Element => (dtype === 'string' && typeof x === 'number' ? x.toFixed(6) : x)
    const tensor = (elements: readonly Element[]) => tensorOfElements(dtype, [1, elements.length], elements, map.values.dtype, { saturate: true, rounding: 'up' })
    if (ctx.attributes.string('map_form', 'DENSE') === 'DENSE') return [tensor(entries.map(([, v]) => said(v)))]
    const most = ctx.attributes.int('max_map', 1)
    const out = Array.from({ length: most }, () => nothing(dtype))
    for (const [key, value] of entries) {
      if (Number(key) < 0 || Number(key) >= most) ctx.fail(`key ${key} of at most ${most}`)
      out[Number(key)] = said(value)
    }
    return [tensor(out)]
  },
}
