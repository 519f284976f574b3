import type { Dim } from '../../ir/dim.ts'
import type { InferContext } from '../operator.ts'

/** [batch, length, size] of what words stand for: IDs [batch, length] are input 0, the table of words [words, size] input 2, segment IDs and their table inputs 1 and 4. Fails for other ranks. */
export function embeddedShape(ctx: InferContext): readonly Dim[] | undefined {
  const [ids, words] = [ctx.shape(0), ctx.shape(2)]
  if (ids && ids.length !== 2) ctx.fail(`word IDs of rank ${ids.length}`)
  if (words && words.length !== 2) ctx.fail(`a table of words of rank ${words.length}`)
  if (ctx.has(1) !== ctx.has(4)) ctx.fail('segment IDs and their table come together')
  return ids && words && [...ids, words[1]!]
}
