import { compileProgram } from '../../src/expr/wasm/program.ts'
import type { Program, ProgramInstance } from '../../src/expr/wasm/program.ts'
import { Heap } from './heap.ts'
import type { Backend, Segment } from '../../src/run/backend.ts'
import type { Constants } from '../../src/run/constants.ts'
import type { Stretch } from '../../src/run/plan.ts'
import type { GroupBuffers } from '../../src/run/programs.ts'
import { WasmSegment } from './segment.ts'
import { Weights } from './weights.ts'

/** With more than this in use, in bytes, memory is short: each plan has packed weights of its own. */
const roomy = 2 ** 30
/** Programs found again by their key; plans keep those they use. */
const programsKept = 1024

/** What a session computes with: one memory, the constants in it, and the programs compiled so far. */
export class Machine implements Backend {
  readonly heap = new Heap()
  readonly weights = new Weights(this.heap)
  packedBytes = 0
  /** The largest arena so far, in bytes. */
  arenaBytes = 0
  readonly #constants: Constants
  readonly #programs = new Map<string, { readonly program: Program; readonly instance: ProgramInstance }>()

  constructor(constants: Constants) {
    this.#constants = constants
  }
  get crowded(): boolean {
    return this.heap.used > roomy
  }
  async prepare(stretch: Stretch): Promise<Segment> {
    const segment = await WasmSegment.of(stretch, this, this.#constants)
    this.arenaBytes = Math.max(this.arenaBytes, segment.arenaBytes)
    return segment
  }

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
