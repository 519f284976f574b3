import type { DType } from '../ir/dtype.ts'
import type { Node } from '../ir/model.ts'
import type { Rule } from '../rewrite/rule.ts'

/** Why a node does not fit. */
export interface Refusal {
  readonly refused: string
}

/** What an exporter or an executor takes. Legalization rewrites a model until all of it fits. */
export interface Target {
  readonly name: string
  /** By qualified operator name (`Conv`, `tflite::CONV_2D`): taken as it is, or as the function says. */
  readonly ops: Readonly<Record<string, true | ((node: Node) => true | Refusal)>>
  /** Operators beyond these that are taken as they are: what a file of the same format held and is written as it was. */
  readonly carries?: (node: Node) => boolean
  /** Element types that may occur. */
  readonly dtypes: ReadonlySet<DType>
  /** Element types that constants may have besides. */
  readonly held?: ReadonlySet<DType>
  /** Element types replaced where the values provably fit: int64 to int32. */
  readonly narrow?: Readonly<Partial<Record<DType, DType>>>
  /** Element types that it holds and casts, and those that it computes with in their place. */
  readonly widen?: Readonly<Partial<Record<DType, DType>>>
  /** Element types that it has not, and those that hold their numbers and stand for them at the model's inputs and outputs. Its rules make the numbers. */
  readonly carry?: Readonly<Partial<Record<DType, DType>>>
  readonly maxRank?: number
  /** The layout its spatial operators want. */
  readonly layout?: 'NCHW' | 'NHWC'
  /** From ONNX operators to the target's own; tried before the operators' `decompose`. */
  readonly rules: readonly Rule[]
  /** Finds operators that the target has in what they are spelled out with, before other rules take that apart. */
  readonly recognise?: readonly Rule[]
  /** Rules that spell out operators it has not, better than these decompose: applied when the optimizer, which finds such operators, is through. */
  readonly simplify?: readonly Rule[]
  /** Never decomposed, even when the target has no rule for it yet: left to a later phase. */
  readonly keep?: ReadonlySet<string>
}
