import type { Attribute, Attributes } from '../ir/attribute.ts'
import type { Dim } from '../ir/dim.ts'
import type { DType } from '../ir/dtype.ts'
import type { Graph, Node, Value } from '../ir/model.ts'
import type { Datum, Tensor } from '../ir/tensor.ts'
import type { Shape, Type } from '../ir/types.ts'
import type { Buffer } from '../expr/expr.ts'
import type { Builder } from './builder.ts'

/** Reads a node's attributes with the defaults of its schema's meaning. */
export interface AttributeReader {
  has(name: string): boolean
  int(name: string): number | undefined
  int(name: string, otherwise: number): number
  float(name: string): number | undefined
  float(name: string, otherwise: number): number
  string(name: string): string | undefined
  string(name: string, otherwise: string): string
  ints(name: string): readonly number[] | undefined
  /** Integers beyond 2^53 too. */
  bigints(name: string): readonly bigint[] | undefined
  floats(name: string): readonly number[] | undefined
  strings(name: string): readonly string[] | undefined
  tensor(name: string): Tensor | undefined
  graph(name: string): Graph
}

/** What an operator's `infer` sees and says. Inputs are counted from 0; what is not known is undefined. */
export interface InferContext {
  readonly node: Node
  readonly attributes: AttributeReader
  readonly inputCount: number
  readonly outputCount: number
  /** Present, that is, not left out. */
  has(input: number): boolean
  hasOutput(output: number): boolean
  type(input: number): Type | undefined
  dtype(input: number): DType | undefined
  shape(input: number): Shape
  /** The elements of a small constant input as numbers (see `peekNumbers`). */
  constant(input: number): readonly number[] | undefined
  /** The elements of an integer input of rank 0 or 1 as sizes: constants, or sums and products of symbols that came from shapes. */
  shapeValue(input: number): readonly Dim[] | undefined
  /** States an output. `value`: its elements as sizes, for integer outputs of rank 0 or 1 where they are known. */
  output(index: number, dtype: DType | undefined, shape: Shape, value?: readonly Dim[]): void
  outputType(index: number, type: Type | undefined): void
  /** Infers a subgraph whose inputs have these types; gives the types of its outputs. */
  subgraph(graph: Graph, inputs: readonly (Type | undefined)[]): readonly (Type | undefined)[]
  /** The model is wrong here: throws `ir.infer.invalid` with the node's origin. */
  fail(message: string): never
}

/**
 * What `compute` sees: everything is static. `value(i)` gives the elements of an input that decides the form of the
 * computation (shapes, axes, pads, bounds); an operator lists such inputs under `host`.
 */
export interface ComputeContext {
  readonly attributes: AttributeReader
  readonly inputCount: number
  readonly outputCount: number
  has(input: number): boolean
  hasOutput(output: number): boolean
  /** The buffer of an input that is present. */
  input(index: number): Buffer
  /** Elements of a host input: exact up to 2^53. */
  value(index: number): readonly number[]
  /** The type inferred for an output. */
  outputDType(index: number): DType
  outputShape(index: number): readonly number[]
  /** The model is wrong here (an index or size that can't be): throws `ops.compute.invalid`. */
  fail(message: string): never
}

export interface EvaluateContext {
  readonly attributes: AttributeReader
  readonly inputs: readonly (Datum | undefined)[]
  readonly outputCount: number
  hasOutput(output: number): boolean
  /** An input that must be a tensor. */
  tensor(input: number): Tensor
  /** The dtype inferred for an output. */
  outputDType(output: number): DType
  fail(message: string): never
}

/** What a step between versions may do to the node at hand. Graph and constants are reached through `node` and `b`. */
export interface VersionStep {
  readonly node: Node
  /** Inserts before the node. */
  readonly b: Builder
  readonly attributes: AttributeReader
  setAttribute(name: string, value: Attribute | undefined): void
  /** This node can't be said in the other version: throws `ops.version.unsayable`, with the reason. */
  refuse(reason: string): never
}

/** From the first to before the second. */
export type IndexRange = readonly [least: number, end: number]

/** What an operator's `indexed` sees. */
export interface IndexContext {
  readonly attributes: AttributeReader
  has(input: number): boolean
  /** Static. */
  shape(input: number): readonly number[]
}

/**
 * An operator: its inference and one meaning. Versions, attribute types and defaults are in the schema table
 * (proto/onnx-schema.json, proto/microsoft-schema.json); everything here is at the pinned opset.
 */
export interface Operator {
  /** As in a model's file. */
  readonly name: string
  /** '' is ONNX's own. */
  readonly domain?: string
  /** Types and symbolic shapes of the outputs. */
  infer(ctx: InferContext): void
  /** Inputs whose elements decide the form of the computation, by index. Negative counts from the end. */
  readonly host?: readonly number[]
  /** Meaning as tensor expressions: one buffer for each output up to the last that is used. */
  compute?(k: ComputeContext): readonly Buffer[]
  /** `compute` only says where elements come from, so it holds for elements of every kind, strings too; for some, by their attributes. */
  readonly moves?: true | ((attributes: AttributeReader) => boolean)
  /** `compute` adds elements of its first input and scales them by real numbers, so it holds for real and imaginary parts alike. */
  readonly linear?: true
  /**
   * How a wider element type changes nothing once the result is cast back. `ordered`: elements are compared and passed on,
   * so any type that holds them does. `never`: the type is part of the meaning. Otherwise floats may be reckoned in wider
   * floats and integers in wider integers. What `moves` is ordered.
   */
  readonly widening?: 'ordered' | 'never'
  /**
   * Inputs whose elements are indices, and where these lie: ranges by place along the input's last axis, or one for all.
   * `compute` may move those outside to the border; an executor reports them.
   */
  indexed?(k: IndexContext): readonly { readonly input: number; readonly ranges: readonly IndexRange[] }[]
  /** Where `compute` does not cover this node (strings, odd dtypes), a reason; then `decompose` or `evaluate` holds. */
  readonly computeRefuses?: (k: Pick<ComputeContext, 'attributes' | 'outputDType'> & { dtype(input: number): DType | undefined }) => string | undefined
  /** Meaning in simpler operators; undefined when this node can't be. The values replace the node's outputs. */
  decompose?(b: Builder, node: Node): readonly (Value | undefined)[] | undefined
  /** What `evaluate` must wait for: a library, large tensors in attributes. Executors await it before each run. */
  ready?(node: Node, inputs: readonly (Datum | undefined)[]): Promise<void>
  /** Meaning as plain code on the host. */
  evaluate?(ctx: EvaluateContext): readonly Datum[]
  /** Its output differs from run to run (random): never folded, never shared. */
  readonly impure?: true
  /** Makes of a constant, as it is stored, what is computed with: never folded, so that files keep the storage. */
  readonly unpacks?: true
  /** Control flow, run by the executor's host: If, Loop, Scan and their like. */
  readonly control?: true
  /** Steps by the version they lead to: `upgrade[13]` turns a node of the version before 13 into one of 13. Versions without a step kept the form. */
  readonly upgrade?: Readonly<Record<number, (step: VersionStep) => void>>
  /** Steps by the version they leave: `downgrade[13]` turns a node of version 13 into one of the version before. */
  readonly downgrade?: Readonly<Record<number, (step: VersionStep) => void>>
}

export type { Attribute, Attributes, Buffer, Builder }
