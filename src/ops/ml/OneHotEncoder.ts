import { float32Tensor } from '../../ir/tensor.ts'
import { elementCount } from '../../ir/types.ts'
import type { Element } from '../kit/elements.ts'
import { elementsOf } from '../kit/elements.ts'
import type { AttributeReader, Operator } from '../operator.ts'

const categories = (a: AttributeReader): readonly Element[] => a.bigints('cats_int64s') ?? a.strings('cats_strings') ?? []

/** Numbers are cut to integers; those that are none belong to no category. */
const keyOf = (x: Element): Element | undefined => (typeof x !== 'number' ? x : Number.isFinite(x) ? BigInt(Math.trunc(x)) : undefined)

export const OneHotEncoder: Operator = {
  name: 'OneHotEncoder',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const [cats, shape] = [categories(ctx.attributes), ctx.shape(0)]
    if (cats.length === 0) ctx.fail('no categories')
    ctx.output(0, 'float32', shape && [...shape, cats.length])
  },
  evaluate(ctx) {
    const [x, cats] = [ctx.tensor(0), categories(ctx.attributes)]
    const places = new Map(cats.map((c, i) => [c, i]))
    const out = new Float32Array(elementCount(x.shape) * cats.length)
    elementsOf(x).forEach((e, i) => {
      const place = places.get(keyOf(e) ?? '')
      if (place !== undefined) out[i * cats.length + place] = 1
      else if (ctx.attributes.int('zeros', 1) === 0) ctx.fail(`${JSON.stringify(String(e).slice(0, 80))} is in no category`)
    })
    return [float32Tensor(out, [...x.shape, cats.length])]
  },
}
