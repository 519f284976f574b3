import { invariant } from '../../src/diag/diagnostic.ts'
import type { Value } from '../../src/ir/model.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { isTensor, reshapedTensor } from '../../src/ir/tensor.ts'
import { elementCount } from '../../src/ir/types.ts'
import { arrayOfTensor, specialise } from '../../src/ops/evaluate.ts'
import { checkIndices } from '../../src/ops/indices.ts'
import { operatorOf } from '../../src/ops/registry.ts'
import type { ControlRunner, Segment } from '../../src/run/backend.ts'
import type { ControlStep, HostStep, Stretch } from '../../src/run/plan.ts'
import { tensorTypeOf } from '../../src/run/tensor-type.ts'
import type { Compiled, Dispatch, OnHost } from './compile.ts'
import { compileStretch } from './compile.ts'
import type { Gpu } from './gpu.ts'
import type { Region } from './memory.ts'
import { bytesForDevice, collect, deviceTensor, regionOf } from './tensors.ts'
import { deviceBytes } from './wgsl/storage.ts'

/** A stretch ready to run on the GPU. */
export class GpuSegment implements Segment {
  readonly stretch: Stretch
  readonly #gpu: Gpu
  readonly #compiled: Compiled
  readonly #copyIn: readonly { readonly value: Value; readonly offset: number }[]
  #arena: GPUBuffer | undefined
  #groups: (GPUBindGroup | undefined)[] = []

  private constructor(stretch: Stretch, gpu: Gpu, compiled: Compiled) {
    this.stretch = stretch
    this.#gpu = gpu
    this.#compiled = compiled
    this.#copyIn = [...stretch.inputs.values()].flatMap(value => (compiled.places.has(value) ? [{ value, offset: compiled.places.get(value)! }] : []))
  }
  static async of(stretch: Stretch, gpu: Gpu): Promise<GpuSegment> {
    for (const check of stretch.checks) {
      const value = check.node.inputs[check.input]!
      if (value.isConstant) checkIndices(check, arrayOfTensor(await gpu.constants.get(value.constant!)))
    }
    return new GpuSegment(stretch, gpu, await compileStretch(stretch, gpu))
  }
  get arenaBytes(): number {
    return this.#compiled.arenaBytes
  }
  get liveBytes(): number {
    return this.#compiled.liveBytes
  }
  get onHost(): readonly OnHost[] {
    return this.#compiled.onHost
  }

  async run(given: ReadonlyMap<Value, Datum>, control: ControlRunner, pause: () => Promise<void>): Promise<Map<Value, Datum>> {
    const { memory } = this.#gpu
    const env = new Map(given)
    this.#settle()
    for (const { value, offset } of this.#copyIn) await this.#put(env.get(value)!, offset)
    await pause()
    for (const [i, step] of this.#compiled.steps.entries()) {
      const began = memory.profiler && performance.now()
      if (step.kind === 'dispatch') memory.dispatch(step.pipeline.pipeline, this.#bound(i, step), step.groups, step.label)
      else await this.#runOnHost(step, env, control, pause)
      if (began === undefined) continue
      if (step.kind === 'dispatch') await memory.profiler?.settle(() => memory.flush())
      else if (step.kind === 'host') memory.profiler?.host(`${step.node.qualified} ${step.node.name}`.trim(), performance.now() - began)
    }
    await this.#check(env)
    return this.#keep(env)
  }

  release(): void {
    this.#compiled.release()
  }

  #root(value: Value): Value {
    return this.stretch.views.get(value) ?? value
  }

  /** Takes the arena at hand; when it is another one, what was bound to the old is bound anew. */
  #settle(): void {
    const arena = this.arenaBytes > 0 ? this.#gpu.arena(this.arenaBytes) : undefined
    if (arena === this.#arena) return
    this.#arena = arena
    this.#groups = []
  }
  #bound(i: number, step: Dispatch): GPUBindGroup {
    return (this.#groups[i] ??= this.#gpu.bind(step, this.#arena, 0))
  }

  /** Brings a datum to its place in the arena. */
  async #put(datum: Datum, offset: number): Promise<void> {
    const region = regionOf(datum)
    if (region) this.#gpu.memory.copy(region, this.#arena!, offset)
    else this.#gpu.memory.write(this.#arena!, offset, bytesForDevice(datum as Tensor))
  }

  /** A value as it is: in memory, or where it lies on the GPU. */
  #find(value: Value, env: ReadonlyMap<Value, Datum>): Datum {
    const root = this.#root(value)
    const known = env.get(root)
    const { dtype, shape } = known === undefined || root !== value ? tensorTypeOf(value) : { dtype: 'bool' as const, shape: [] }
    if (known !== undefined) {
      if (root === value) return known
      const region = regionOf(known)
      return region ? deviceTensor(this.#gpu.memory, dtype, shape, region) : reshapedTensor(known as Tensor, shape)
    }
    return deviceTensor(this.#gpu.memory, dtype, shape, { buffer: this.#arena!, offset: this.#compiled.places.get(root)!, bytes: deviceBytes(dtype, elementCount(shape)) })
  }

  async #near(values: readonly (Value | undefined)[], env: ReadonlyMap<Value, Datum>): Promise<(Datum | undefined)[]> {
    const found: (Datum | undefined)[] = []
    for (const v of values) found.push(v && (v.isConstant ? await this.#gpu.constants.get(v.constant!) : this.#find(v, env)))
    const near = await collect(this.#gpu.memory, found.filter(d => d !== undefined))
    let next = 0
    return found.map(d => (d === undefined ? undefined : near[next++]))
  }

  async #runOnHost(step: HostStep | ControlStep, env: Map<Value, Datum>, control: ControlRunner, pause: () => Promise<void>): Promise<void> {
    await pause()
    let results: Datum[]
    if (step.kind === 'control') {
      const inputs: (Datum | undefined)[] = []
      for (const v of step.inputs) inputs.push(v && (v.isConstant ? await this.#gpu.constants.get(v.constant!) : this.#find(v, env)))
      const around = new Map<Value, Datum>()
      for (const [k, v] of step.around) if (!v.isConstant) around.set(k, this.#find(v, env))
      this.#gpu.depth++
      try {
        results = await control(step, inputs, around)
      } finally {
        this.#gpu.depth--
      }
    } else {
      const inputs = await this.#near(step.node.inputs, env)
      await operatorOf(step.node)?.ready?.(step.node, inputs)
      const made = specialise(step.node, inputs)
      invariant(made.kind === 'function', `${step.node.op} was not decomposed`)
      results = made.run(step.node, inputs)
    }
    const outputs = step.kind === 'control' ? step.outputs : step.node.outputs
    for (const [i, v] of outputs.entries()) {
      if (!v) continue
      const datum = results[i]!
      env.set(v, datum)
      const offset = this.#compiled.places.get(v)
      if (offset === undefined) continue
      const { dtype, shape } = tensorTypeOf(v)
      invariant(datum !== null && isTensor(datum) && datum.dtype === dtype && datum.shape.join() === shape.join(), `${step.node.op} made another type than it infers`)
      await this.#put(datum, offset)
    }
  }

  async #check(env: ReadonlyMap<Value, Datum>): Promise<void> {
    const open = this.stretch.checks.filter(c => !c.node.inputs[c.input]!.isConstant)
    if (open.length === 0) return
    const near = await this.#near(open.map(c => c.node.inputs[c.input]), env)
    open.forEach((check, i) => checkIndices(check, arrayOfTensor(near[i] as Tensor)))
  }

  /** What is kept leaves the arena: on the GPU, but for what must be known to go on. */
  async #keep(env: ReadonlyMap<Value, Datum>): Promise<Map<Value, Datum>> {
    const out = new Map<Value, Datum>()
    const known = new Set(this.stretch.demanded)
    const kept = [...this.stretch.kept]
    const near = kept.filter(v => known.has(v))
    const brought = await this.#near(near, env)
    near.forEach((v, i) => out.set(v, brought[i]!))
    for (const v of kept) {
      if (out.has(v)) continue
      const datum = this.#find(v, env)
      const region = regionOf(datum)
      out.set(v, region && region.buffer === this.#arena ? this.#handed(datum as Tensor, region) : datum)
    }
    return new Map(kept.map(v => [v, out.get(v)!]))
  }
  #handed(tensor: Tensor, region: Region): Tensor {
    const buffer = this.#gpu.hand(region.bytes)
    this.#gpu.memory.copy(region, buffer, 0)
    return deviceTensor(this.#gpu.memory, tensor.dtype, tensor.shape, { buffer, offset: 0, bytes: region.bytes })
  }
}
