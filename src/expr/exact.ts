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
  const padded = orderStages(outputs, new Set(inputs)).map(b => ({ target: b, ...padGuarded(b) }))
  const order = padded.flatMap(({ target, pads }) => [...pads, target])
  const stated = new Map(padded.map(({ target, buffer }) => [target, buffer]))
  const slots = new Map([...inputs, ...order].map((b, i) => [b, i]))
  for (const b of outputs) if (!slots.has(b)) throw new TypeError('an output is neither an input nor a stage')
  const steps = order.map((b): Step => {
    const { source, reads } = printStage(stated.get(b) ?? b)
    const tables = Object.fromEntries([b, ...reads].flatMap(x => (isMinifloat(x.dtype) ? [[x.dtype, minifloatTable(x.dtype)] as const] : [])))
    const make = new Function('h', 'encode', ...Object.keys(tables), `"use strict"\nreturn ${source}`) as (...context: unknown[]) => Step['run']
    const run = make(helpers, (dtype: Minifloat, value: number) => encodeMinifloat(dtype, value), ...Object.values(tables))
    return { target: slots.get(b)!, reads: reads.map(r => slots.get(r) ?? missing(r)), run }
  })
  const made = order.map(b => ({ dtype: b.dtype, count: sizeOf(b.shape) }))
  const results = outputs.map(b => slots.get(b)!)
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
