import { invariant } from '../../src/diag/diagnostic.ts'
import type { Value } from '../../src/ir/model.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, isTensor, reshapedTensor, viewOf } from '../../src/ir/tensor.ts'
import { viewAt } from '../../src/expr/storage.ts'
import { elementCount } from '../../src/ir/types.ts'
import { arrayOfTensor, specialise, tensorOfArray } from '../../src/ops/evaluate.ts'
import { checkIndices } from '../../src/ops/indices.ts'
import type { IndexCheck } from '../../src/ops/indices.ts'
import { operatorOf } from '../../src/ops/registry.ts'
import { compileStretch, storageBytes } from './compile.ts'
import { tensorTypeOf } from '../../src/run/tensor-type.ts'
import type { Compiled, Place } from './compile.ts'
import type { ControlRunner, Segment } from '../../src/run/backend.ts'
import type { Constants } from '../../src/run/constants.ts'
import type { Machine } from './machine.ts'
import type { ControlStep, HostStep, Stretch } from '../../src/run/plan.ts'

/** A stretch ready to run in WebAssembly's memory. */
export class WasmSegment implements Segment {
  readonly stretch: Stretch
  readonly #machine: Machine
  readonly #compiled: Compiled
  readonly #constants: Constants
  readonly #copyIn: readonly { readonly value: Value; readonly offset: number }[]
  #base = -1

  private constructor(stretch: Stretch, machine: Machine, constants: Constants, compiled: Compiled) {
    this.stretch = stretch
    this.#machine = machine
    this.#constants = constants
    this.#compiled = compiled
    this.#copyIn = [...stretch.inputs.values()].flatMap(value => (compiled.places.has(value) ? [{ value, offset: compiled.places.get(value)! }] : []))
  }
  static async of(stretch: Stretch, machine: Machine, constants: Constants): Promise<WasmSegment> {
    for (const check of stretch.checks) {
      const value = check.node.inputs[check.input]!
      if (value.isConstant) checkIndices(check, arrayOfTensor(await constants.get(value.constant!)))
    }
    return new WasmSegment(stretch, machine, constants, await compileStretch(stretch, machine))
  }
  get arenaBytes(): number {
    return this.#compiled.arenaBytes
  }

  /** Runs on data by the stretch's input values; gives the data of what it keeps. */
  async run(given: ReadonlyMap<Value, Datum>, control: ControlRunner, pause: () => Promise<void>): Promise<Map<Value, Datum>> {
    const { heap } = this.#machine
    const env = new Map(given)
    const base = heap.allocate(this.arenaBytes)
    try {
      this.#rebase(base)
      for (const { value, offset } of this.#copyIn) heap.write(base + offset, bytesOf(arrayOfTensor(env.get(value) as Tensor)))
      for (const step of this.#compiled.steps) {
        await pause()
        if (step.kind === 'program') step.instance.run(step.at.inputs, step.at.outputs, step.at.scratch, step.packed)
        else await this.#runOnHost(step, env, base, control)
      }
      for (const check of this.stretch.checks) this.#check(check, env, base)
      const out = new Map<Value, Datum>()
      for (const v of this.stretch.kept) out.set(v, await this.#read(v, env, base))
      return out
    } finally {
      heap.free(base)
    }
  }

  release(): void {
    this.#compiled.holdings.release()
  }

  /** The value whose place a value has: a reshaped one has that of the original. */
  #root(value: Value): Value {
    return this.stretch.views.get(value) ?? value
  }

  #rebase(base: number): void {
    if (base === this.#base) return
    this.#base = base
    const at = (p: Place): number => ('arena' in p ? base + p.arena : p.fixed)
    for (const s of this.#compiled.steps) if (s.kind === 'program') s.at = { inputs: s.inputs.map(at), outputs: s.outputs.map(at), scratch: at(s.scratch) }
  }

  #check(check: IndexCheck, env: ReadonlyMap<Value, Datum>, base: number): void {
    const value = check.node.inputs[check.input]!
    if (value.isConstant) return
    const root = this.#root(value)
    const known = env.get(root)
    const { dtype, shape } = tensorTypeOf(value)
    checkIndices(check, known === undefined ? viewAt(dtype, this.#machine.heap.memory.buffer, base + this.#compiled.places.get(root)!, elementCount(shape)) : arrayOfTensor(known as Tensor))
  }

  async #read(value: Value, env: ReadonlyMap<Value, Datum>, base: number): Promise<Datum> {
    if (value.isConstant) return this.#constants.get(value.constant!)
    const root = this.#root(value)
    const known = env.get(root)
    if (known !== undefined) return root === value ? known : reshapedTensor(known as Tensor, tensorTypeOf(value).shape)
    const { dtype, shape } = tensorTypeOf(value)
    const bytes = this.#machine.heap.read(base + this.#compiled.places.get(root)!, storageBytes(dtype, shape))
    return tensorOfArray(dtype, shape, viewOf(dtype, bytes))
  }

  async #runOnHost(step: HostStep | ControlStep, env: Map<Value, Datum>, base: number, control: ControlRunner): Promise<void> {
    const inputs: (Datum | undefined)[] = []
    for (const v of step.kind === 'control' ? step.inputs : step.node.inputs) inputs.push(v && (await this.#read(v, env, base)))
    let results: Datum[]
    if (step.kind === 'control') {
      const around = new Map<Value, Datum>()
      for (const [k, v] of step.around) if (!v.isConstant) around.set(k, await this.#read(v, env, base))
      results = await control(step, inputs, around)
    } else {
      await operatorOf(step.node)?.ready?.(step.node, inputs)
      const made = specialise(step.node, inputs)
      invariant(made.kind === 'function', `${step.node.op} was not decomposed`)
      results = made.run(step.node, inputs)
    }
    const outputs = step.kind === 'control' ? step.outputs : step.node.outputs
    outputs.forEach((v, i) => {
      if (!v) return
      const datum = results[i]!
      env.set(v, datum)
      const offset = this.#compiled.places.get(v)
      if (offset === undefined) return
      const { dtype, shape } = tensorTypeOf(v)
      invariant(datum !== null && isTensor(datum) && datum.dtype === dtype && datum.shape.join() === shape.join(), `${step.node.op} made another type than it infers`)
      this.#machine.heap.write(base + offset, bytesOf(arrayOfTensor(datum)))
    })
  }
}
