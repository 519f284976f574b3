/** An equation of Einsum with every axis spelt as one label; those that an ellipsis stands for are `0`, `1`, ... from the right. */
export interface Equation {
  readonly inputs: readonly (readonly string[])[]
  readonly output: readonly string[]
}

/** Reads an equation for operands of these ranks; undefined when it is not one. */
export function parseEquation(text: string, ranks: readonly number[]): Equation | undefined {
  const [left, right, ...more] = text.replace(/\s/g, '').split('->')
  const terms = left!.split(',')
  if (more.length > 0 || terms.length !== ranks.length) return undefined
  const dots = terms.map((t, i) => (t.includes('...') ? ranks[i]! - (t.length - 3) : 0))
  const hidden = Math.max(0, ...dots)
  if (dots.some(n => n < 0)) return undefined
  const spelt = (term: string, count: number): readonly string[] | undefined => {
    const parts = term.split('...')
    const labels = [...parts.join('')]
    if (parts.length > 2 || !labels.every(c => /[a-zA-Z]/.test(c))) return undefined
    const places = Array.from({ length: count }, (_, i) => String(count - 1 - i))
    return parts.length === 1 ? labels : [...parts[0]!, ...places, ...parts[1]!]
  }
  const inputs = terms.map((t, i) => spelt(t, dots[i]!))
  if (!inputs.every((labels, i) => labels?.length === ranks[i])) return undefined
  const all = (inputs as string[][]).flat()
  const once = [...new Set(all)].filter(c => /[a-zA-Z]/.test(c) && all.filter(d => d === c).length === 1).sort()
  const output = right === undefined ? [...Array.from({ length: hidden }, (_, i) => String(hidden - 1 - i)), ...once] : spelt(right, hidden)
  if (output === undefined || new Set(output).size !== output.length || !output.every(c => all.includes(c))) return undefined
  return { inputs: inputs as string[][], output }
}
