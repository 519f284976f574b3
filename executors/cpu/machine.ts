import { compileProgram } from '../../src/expr/wasm/program.ts'
import type { Program, ProgramInstance } from '../../src/expr/wasm/program.ts'
import { Heap } from './heap.ts'
import type { GroupBuffers } from './programs.ts'
import { Weights } from './weights.ts'

/** Programs found again by their key; plans keep those they use. */
const programsKept = 1024

/** What a session computes with: one memory, the constants in it, and the programs compiled so far. */
export class Machine {
  readonly heap = new Heap()
  readonly weights = new Weights(this.heap)
  packedBytes = 0
  readonly #programs = new Map<string, { readonly program: Program; readonly instance: ProgramInstance }>()

  get programs(): number {
    return this.#programs.size
  }
  /** The program of a group, compiled once for equal ones. */
  compile(group: GroupBuffers): { readonly program: Program; readonly instance: ProgramInstance } {
    let known = this.#programs.get(group.key)
    if (known === undefined) {
      const program = compileProgram(group.inputBuffers, group.outputBuffers)
      known = { program, instance: program.instantiate(this.heap.memory) }
      this.#programs.set(group.key, known)
      if (this.#programs.size > programsKept) this.#programs.delete(this.#programs.keys().next().value!)
    }
    return known
  }
}
