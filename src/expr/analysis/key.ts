import type { Buffer, Expr, Var } from '../expr.ts'
import { expressionsOf, orderStages } from './stages.ts'
import { childrenOf } from './table.ts'

/**
 * A text that is equal for computations of equal structure: the same stages over inputs of the same shapes and dtypes,
 * whatever objects say them.
 */
export function structuralKey(inputs: readonly Buffer[], outputs: readonly Buffer[]): string {
  const lines: string[] = []
  const ids = new Map<object, number>()
  const numberOf = (x: object): number => {
    let id = ids.get(x)
    if (id === undefined) ids.set(x, (id = ids.size))
    return id
  }
  const byText = new Map<string, number>()
  const texts = new Map<Expr, number>()
  const type = (b: Buffer): string => `${b.dtype}[${b.shape.join()}]${b.range ? `<${b.range.join()}>` : ''}`
  const variable = (v: Var): string => `${numberOf(v)}:${v.node.extent}`
  const go = (e: Expr): number => {
    const known = texts.get(e)
    if (known !== undefined) return known
    const c = childrenOf(e).map(go).join()
    const n = e.node
    const text =
      n.kind === 'const' ? `${e.type} ${Object.is(n.value, -0) ? '-0' : n.value}`
      : n.kind === 'var' ? `v${variable(e as Var)}`
      : n.kind === 'read' ? `b${numberOf(n.buffer)}[${c}]`
      : n.kind === 'reduce' ? `${n.op}{${n.vars.map(variable).join()}}${c}`
      : n.kind === 'select' ? `?${c}`
      : n.kind === 'cast' ? `${e.type}(${c})`
      : `${n.op}(${c})`
    let id = byText.get(text)
    if (id === undefined) {
      byText.set(text, (id = byText.size))
      lines.push(text)
    }
    texts.set(e, id)
    return id
  }
  for (const b of inputs) lines.push(`in b${numberOf(b)} ${type(b)}`)
  for (const b of orderStages(outputs, new Set(inputs))) {
    const { axes, fill } = b.stage!
    lines.push(`stage b${numberOf(b)} ${type(b)} ${axes.map(variable).join()}`)
    const roots = expressionsOf(b.stage!).map(go).join()
    const how = fill.kind === 'map' ? '' : fill.kind === 'scan' ? `scan ${fill.op} ${fill.axis}` : `scatter ${fill.op} ${fill.over.map(variable).join()}`
    lines.push(`= ${roots} ${how}`)
  }
  lines.push(`out ${outputs.map(b => `b${numberOf(b)} ${type(b)}`).join()}`)
  return lines.join('\n')
}

/** A bounded store by key that forgets what was asked for longest ago. */
export class Cache<V> {
  readonly #entries = new Map<string, V>()
  readonly #limit: number
  constructor(limit: number) {
    this.#limit = limit
  }
  get(key: string, make: () => V): V {
    let value = this.#entries.get(key)
    if (value === undefined) value = make()
    else this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#limit) this.#entries.delete(this.#entries.keys().next().value!)
    return value
  }
}
