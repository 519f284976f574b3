import { unknownDim } from '../ir/dim.ts'
import { stringTensor } from '../ir/tensor.ts'
import type { EvaluateContext, Operator } from './operator.ts'

/** `en_US.UTF-8` as the tag `en-US`; the C locale has none. */
function languageOf(ctx: EvaluateContext): string | undefined {
  const locale = ctx.attributes.string('locale', 'en_US')
  const tag = locale.replace(/[.@].*$/s, '').replaceAll('_', '-')
  if (tag === '' || tag === 'C' || tag === 'POSIX') return undefined
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return ctx.fail(`locale ${locale}`)
  }
}

export const StringNormalizer: Operator = {
  name: 'StringNormalizer',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape && (shape.length > 2 || shape.length < 1 || (shape.length === 2 && typeof shape[0] === 'number' && shape[0] !== 1))) ctx.fail(`a shape of [${shape.join(', ')}]`)
    const count = ctx.attributes.strings('stopwords')?.length || shape?.at(-1) === 0 ? unknownDim() : shape?.at(-1)
    ctx.output(0, 'string', shape && [...shape.slice(0, -1), count!])
  },
  evaluate(ctx) {
    const { shape, strings = [] } = ctx.tensor(0)
    const [language, action, sensitive] = [languageOf(ctx), ctx.attributes.string('case_change_action', 'NONE'), ctx.attributes.int('is_case_sensitive', 0) !== 0]
    const lower = (s: string): string => s.toLocaleLowerCase(language ?? 'en')
    const change = action === 'LOWER' ? lower : action === 'UPPER' ? (s: string) => s.toLocaleUpperCase(language ?? 'en') : action === 'NONE' ? (s: string) => s : ctx.fail(`case_change_action ${action}`)
    const form = sensitive ? (s: string) => s : lower
    const stops = new Set((ctx.attributes.strings('stopwords') ?? []).map(form))
    const kept = strings.filter(s => !stops.has(form(s))).map(change)
    if (kept.length === 0) kept.push('')
    return [stringTensor([...shape.slice(0, -1), kept.length], kept)]
  },
}
