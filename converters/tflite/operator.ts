import type { BuiltinOperator, BuiltinOptions, BuiltinOptions2 } from '../../proto/tflite.gen.ts'
import type { DType } from '../../src/ir/dtype.ts'
import type { Node, Value } from '../../src/ir/model.ts'
import type { Refusal } from '../../src/legalize/target.ts'
import type { Operator } from '../../src/ops/operator.ts'
import { grainOf, onGrains, throughReals } from './kit/grain.ts'
import { leastInputs } from './kit/least-inputs.ts'

export type OptionsName = BuiltinOptions['type'] | BuiltinOptions2['type']

/** What the runtime's kernels take. */
export interface Takes {
  /** Element types of the inputs, by index; the last entry holds for all that follow, undefined for any. */
  readonly dtypes?: readonly (readonly DType[] | undefined)[]
  /** Axes of the first input at most. */
  readonly maxRank?: number
  /** Axes at most when the inputs' shapes differ. */
  readonly broadcastRank?: number
  /** Further limits: a reason when the node is refused. */
  readonly refuses?: (node: Node) => string | undefined
}

/**
 * A builtin operator of TensorFlow Lite, `tflite::<NAME>` in the IR. Its attributes are the fields of its option table,
 * by the same names, left out where they have the schema's default; a subgraph's index is a graph attribute.
 */
export interface TfliteOperator extends Operator {
  readonly name: BuiltinOperator
  readonly domain: 'tflite'
  /** The option table that goes with it. */
  readonly options?: OptionsName
  /** The lowest operator version that has what this node uses. */
  version(node: Node): number
  readonly takes: Takes
  /**
   * Inputs that are variable tensors, which the operator reads and then overwrites. In the IR what they hold afterwards are outputs of their own,
   * in the same order, from index `after` on: a file has only the tensors.
   */
  readonly states?: (node: Node) => States
}

export interface States {
  readonly inputs: readonly number[]
  /** How many outputs the operator has in a file. */
  readonly after: number
}

/** Makes an operator: the domain is filled in; version 1 and any input unless stated. */
export const tfliteOperator = (init: Omit<TfliteOperator, 'domain' | 'version' | 'takes'> & Partial<Pick<TfliteOperator, 'version' | 'takes'>>): TfliteOperator => ({
  domain: 'tflite',
  version: () => 1,
  takes: {},
  ...init,
  infer(ctx) {
    for (let i = 0; i < leastInputs(init.name); i++) if (!ctx.has(i)) ctx.fail(`input ${i} is missing`)
    init.infer(ctx)
  },
  ...(init.decompose && {
    decompose(b, node) {
      for (let i = 0; i < leastInputs(init.name); i++) if (node.inputs[i] === undefined) return undefined
      if (isQuantized(node)) return conversions.has(init.name) ? init.decompose!(b, node) : (throughReals(b, node) ?? (moving.has(init.name) ? init.decompose!(b, node) : undefined))
      return isNarrow(node, init.takes) ? undefined : init.decompose!(b, node)
    },
  }),
})

/** Those whose meaning is in the scales themselves, or in none. */
const conversions: ReadonlySet<BuiltinOperator> = new Set(['QUANTIZE', 'DEQUANTIZE', 'DENSIFY', 'EMBEDDING_LOOKUP', 'CAST'])

/** Those that only move elements: where one side alone states a scale, it holds for both. */
const moving: ReadonlySet<BuiltinOperator> = new Set(['RESHAPE', 'TRANSPOSE', 'SQUEEZE', 'EXPAND_DIMS', 'SLICE', 'STRIDED_SLICE', 'GATHER', 'SPLIT', 'TILE'])

/** Small integers that an operator does arithmetic with stand for real numbers; the scale may be out of sight. */
const isNarrow = (node: Node, takes: Takes | undefined): boolean =>
  node.inputs.some((v, i) => {
    const allowed = takes?.dtypes?.[Math.min(i, takes.dtypes.length - 1)]
    const dtype = dtypeOf(v)
    return allowed !== undefined && dtype !== undefined && ['int4', 'int8', 'uint8', 'int16'].includes(dtype) && !allowed.includes(dtype)
  })

/** Whether a tensor of it stands for real numbers by scale and zero point; its meaning on plain integers is another. */
const isQuantized = (node: Node): boolean => node.attributes['grains'] !== undefined || [...node.inputs, ...node.outputs].some(v => grainOf(v) !== undefined)

export const dtypeOf = (value: Value | undefined): DType | undefined => (value?.type?.kind === 'tensor' ? value.type.dtype : undefined)
export const rankOf = (value: Value | undefined): number | undefined => (value?.type?.kind === 'tensor' ? value.type.shape?.length : undefined)

/** A version rule by the element type of an input. */
export const versionBy = (table: Readonly<Partial<Record<DType, number>>>, input = 0, otherwise = 1) => (node: Node): number => table[dtypeOf(node.inputs[input])!] ?? otherwise

const shapeText = (value: Value | undefined): string => (value?.type?.kind === 'tensor' ? String(value.type.shape) : '')

/** Whether a runtime has a kernel for a node. */
export function accepts(operator: TfliteOperator, node: Node): true | Refusal {
  if (isQuantized(node)) return onGrains.has(operator.name) ? true : { refused: `${operator.name} has no kernel for integers with scales` }
  const { dtypes, maxRank, broadcastRank, refuses } = operator.takes
  for (const [i, value] of node.inputs.entries()) {
    const allowed = dtypes?.[Math.min(i, dtypes.length - 1)]
    const dtype = dtypeOf(value)
    if (allowed && dtype && !allowed.includes(dtype)) return { refused: `${operator.name} takes no ${dtype} as input ${i}` }
  }
  const rank = rankOf(node.inputs[0])
  if (maxRank !== undefined && rank !== undefined && rank > maxRank) return { refused: `${operator.name} takes ${maxRank} axes, not ${rank}` }
  if (broadcastRank !== undefined && new Set(node.inputs.map(shapeText)).size > 1) {
    const most = Math.max(...node.inputs.map(v => rankOf(v) ?? 0))
    if (most > broadcastRank) return { refused: `${operator.name} broadcasts up to ${broadcastRank} axes, not ${most}` }
  }
  const reason = refuses?.(node)
  return reason === undefined ? true : { refused: reason }
}
