import type { Element } from '../kit/elements.ts'
import { tensorOfElements } from '../kit/elements.ts'
import { dictionaryAt, entriesOf } from '../kit/maps.ts'
import type { AttributeReader, Operator } from '../operator.ts'

const vocabulary = (a: AttributeReader): readonly Element[] => {
  const strings = a.strings('string_vocabulary')
  return strings?.length ? strings : (a.bigints('int64_vocabulary') ?? [])
}

/** The output is one row of a matrix, as onnxruntime has it and models expect. */
export const DictVectorizer: Operator = {
  name: 'DictVectorizer',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const [type, words] = [ctx.type(0), vocabulary(ctx.attributes)]
    if (words.length === 0) ctx.fail('no vocabulary')
    ctx.output(0, type?.kind === 'map' && type.of?.kind === 'tensor' ? type.of.dtype : undefined, [1, words.length])
  },
  evaluate(ctx) {
    const map = dictionaryAt(ctx, 0)
    const [{ dtype }, known, words] = [map.values, new Map(entriesOf(map)), vocabulary(ctx.attributes)]
    const none: Element = dtype === 'string' ? '' : dtype === 'int64' ? 0n : 0
    return [tensorOfElements(dtype, [1, words.length], words.map(w => known.get(w) ?? none), dtype, { saturate: true, rounding: 'up' })]
  },
}
