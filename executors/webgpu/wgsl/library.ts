import { bitFunctions } from './functions/bits.ts'
import { exponentialFunctions } from './functions/exponentials.ts'
import { floatFunctions } from './functions/floats.ts'
import { integerFunctions } from './functions/integers.ts'
import { longFunctions } from './functions/longs.ts'
import { smallFunctions } from './functions/small.ts'
import { trigonometricFunctions } from './functions/trigonometry.ts'

/** WGSL declarations by name. One that calls others needs no more than to name them. */
export type Library = Readonly<Record<string, string>>

const library: Library = {
  ...bitFunctions, ...integerFunctions, ...longFunctions, ...floatFunctions, ...exponentialFunctions, ...trigonometricFunctions, ...smallFunctions,
}

/** The declarations that some code needs, each once, in a fixed order. */
export function declarationsFor(code: string): string {
  const found = new Set<string>()
  const see = (text: string): void => {
    for (const [word] of text.matchAll(/\b[A-Za-z_]\w*\b/g)) {
      if (found.has(word) || !Object.hasOwn(library, word)) continue
      found.add(word)
      see(library[word]!)
    }
  }
  see(code)
  return Object.keys(library).filter(name => found.has(name)).map(name => `${library[name]}\n`).join('')
}
