import type { Buffer } from '../expr.ts'
import { Cache, structuralKey } from '../analysis/key.ts'
import { Table } from '../analysis/table.ts'
import { lowerNest } from '../lower.ts'
import { buffersOf, nestsOf } from '../nest.ts'
import { splitGuards } from '../split.ts'
import { unrolled } from '../unroll.ts'
import { encodeModule, FunctionBuilder, i32 } from './encode.ts'
import { hostFunctions, hostImports } from './imports.ts'
import { Printer } from './print.ts'

/** A compiled stage: `run(address of the stage's buffer, addresses of `reads`...)`. */
export interface Kernel {
  readonly module: WebAssembly.Module
  readonly reads: readonly Buffer[]
}

const modules = new Cache<WebAssembly.Module>(1024)

/** Compiles the loops of one stage; what it reads is in memory. Stages of equal structure share a module. */
export function compileKernel(buffer: Buffer, reads: readonly Buffer[]): Kernel {
  return { reads, module: modules.get(structuralKey(reads, [buffer]), () => new WebAssembly.Module(printKernel(buffer, reads))) }
}

/** The module of a stage's loops: one function `run`. */
export function printKernel(buffer: Buffer, reads: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const table = new Table()
  const f = new FunctionBuilder('run', [buffer, ...reads].map(() => i32))
  const addresses = new Map([buffer, ...reads].map((b, i) => [b, i]))
  const nests = nestsOf(table, buffer)
  for (const b of buffersOf(nests)) if (!addresses.has(b)) throw new TypeError('a stage reads a buffer that it was not given')
  for (const nest of nests.flatMap(n => splitGuards(table, n))) {
    const small = unrolled(table, nest)
    f.code = f.code.concat(new Printer(f, addresses, nest.op === 'set').statements(lowerNest(table, small)))
  }
  return encodeModule(f.callsHost ? hostImports : [], [f])
}

type Exports = Readonly<Record<string, (...args: number[]) => void>>
const instances = new WeakMap<WebAssembly.Memory, WeakMap<WebAssembly.Module, Exports>>()

/** The functions of a module over a memory; one instance for each pair. */
export function instanceOf(module: WebAssembly.Module, memory: WebAssembly.Memory): Exports {
  let byModule = instances.get(memory)
  if (byModule === undefined) instances.set(memory, (byModule = new WeakMap()))
  let exports = byModule.get(module)
  if (exports === undefined) {
    exports = new WebAssembly.Instance(module, { m: { memory, ...hostFunctions } as unknown as WebAssembly.ModuleImports }).exports as Exports
    byModule.set(module, exports)
  }
  return exports
}
