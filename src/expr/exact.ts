import type { TypedArray } from '../ir/tensor.ts'
import { encodeMinifloat, isMinifloat, minifloatTable, type Minifloat } from '../ir/minifloat.ts'
import { Cache, structuralKey } from './analysis/key.ts'
import { sizeOf } from './analysis/linear.ts'
import { orderStages } from './analysis/stages.ts'
import { Table } from './analysis/table.ts'
import type { Buffer } from './expr.ts'
import { printStatements } from './js/print.ts'
import * as helpers from './js/scalar.ts'
import { lowerNest } from './lower.ts'
import { buffersOf, nestsOf } from './nest.ts'
import { padGuarded } from './pad.ts'
import { allocate } from './storage.ts'
import { unrolled } from './unroll.ts'
import { type Contraction, recogniseContraction } from './contraction.ts'
import { product64 } from './wasm/product64.ts'

/** A computation from arrays of its inputs to new arrays of its outputs. */
export type Computation = (inputs: readonly TypedArray[]) => TypedArray[]

const cache = new Cache<Computation>(512)

/**
 * Compiles stages to JavaScript of exact precision: `float` is a double, rounded when stored; integers are exact. Arrays are
 * as `viewOf` gives them, of row-major elements; sub-byte elements take a byte each. An output may be an input. Computations of equal structure are compiled
 * once. Needs `new Function`.
 */
export function compileExact(inputs: readonly Buffer[], outputs: readonly Buffer[]): Computation {
  return cache.get(structuralKey(inputs, outputs), () => compile(inputs, outputs))
}

interface Step {
  readonly target: number
  readonly reads: readonly number[]
  readonly run: (...arrays: TypedArray[]) => void
}

function compile(inputs: readonly Buffer[], outputs: readonly Buffer[]): Computation {
  const stated = new Map<Buffer, Buffer>()
  const products = new Map<Buffer, Contraction>()
  const order = orderStages(outputs, new Set(inputs)).flatMap(target => {
    const { buffer, pads } = padGuarded(target)
    const product = sizeOf(buffer.shape) > 0 ? recogniseContraction(buffer, true) : undefined
    stated.set(target, product?.after ?? buffer)
    if (product) products.set(product.c, product)
    return [...pads, ...(product ? [product.c] : []), target]
  })
  const slots = new Map([...inputs, ...order].map((b, i) => [b, i]))
  for (const b of outputs) if (!slots.has(b)) throw new TypeError('an output is neither an input nor a stage')
  const slotOf = (b: Buffer): number => slots.get(b) ?? missing(b)
  const steps = order.map((b): Step => {
    const product = products.get(b)
    if (product) return { target: slotOf(b), reads: [slotOf(product.a), slotOf(product.b)], run: product64(product) as Step['run'] }
    const { source, reads } = printStage(stated.get(b) ?? b)
    const tables = Object.fromEntries([b, ...reads].flatMap(x => (isMinifloat(x.dtype) ? [[x.dtype, minifloatTable(x.dtype)] as const] : [])))
    const make = new Function('h', 'encode', ...Object.keys(tables), `"use strict"\nreturn ${source}`) as (...context: unknown[]) => Step['run']
    const run = make(helpers, (dtype: Minifloat, value: number) => encodeMinifloat(dtype, value), ...Object.values(tables))
    return { target: slotOf(b), reads: reads.map(slotOf), run }
  })
  const made = order.map(b => ({ dtype: b.dtype, count: sizeOf(b.shape) }))
  const results = outputs.map(slotOf)
  return given => {
    const arrays: TypedArray[] = [...given]
    made.forEach(({ dtype, count }, i) => (arrays[given.length + i] = allocate(dtype, count)))
    for (const { target, reads, run } of steps) run(arrays[target]!, ...reads.map(r => arrays[r]!))
    return results.map(i => arrays[i]!)
  }
}

const missing = (b: Buffer): never => {
  throw new TypeError(`a stage reads a ${b.dtype}[${b.shape.join()}] that is neither an input nor a stage`)
}

function printStage(buffer: Buffer): { readonly source: string; readonly reads: readonly Buffer[] } {
  const table = new Table()
  const nests = nestsOf(table, buffer)
  const reads = buffersOf(nests).filter(b => b !== buffer)
  const names = new Map([buffer, ...reads].map((b, i) => [b, `m${i}`]))
  const body = nests.map(n => `{\n${printStatements(lowerNest(table, unrolled(table, n), { guardsToBounds: true }), b => names.get(b)!)}}\n`).join('')
  return { source: `function(${[...names.values()].join()}){\n${body}}`, reads }
}
