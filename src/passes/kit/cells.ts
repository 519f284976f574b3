import type { AttributeInit } from '../../ir/attribute.ts'
import { floats } from '../../ir/attribute.ts'
import { dimEquals } from '../../ir/dim.ts'
import type { Value } from '../../ir/model.ts'
import type { Block, Columns, Stretch, Summands } from './columns.ts'
import { columnsOf, madeBy, numberOf, sameColumns, summandsOf } from './columns.ts'
import type { Element, State, Steps } from './loops.ts'
import { floatOf, shapeOf } from './values.ts'

/** One gate: a matrix for the input, one for the state, and what is added. */
interface Gate {
  readonly input: Block
  readonly recurrent: Block
  readonly constants: readonly Stretch[]
  /** Added within the recurrence: the candidate of a GRU that resets after the product. */
  readonly recurrentConstants: readonly Stretch[]
}

/** What a step comes to: a recurrent operator of ONNX, its gates in ONNX's order. */
export interface Cell {
  readonly op: 'LSTM' | 'GRU' | 'RNN'
  readonly source: Element
  readonly hidden: number
  /** The output first. */
  readonly states: readonly State[]
  readonly gates: readonly Gate[]
  readonly attributes: Readonly<Record<string, AttributeInit>>
}

interface Activation {
  readonly name: string
  readonly alpha?: number
  readonly beta?: number
  readonly of: Columns
}

/** Activations that ONNX's recurrent operators know, with the usual values of their coefficients as operators. */
const activations: Readonly<Record<string, { readonly alpha?: number; readonly beta?: number }>> = {
  Sigmoid: {}, Tanh: {}, Relu: {}, Softsign: {}, Softplus: {}, HardSigmoid: { alpha: 0.2, beta: 0.5 }, LeakyRelu: { alpha: 0.01 }, Elu: { alpha: 1 },
}

function activationOf(columns: Columns): Activation | undefined {
  const made = madeBy(columns, Object.keys(activations))
  const usual = made && activations[made.node.op]
  return made && usual && {
    name: made.node.op,
    of: made.inputs[0]!,
    ...(usual.alpha !== undefined && { alpha: floatOf(made.node, 'alpha', usual.alpha) }),
    ...(usual.beta !== undefined && { beta: floatOf(made.node, 'beta', usual.beta) }),
  }
}

const sameActivation = (a: Activation, b: Activation): boolean => a.name === b.name && a.alpha === b.alpha && a.beta === b.beta

function attributesFor(list: readonly Activation[], usual: readonly string[]): Record<string, AttributeInit> {
  if (list.every((a, i) => a.name === usual[i])) return {}
  const [alphas, betas] = [list.flatMap(a => a.alpha ?? []), list.flatMap(a => a.beta ?? [])]
  return { activations: list.map(a => a.name), ...(alphas.length > 0 && { activation_alpha: floats(alphas) }), ...(betas.length > 0 && { activation_beta: floats(betas) }) }
}

/** What columns take from one. */
function complement(columns: Columns): Columns | undefined {
  const less = madeBy(columns, ['Sub'])
  if (less) return numberOf(less.inputs[0]!) === 1 ? less.inputs[1] : undefined
  const inputs = madeBy(columns, ['Add'])?.inputs ?? []
  const one = inputs.findIndex(c => numberOf(c) === 1)
  return one < 0 ? undefined : madeBy(inputs[1 - one]!, ['Neg'])?.inputs[0]
}

/** Reads the gates of one step. */
class Reader {
  readonly steps: Steps
  readonly output: State
  readonly hidden: number
  source: Element | undefined

  constructor(steps: Steps, output: State, hidden: number) {
    this.steps = steps
    this.output = output
    this.hidden = hidden
  }
  whole(value: Value): Columns {
    return { value, start: 0, count: this.hidden }
  }
  isState(columns: Columns, state = this.output): boolean {
    return sameColumns(columns, this.whole(state.before))
  }
  /** Whether this is the input, the whole of it, and the same in every gate. `like` is an entry of what was worked out of it before the loop. */
  takes({ value, start, count }: Columns, like?: Element): boolean {
    const found = like ? { ...like, sequence: value } : this.steps.elementOf(value)
    const shape = shapeOf(found?.sequence)
    if (found === undefined || shape?.length !== 3 || found.axis > 1 || start !== 0 || shape[2] !== count || !dimEquals(shape[found.axis]!, this.steps.length)) return false
    const known = this.source
    if (known && (known.sequence !== found.sequence || known.axis !== found.axis || known.back !== found.back)) return false
    this.source = found
    return true
  }
  /** The matrices of the input and of the state (or of what `recurrent` says), and what else is added. */
  gate(columns: Columns, recurrent = (of: Columns): boolean => this.isState(of)): (Omit<Gate, 'recurrent'> & { readonly recurrent: Block | undefined; readonly others: Summands['others'] }) | undefined {
    let before: Element | undefined
    const parts = columns.count !== this.hidden ? undefined : summandsOf(columns, c => {
      before = this.steps.elementOf(c.value)
      return before && { ...c, value: before.sequence }
    })
    let [input, state]: (Block | undefined)[] = []
    for (const { of, by, outside } of parts?.products ?? []) {
      if (by.columns !== this.hidden) return undefined
      if (!outside && !state && by.rows === this.hidden && recurrent(of)) state = by
      else if (!input && this.takes(of, outside ? before : undefined)) input = by
      else return undefined
    }
    return parts && input && { input, recurrent: state, constants: parts.constants, recurrentConstants: [], others: parts.others }
  }
  /** A gate of nothing but the two products and constants. */
  plain(columns: Columns): Gate | undefined {
    const gate = this.gate(columns)
    return gate?.recurrent && gate.others.length === 0 ? { ...gate, recurrent: gate.recurrent } : undefined
  }
}

type Found = Pick<Cell, 'op' | 'gates' | 'attributes'> & { readonly states: readonly State[] }

function rnnOf(read: Reader): Found | undefined {
  const activation = activationOf(read.whole(read.output.after))
  const gate = activation && read.plain(activation.of)
  return gate && { op: 'RNN', gates: [gate], states: [read.output], attributes: attributesFor([activation], ['Tanh']) }
}

/** Both orders of two. */
const orders = <T>([a, b]: readonly T[]): (readonly [T, T])[] => (a === undefined || b === undefined ? [] : [[a, b], [b, a]])

function lstmOf(read: Reader, memory: State): Found | undefined {
  const next = read.whole(memory.after)
  const terms = madeBy(next, ['Add'])?.inputs.map(c => madeBy(c, ['Mul'])?.inputs)
  for (const [out, seen] of orders(madeBy(read.whole(read.output.after), ['Mul'])?.inputs ?? [])) {
    const [o, h] = [activationOf(out), activationOf(seen)]
    if (!o || !h || !sameColumns(h.of, next)) continue
    for (const [kept, entering] of orders(terms ?? [])) {
      const forget = orders(kept ?? []).find(([, before]) => read.isState(before, memory))
      const f = forget && activationOf(forget[0])
      const [a, b] = (entering ?? []).map(activationOf)
      if (!f || !a || !b || !sameActivation(f, o)) continue
      const [i, g] = sameActivation(a, f) ? [a, b] : [b, a]
      if (!sameActivation(i, f)) continue
      const gates = [i, o, f, g].map(gate => read.plain(gate.of))
      if (!gates.every(gate => gate !== undefined)) return undefined
      return { op: 'LSTM', gates, states: [read.output, memory], attributes: attributesFor([f, g, h], ['Sigmoid', 'Tanh', 'Tanh']) }
    }
  }
  return undefined
}

/** The candidate of a GRU, and the gate that says how much of the state stays; `turned` where that gate says how much goes. */
interface Blend {
  readonly update: Columns
  readonly candidate: Columns
  readonly turned: boolean
}

/** Every way to read a sum as a blend of the state and a candidate. */
function blendsOf(read: Reader): Blend[] {
  const inputs = madeBy(read.whole(read.output.after), ['Add'])?.inputs ?? []
  return orders(inputs).flatMap(([first, second]): Blend[] => {
    const factors = madeBy(second, ['Mul'])?.inputs ?? []
    const states = orders(factors).filter(([, s]) => read.isState(s)).flatMap(([share]) =>
      orders(madeBy(first, ['Mul'])?.inputs ?? []).flatMap(([other, candidate]): Blend[] => {
        const [own, turned] = [complement(other), complement(share)]
        if (own && sameColumns(own, share)) return [{ update: share, candidate, turned: false }]
        return turned && sameColumns(turned, other) ? [{ update: other, candidate, turned: true }] : []
      }))
    // a + z (b - a): the state is b, or a
    const steps = orders(factors).flatMap(([share, difference]): Blend[] => {
      const [to, from] = madeBy(difference, ['Sub'])?.inputs ?? []
      if (!to || !from || !sameColumns(from, first)) return []
      if (read.isState(to)) return [{ update: share, candidate: first, turned: false }]
      return read.isState(first) ? [{ update: share, candidate: to, turned: true }] : []
    })
    return [...states, ...steps]
  })
}

const negated = (gate: Gate): Gate => ({
  ...gate,
  input: { ...gate.input, scale: -gate.input.scale },
  recurrent: { ...gate.recurrent, scale: -gate.recurrent.scale },
  constants: gate.constants.map(c => ({ ...c, scale: -c.scale })),
})

/** The candidate's gate, and the columns of the reset gate before its activation. */
function candidateOf(read: Reader, columns: Columns): { readonly gate: Gate; readonly reset: Columns; readonly linear: boolean } | undefined {
  const product = (of: Columns): readonly Columns[] | undefined => orders(madeBy(of, ['Mul'])?.inputs ?? []).find(([, state]) => read.isState(state))
  let reset: Columns | undefined
  const direct = read.gate(columns, of => (reset = product(of)?.[0]) !== undefined)
  if (direct?.recurrent && reset && direct.others.length === 0) return { gate: { ...direct, recurrent: direct.recurrent }, reset, linear: false }
  const [only, ...more] = direct?.others ?? []
  if (!direct || direct.recurrent || !only || only.scale !== 1 || more.length > 0) return undefined
  for (const [share, recurrence] of orders(madeBy(only.what, ['Mul'])?.inputs ?? [])) {
    if (!activationOf(share) || recurrence.count !== read.hidden) continue
    const parts = summandsOf(recurrence)
    const [one, ...rest] = parts?.products ?? []
    if (!parts || !one || rest.length > 0 || parts.others.length > 0 || one.by.columns !== read.hidden || one.by.rows !== read.hidden || !read.isState(one.of)) continue
    return { gate: { ...direct, recurrent: one.by, recurrentConstants: parts.constants }, reset: share, linear: true }
  }
  return undefined
}

function gruOf(read: Reader): Found | undefined {
  for (const blend of blendsOf(read)) {
    const [update, g] = [activationOf(blend.update), activationOf(blend.candidate)]
    const candidate = g && candidateOf(read, g.of)
    const reset = candidate && activationOf(candidate.reset)
    // 1 - sigmoid(x) is sigmoid(-x)
    if (!update || !reset || !sameActivation(update, reset) || (blend.turned && update.name !== 'Sigmoid')) continue
    const [z, r] = [read.plain(update.of), read.plain(reset.of)]
    if (!z || !r) continue
    return {
      op: 'GRU', gates: [blend.turned ? negated(z) : z, r, candidate.gate], states: [read.output],
      attributes: { ...attributesFor([update, g], ['Sigmoid', 'Tanh']), ...(candidate.linear && { linear_before_reset: 1 }) },
    }
  }
  return undefined
}

/** A cell has two; counters and the like may be beside them. */
const mostStates = 32

/** The recurrent operator that a loop spells out, wherever it is one. */
export function cellOf(steps: Steps): Cell | undefined {
  if (steps.states.length > mostStates) return undefined
  for (const output of steps.states) {
    const hidden = columnsOf(output.before)?.count
    if (hidden === undefined || shapeOf(output.before)?.length !== 2 || columnsOf(output.after)?.count !== hidden) continue
    const tries = [...steps.states.filter(s => s !== output && columnsOf(s.before)?.count === hidden).map(s => (read: Reader) => lstmOf(read, s)), gruOf, rnnOf]
    for (const find of tries) {
      const read = new Reader(steps, output, hidden)
      const found = find(read)
      if (found && read.source) return { ...found, source: read.source, hidden }
    }
  }
  return undefined
}
