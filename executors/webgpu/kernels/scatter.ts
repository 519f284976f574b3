import { linearOf, sizeOf } from '../../../src/expr/analysis/linear.ts'
import { Table } from '../../../src/expr/analysis/table.ts'
import type { Buffer, Var } from '../../../src/expr/expr.ts'
import { constant, scalarOf, variable } from '../../../src/expr/expr.ts'
import { lowerNest } from '../../../src/expr/lower.ts'
import type { Nest } from '../../../src/expr/nest.ts'
import { nestsOf } from '../../../src/expr/nest.ts'
import { printStatements } from '../wgsl/print.ts'
import { storageOf } from '../wgsl/storage.ts'
import { eachKernel } from './each.ts'
import { folded } from './fold.ts'
import type { Kernel, KernelContext } from './kernel.ts'
import { bytesOfBuffer, Shader } from './kernel.ts'
import { mapKernel } from './map.ts'

/** Up to this many updates one invocation makes in order, and any number on a CPU, which is faster so: sums of floats are then always the same. */
const fewUpdates = 16

/** Writes at places that come from data: all at once, what comes last in order winning. Elements fill whole words. */
export function scatterStage(context: KernelContext, target: Buffer): Kernel[] {
  const table = new Table()
  const [first, ...rest] = nestsOf(table, target)
  if (first === undefined) return []
  return [mapKernel(context, target, first), ...rest.flatMap(nest => updates(context, table, nest))]
}

function updates(context: KernelContext, table: Table, nest: Nest): Kernel[] {
  const { profile } = context
  const count = nest.axes.reduce((n, v) => n * v.node.extent, 1)
  if (nest.op === 'set' && isInjective(table, nest)) return [eachKernel(context, table, nest, 'scatter', shader => (b, at, value) => shader.store(b, at, value))]
  const split = Math.max(bytesOfBuffer(nest.buffer), 4 * sizeOf(nest.buffer.shape)) > profile.bindingBytes
  if (count > fewUpdates && !profile.software && !split) {
    if (nest.op === 'set') return winners(context, table, nest)
    const combine = atomically(nest.buffer, nest.op)
    if (combine) return [eachKernel(context, table, nest, 'scatter', shader => (b, at, value) => combine(shader, b, at, value))]
  }
  const shader = new Shader(context)
  return [shader.build('scatter', printStatements(lowerNest(table, nest), shader), [1, 1, 1], [1, 1, 1])]
}

/** Each place learns the number of its last update, and that one is written. */
function winners(context: KernelContext, table: Table, nest: Nest): Kernel[] {
  const winner: Buffer = { shape: nest.buffer.shape, dtype: 'int32' }
  const place = variable(sizeOf(winner.shape))
  return [
    mapKernel(context, winner, { axes: [place], buffer: winner, position: place, value: constant(-1, 'int'), op: 'set' }, 'scatter'),
    eachKernel(context, table, { ...nest, value: constant(0, 'int') }, 'scatter', shader => (_, at) => `atomicMax(&${shader.atomic(winner, 'i32')}[${at}], g);\n`),
    eachKernel(context, table, nest, 'scatter', shader => (b, at, value) => `let at = ${at};\nif (${shader.load(winner, 'at')} == g) {\n${shader.store(b, 'at', value)}}\n`),
  ]
}

type Combine = (shader: Shader, buffer: Buffer, at: string, value: string) => string

/** How an update meets what is there while others do the same; undefined where words of 32 bits can't. The order in which floats are added is not fixed. */
function atomically({ dtype }: Buffer, op: Exclude<Nest['op'], 'set'>): Combine | undefined {
  const { element, load, store } = storageOf(dtype)!
  const type = scalarOf(dtype)
  if (element === 'vec2<u32>') {
    if (op !== 'add') return undefined
    return (shader, b, at, value) => {
      const words = shader.atomic(b, 'u32')
      return `let at = 2 * ${at};\nlet value = ${value};\nlet old = atomicAdd(&${words}[at], value.x);\natomicAdd(&${words}[at + 1], value.y + select(0u, 1u, old + value.x < old));\n`
    }
  }
  if (element === 'i32' && op !== 'mul') return (shader, b, at, value) => `atomic${op[0]!.toUpperCase()}${op.slice(1)}(&${shader.atomic(b, 'i32')}[${at}], ${value});\n`
  const seen = load(element === 'u32' ? 'old' : `bitcast<${element}>(old)`)
  const word = (text: string): string => (element === 'u32' ? store(text) : `bitcast<u32>(${store(text)})`)
  return (shader, b, at, value) => {
    const words = shader.atomic(b, 'u32')
    return `let at = ${at};
let value = ${value};
var old = atomicLoad(&${words}[at]);
loop {
${folded(op, type, seen, 'value', to => `let tried = atomicCompareExchangeWeak(&${words}[at], old, ${word(to)});\nif (tried.exchanged) { break; }\nold = tried.old_value;\n`)}}
`
  }
}

/** Whether no two updates can meet, as their places tell. */
function isInjective(table: Table, nest: Nest): boolean {
  const { terms } = linearOf(table, nest.position)
  if ([...terms.keys()].some(x => !nest.axes.includes(x as Var)) || nest.axes.some(v => !terms.has(v))) return false
  let reach = 0
  for (const [v, step] of [...terms].sort((a, b) => Math.abs(a[1]) - Math.abs(b[1]))) {
    if (Math.abs(step) <= reach) return false
    reach += Math.abs(step) * ((v as Var).node.extent - 1)
  }
  return true
}
