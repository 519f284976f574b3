import type { TypedArray } from '../ir/tensor.ts'
import { encodeMinifloat, isMinifloat, minifloatTable, type Minifloat } from '../ir/minifloat.ts'
import { Cache, structuralKey } from './analysis/key.ts'
import { sizeOf } from './analysis/linear.ts'
import { orderStages } from './analysis/stages.ts'
import { Table } from './analysis/table.ts'
import type { Buffer } from './expr.ts'
import { closeStatements } from './js/closures.ts'
import { printStatements } from './js/print.ts'
import * as helpers from './js/scalar.ts'
import type { Statement } from './loop.ts'
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
 * once. Where code can't be made from text (`new Function`), closures do the same, slower.
 */
export function compileExact(inputs: readonly Buffer[], outputs: readonly Buffer[]): Computation {
  return cache.get(structuralKey(inputs, outputs), () => compile(inputs, outputs, canPrint() ? printStage : closeStage))
}

/** As `compileExact`, always by closures, and never kept. */
export const compileClosures = (inputs: readonly Buffer[], outputs: readonly Buffer[]): Computation => compile(inputs, outputs, closeStage)

let printable: boolean | undefined
/** Whether code may be made from text here: a page's content security policy can forbid it. */
function canPrint(): boolean {
  if (printable === undefined) {
    try {
      printable = Boolean(new Function('return true')())
    } catch {
      printable = false
    }
  }
  return printable
}

interface Step {
  readonly target: number
  readonly reads: readonly number[]
  readonly run: (...arrays: TypedArray[]) => void
}

function compile(inputs: readonly Buffer[], outputs: readonly Buffer[], make: typeof printStage): Computation {
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
    const { run, reads } = make(stated.get(b) ?? b)
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

interface Made {
  readonly run: Step['run']
  readonly reads: readonly Buffer[]
}

function stageLoops(buffer: Buffer): { readonly blocks: readonly Statement[][]; readonly reads: readonly Buffer[] } {
  const table = new Table()
  const nests = nestsOf(table, buffer)
  return { blocks: nests.map(n => [...lowerNest(table, unrolled(table, n), { guardsToBounds: true })]), reads: buffersOf(nests).filter(b => b !== buffer) }
}

function printStage(buffer: Buffer): Made {
  const { blocks, reads } = stageLoops(buffer)
  const names = new Map([buffer, ...reads].map((b, i) => [b, `m${i}`]))
  const body = blocks.map(statements => `{\n${printStatements(statements, b => names.get(b)!)}}\n`).join('')
  const tables = Object.fromEntries([buffer, ...reads].flatMap(x => (isMinifloat(x.dtype) ? [[x.dtype, minifloatTable(x.dtype)] as const] : [])))
  const make = new Function('h', 'encode', ...Object.keys(tables), `"use strict"\nreturn function(${[...names.values()].join()}){\n${body}}`) as (...context: unknown[]) => Step['run']
  return { run: make(helpers, (dtype: Minifloat, value: number) => encodeMinifloat(dtype, value), ...Object.values(tables)), reads }
}

function closeStage(buffer: Buffer): Made {
  const { blocks, reads } = stageLoops(buffer)
  let arrays: readonly TypedArray[] = []
  const places = new Map([buffer, ...reads].map((b, i) => [b, i]))
  const runs = blocks.map(statements => closeStatements(statements, b => {
    const place = places.get(b)!
    return () => arrays[place]!
  }))
  return {
    reads,
    run: (...given) => {
      arrays = given
      for (const run of runs) run()
    },
  }
}
