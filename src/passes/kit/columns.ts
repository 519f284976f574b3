import type { Node, Value } from '../../ir/model.ts'
import type { Tensor } from '../../ir/tensor.ts'
import type { Dim } from '../../ir/dim.ts'
import { dimEquals } from '../../ir/dim.ts'
import { cutsOf } from './cuts.ts'
import { constantOf, dtypeOf, floatOf, intOf, numbersOf, permOf, rankOf, shapeOf, sizesOf } from './values.ts'
import { isWeightDType } from './weights.ts'

/** Some entries of the last axis of a value. */
export interface Columns {
  readonly value: Value
  readonly start: number
  readonly count: number
}

/** A matrix inside a constant of two axes: `rows` from `row` on by `columns` from `column` on, the constant `turned` or not, times `scale`. */
export interface Block {
  readonly tensor: Tensor
  readonly turned: boolean
  readonly row: number
  readonly rows: number
  readonly column: number
  readonly columns: number
  readonly scale: number
}

/** A stretch of a constant times `scale`; one number for all where `one`. */
export interface Stretch {
  readonly tensor: Tensor
  readonly start: number
  readonly one: boolean
  readonly scale: number
}

/** A sum taken apart: products with constant matrices, constants, and what is neither. */
export interface Summands {
  /** `outside`: found behind what `beyond` said. */
  readonly products: readonly { readonly of: Columns; readonly by: Block; readonly outside: boolean }[]
  readonly constants: readonly Stretch[]
  readonly others: readonly { readonly what: Columns; readonly scale: number }[]
}

const widthOf = (value: Value | undefined): number | undefined => {
  const size = shapeOf(value)?.at(-1)
  return typeof size === 'number' ? size : undefined
}

/** All columns of a value whose last axis has a known size. */
export const columnsOf = (value: Value | undefined): Columns | undefined => {
  const count = widthOf(value)
  return value === undefined || count === undefined ? undefined : { value, start: 0, count }
}

/** Whether a node only puts in, or takes out, axes of size 1 in front of a last axis that stays. */
function keepsRows(node: Node): boolean {
  const [from, to] = [shapeOf(node.inputs[0]), shapeOf(node.outputs[0])]
  if (from === undefined || to === undefined || from.length === 0 || to.length === 0 || !dimEquals(from.at(-1)!, to.at(-1)!)) return false
  const rowsOf = (shape: readonly Dim[]): readonly Dim[] => shape.slice(0, -1).filter(d => d !== 1)
  const [a, b] = [rowsOf(from), rowsOf(to)]
  return a.length === b.length && a.every((d, i) => dimEquals(d, b[i]!))
}

/** Columns where they come from, through what cuts, joins and names them. */
export function peel(columns: Columns): Columns {
  let { value, start } = columns
  for (;;) {
    const node = value.producer?.node
    const rank = rankOf(value)
    const source = node?.inputs[0]
    if (node === undefined || source === undefined || rank === undefined || rank === 0) break
    const axis = intOf(node, 'axis', 0)
    if (node.qualified === 'Identity' || (['Squeeze', 'Unsqueeze', 'Reshape'].includes(node.qualified) && keepsRows(node))) value = source
    else if (node.qualified === 'Split' && (axis === rank - 1 || axis === -1)) {
      const widths = node.outputs.map(widthOf)
      const before = widths.slice(0, value.producer!.index)
      if (before.some(n => n === undefined)) break
      start += (before as number[]).reduce((a, b) => a + b, 0)
      value = source
    } else if (node.qualified === 'Slice') {
      const cuts = cutsOf(node)
      const width = widthOf(source)
      const last = cuts?.get(rank - 1)
      const whole = [...(cuts ?? [])].every(([a, [from, to, step]]) => step === 1 && (a === rank - 1 || (from === 0 && to >= 2 ** 31 - 1)))
      if (!cuts || !whole || width === undefined) break
      const from = last?.[0] ?? 0
      start += Math.min(width, from < 0 ? Math.max(0, from + width) : from)
      value = source
    } else if (node.qualified === 'Concat' && (axis === rank - 1 || axis === -1)) {
      const piece = piecesOf({ value, start: 0, count: widthOf(value) ?? 0 }, false)?.find(p => start >= p.at && start + columns.count <= p.at + p.count)
      if (piece === undefined) break
      start += piece.start - piece.at
      value = piece.value
    } else break
  }
  return { value, start, count: columns.count }
}

/** What lies side by side in a value, and where; the value itself when nothing is joined. */
function piecesOf(columns: Columns, through = true): (Columns & { readonly at: number })[] | undefined {
  const { value, start, count } = through ? peel(columns) : columns
  const node = value.producer?.node
  const axis = node ? intOf(node, 'axis', 0) : 0
  if (node?.qualified !== 'Concat' || (axis !== -1 && axis !== (rankOf(value) ?? 0) - 1)) return [{ value, start, count, at: 0 }]
  if (start !== 0 || count !== widthOf(value)) return undefined
  const pieces: (Columns & { readonly at: number })[] = []
  let at = 0
  for (const input of node.inputs) {
    const own = columnsOf(input)
    if (own === undefined) return undefined
    pieces.push({ ...(through ? peel(own) : own), at })
    at += own.count
  }
  return pieces
}

/** The same columns of what an elementwise operator takes; one number for all where it has but one. */
export function columnsInto(columns: Columns, input: Value | undefined): Columns | undefined {
  const width = rankOf(input) === 0 ? 1 : widthOf(input)
  if (input === undefined || width === undefined) return undefined
  return width === 1 ? { value: input, start: 0, count: 1 } : { value: input, start: columns.start, count: columns.count }
}

/** What an elementwise operator of one of these names makes columns of. */
export function madeBy(columns: Columns, names: readonly string[]): { readonly node: Node; readonly inputs: readonly Columns[] } | undefined {
  const { value, start, count } = peel(columns)
  const node = value.producer?.node
  if (!node || !names.includes(node.qualified)) return undefined
  const inputs = node.inputs.slice(0, ['Add', 'Sub', 'Mul'].includes(node.op) ? 2 : 1).map(v => columnsInto({ value, start, count }, v))
  return inputs.every(c => c !== undefined) ? { node, inputs } : undefined
}

/** Whether two columns are the same ones. */
export const sameColumns = (a: Columns, b: Columns): boolean => {
  const [x, y] = [peel(a), peel(b)]
  return x.value === y.value && x.start === y.start && x.count === y.count
}

/** A constant of one number. */
export const numberOf = (columns: Columns): number | undefined => {
  const numbers = numbersOf(peel(columns).value)
  return numbers?.length === 1 ? numbers[0] : undefined
}

/** The matrix behind a value, and whether it is turned. */
function matrixOf(value: Value | undefined): { readonly tensor: Tensor; readonly turned: boolean } | undefined {
  const held = constantOf(value)
  if (held) return held.shape.length === 2 && isWeightDType(held.dtype) ? { tensor: held, turned: false } : undefined
  const node = value?.producer?.node
  const under = node?.qualified === 'Transpose' && permOf(node, 2).join() === '1,0' ? constantOf(node.inputs[0]) : undefined
  return under?.shape.length === 2 && isWeightDType(under.dtype) ? { tensor: under, turned: true } : undefined
}

/** A gate adds up a handful; what adds up more is no gate. */
const mostSummands = 128

/** Takes columns apart into what is added up in them; `beyond` says what stands for a value that is none of it, if anything does. */
export function summandsOf(columns: Columns, beyond: (columns: Columns) => Columns | undefined = () => undefined): Summands | undefined {
  const products: { of: Columns; by: Block; outside: boolean }[] = []
  const constants: Stretch[] = []
  const others: { what: Columns; scale: number }[] = []
  const multiply = (a: Value | undefined, matrix: ReturnType<typeof matrixOf>, { start, count }: Columns, scale: number, outside: boolean): boolean => {
    const pieces = a && columnsOf(a) && piecesOf(columnsOf(a)!)
    if (!pieces || !matrix) return false
    const [depth, width] = matrix.turned ? [matrix.tensor.shape[1]!, matrix.tensor.shape[0]!] : [matrix.tensor.shape[0]!, matrix.tensor.shape[1]!]
    if (start + count > width || pieces.reduce((n, p) => Math.max(n, p.at + p.count), 0) !== depth) return false
    for (const p of pieces) products.push({ of: { value: p.value, start: p.start, count: p.count }, by: { ...matrix, row: p.at, rows: p.count, column: start, columns: count, scale }, outside })
    return true
  }
  let left = mostSummands
  const visit = (given: Columns, scale: number, outside: boolean): boolean => {
    if (--left < 0) return false
    const c = peel(given)
    const { value, start, count } = c
    const into = (v: Value | undefined, by: number): boolean => {
      const inner = columnsInto(c, v)
      return inner !== undefined && visit(inner, by, outside)
    }
    if (value.isConstant) {
      const sizes = sizesOf(value)
      if (!isWeightDType(dtypeOf(value)) || sizes === undefined || sizes.slice(0, -1).some(n => n !== 1)) return false
      const size = sizes.at(-1) ?? 1
      if (size > 1 && start + count > size) return false
      constants.push({ tensor: value.constant!, start, one: size === 1, scale })
      return true
    }
    const node = value.producer?.node
    const [a, b] = node?.inputs ?? []
    switch (node?.qualified) {
      case 'Add': return into(a, scale) && into(b, scale)
      case 'Sub': return into(a, scale) && into(b, -scale)
      case 'Neg': return into(a, -scale)
      case 'Sum': return node.inputs.every(v => into(v, scale))
      case 'MatMul': if (multiply(a, matrixOf(b), c, scale, outside)) return true
        break
      case 'Gemm': {
        const matrix = matrixOf(b)
        const turned = intOf(node, 'transB', 0) === 1
        if (intOf(node, 'transA', 0) === 1 || !multiply(a, matrix && { ...matrix, turned: matrix.turned !== turned }, c, scale * floatOf(node, 'alpha', 1), outside)) break
        const beta = floatOf(node, 'beta', 1)
        return node.inputs[2] === undefined || beta === 0 || into(node.inputs[2], scale * beta)
      }
      case 'Mul': {
        const factor = [a, b].findIndex(v => v !== undefined && numbersOf(v)?.length === 1 && v.isConstant)
        if (factor >= 0) return into(node.inputs[1 - factor], scale * numbersOf(node.inputs[factor])![0]!)
        break
      }
      default:
    }
    const further = outside ? undefined : beyond(c)
    if (further) return visit(further, scale, true)
    others.push({ what: { value, start, count }, scale })
    return true
  }
  return visit(columns, 1, false) ? { products, constants, others } : undefined
}
