import { onnx } from '../../../converters/onnx/index.ts'
import { cpuExecutor } from '../../../executors/cpu/index.ts'
import { onnxruntimeExecutor } from '../../../executors/onnxruntime/index.ts'
import { memorySink } from '../../../src/bytes/memory.ts'
import { Log } from '../../../src/diag/diagnostic.ts'
import type { AttributeInit } from '../../../src/ir/attribute.ts'
import { attributes } from '../../../src/ir/attribute.ts'
import type { Dim } from '../../../src/ir/dim.ts'
import { substituteDim, sym } from '../../../src/ir/dim.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import { kindOf } from '../../../src/ir/dtype.ts'
import { numberToHalf } from '../../../src/ir/minifloat.ts'
import { Model, Node } from '../../../src/ir/model.ts'
import { isSubByte, packSubByte, unpackSubByte } from '../../../src/ir/subbyte.ts'
import type { Datum, Tensor } from '../../../src/ir/tensor.ts'
import { bytesOf, float32Tensor, inlineTensor, int64Tensor, isTensor, viewOf } from '../../../src/ir/tensor.ts'
import { elementCount, tensorType } from '../../../src/ir/types.ts'
import { Builder } from '../../../src/ops/builder.ts'
import { inferModel } from '../../../src/ops/infer.ts'
import { numberOfDType } from '../../../src/ops/kit/datatype.ts'
import { rangeOf } from '../../../src/ops/kit/quantize.ts'
import { random } from '../../../src/passes/kit/testing.ts'
import type { Session } from '../../../src/spi/executor.ts'
import { floatsOf } from '../compare.ts'

/** One node and what goes into it. */
export interface Case {
  /** Qualified. */
  readonly op: string
  readonly inputs: readonly (Tensor | undefined)[]
  readonly init?: Readonly<Record<string, AttributeInit>>
  /** How many outputs, or which. */
  readonly outputs?: number | readonly number[]
  /** Inputs that the model holds as constants. */
  readonly constants?: readonly number[]
  readonly opset?: number
}

/** Deterministic draws for one variant of a case. */
export class Draw {
  readonly #next: () => number
  constructor(seed: number) {
    this.#next = random(seed * 2654435761 + 12345)
    for (let i = 0; i < 4; i++) this.#next()
  }
  unit(): number {
    return (this.#next() + 1) / 2
  }
  below(n: number): number {
    return Math.min(n - 1, Math.floor(this.unit() * n))
  }
  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
  /** Every integer of the dtype's range may come. */
  integers(dtype: DType, shape: readonly number[], [low, high] = rangeOf(dtype)): Tensor {
    const values = Array.from({ length: elementCount(shape) }, () => low + this.below(high - low + 1))
    return integers(dtype, values, shape)
  }
  floats(shape: readonly number[], low = -1, high = 1, dtype: DType = 'float32'): Tensor {
    const values = Array.from({ length: elementCount(shape) }, () => low + this.unit() * (high - low))
    return dtype === 'float16' ? inlineTensor(dtype, shape, bytesOf(Uint16Array.from(values, numberToHalf))) : float32Tensor(values, shape)
  }
  /** A scale and a zero point. */
  grid(dtype: DType, low = 0.002, high = 0.05, shape: readonly number[] = []): [Tensor, Tensor] {
    return [this.floats(shape, low, high), this.integers(dtype, shape)]
  }
}

/** A tensor of an integer dtype of up to 32 bits. */
export function integers(dtype: DType, values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  switch (dtype) {
    case 'int8': case 'uint8': case 'bool': return inlineTensor(dtype, shape, Uint8Array.from(values, v => v & 255))
    case 'int16': case 'uint16': return inlineTensor(dtype, shape, bytesOf(Uint16Array.from(values, v => v & 65535)))
    case 'int32': return inlineTensor(dtype, shape, bytesOf(Int32Array.from(values)))
    case 'uint32': return inlineTensor(dtype, shape, bytesOf(Uint32Array.from(values)))
    case 'int64': return int64Tensor(values, shape)
    default: return inlineTensor(dtype, shape, packSubByte(dtype, Uint8Array.from(values, v => v & 255)))
  }
}

/** onnxruntime-node takes and gives no tensors of less than 8 bits: these go in as constants, and `wide` has them come out as bytes. */
const isConstant = ({ inputs, constants = [] }: Case, i: number): boolean => constants.includes(i) || isSubByte(inputs[i]!.dtype)

/** The model of one node; `size` makes dims of the inputs' sizes. */
export function modelOf(c: Case, size: (n: number) => Dim = n => n, wide = false): Model {
  const { op, inputs, init = {}, outputs = 1, opset = 21 } = c
  const model = new Model('case')
  model.opsets.set('', opset)
  const { graph } = model
  const values = inputs.map((t, i) => t && (isConstant(c, i) ? graph.constant(t, `c${i}`) : graph.addInput(graph.value(`x${i}`, tensorType(t.dtype, t.shape.map(size))))))
  const [domain, name] = op.includes('::') ? (op.split('::') as [string, string]) : ['', op]
  const node = graph.insert(new Node({ op: name, domain, name: 'node', inputs: values, attributes: attributes(init) }))
  for (const i of typeof outputs === 'number' ? Array(outputs).keys() : outputs) node.setOutput(i, graph.value(`y${i}`))
  inferModel(model)
  for (const v of node.outputs) {
    const narrow = wide && v?.type?.kind === 'tensor' && isSubByte(v.type.dtype) ? v.type.dtype : undefined
    if (v) graph.addOutput(narrow ? new Builder(graph).op('Cast', [v], { to: numberOfDType(narrow.startsWith('i') ? 'int8' : 'uint8') }) : v)
  }
  return model
}

async function toOnnx(model: Model): Promise<Uint8Array> {
  const [sink, log] = [memorySink(), new Log()]
  await onnx.write!(onnx.export!(model, { log }), sink, { log, name: 'model.onnx' })
  await sink.commit()
  return sink.files.get('model.onnx')!
}
/** onnxruntime. */
export const oracle = onnxruntimeExecutor(toOnnx)

const feedsOf = (c: Case): Map<string, Datum> => new Map(c.inputs.flatMap((t, i) => (t && !isConstant(c, i) ? [[`x${i}`, t] as const] : [])))

async function once(session: Session, feeds: Map<string, Datum>): Promise<Tensor[]> {
  try {
    return [...(await session.run(feeds)).values()].map(d => (isTensor(d) ? d : fail(d)))
  } finally {
    session.dispose()
  }
}
const fail = (d: Datum): never => {
  throw new TypeError(`not a tensor: ${JSON.stringify(d)}`)
}

/** What onnxruntime makes of a case, after `change` to its model; throws where it has no kernel. */
export async function expected(c: Case, change: (model: Model) => void = () => {}): Promise<Tensor[]> {
  const model = modelOf(c, undefined, true)
  const types = modelOf(c).graph.outputs.map(v => v.type)
  change(model)
  const results = await once(await oracle.prepare(model), feedsOf(c))
  return results.map((t, i) => {
    const type = types[i]
    return type?.kind === 'tensor' && isSubByte(type.dtype) ? inlineTensor(type.dtype, t.shape, packSubByte(type.dtype, t.peek()!)) : t
  })
}
/** What the CPU executor makes of a model with a case's inputs. */
export const outcome = async (model: Model, c: Case, precision: 'exact' | 'fast' = 'exact'): Promise<Tensor[]> => once(await cpuExecutor.prepare(model, { precision }), feedsOf(c))
/** What the CPU executor makes of a case. */
export const actual = async (c: Case, precision: 'exact' | 'fast'): Promise<Tensor[]> => outcome(modelOf(c), c, precision)

const numbers = (t: Tensor): number[] => {
  if (kindOf(t.dtype) === 'float') return floatsOf(t)
  if (isSubByte(t.dtype)) {
    const bits = Number(t.dtype.at(-1))
    return Array.from(unpackSubByte(t.dtype, t.peek()!, elementCount(t.shape)), v => (t.dtype.startsWith('i') ? (((v & (2 ** bits - 1)) << (32 - bits)) >> (32 - bits)) : v & (2 ** bits - 1)))
  }
  return Array.from(viewOf(t.dtype, t.peek()!) as ArrayLike<number | bigint>, Number)
}

/** How far two lists of tensors are apart. */
export interface Distance {
  elements: number
  /** Integers that differ by one, and by more. */
  ones: number
  more: number
  /** The largest difference of floats, in parts of the largest number in sight of the tensor. */
  relative: number
  wrong?: string
}
export function distance(ours: readonly Tensor[], theirs: readonly Tensor[]): Distance {
  const d: Distance = { elements: 0, ones: 0, more: 0, relative: 0 }
  theirs.forEach((t, o) => {
    const mine = ours[o]
    if (mine?.dtype !== t.dtype || mine.shape.join() !== t.shape.join()) {
      d.wrong = `output ${o} is ${mine?.dtype}[${mine?.shape.join()}], not ${t.dtype}[${t.shape.join()}]`
      return
    }
    const [a, b] = [numbers(mine), numbers(t)]
    d.elements += b.length
    if (kindOf(t.dtype) !== 'float') {
      b.forEach((x, i) => {
        const off = Math.abs(x - a[i]!)
        if (off === 1) d.ones++
        else if (off > 1) {
          d.more++
          d.wrong ??= `output ${o}, element ${i} is ${a[i]}, not ${x}`
        }
      })
      return
    }
    const size = b.reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 1e-30)
    b.forEach((x, i) => {
      const y = a[i]!
      if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return
      const off = Math.abs(x - y) / size
      if (Number.isNaN(off) || off === Infinity) d.wrong ??= `output ${o}, element ${i} is ${y}, not ${x}`
      else if (off > d.relative) d.relative = off
    })
  })
  return d
}

/** Sizes as symbols named after them: what inference says must come to the true sizes. Gives what is wrong. */
export function inferenceProblem(c: Case, results: readonly Tensor[]): string | undefined {
  const model = modelOf(c, n => (n > 1 ? sym(`n${n}`) : n))
  const known = new Map<string, Dim>(Array.from({ length: 4096 }, (_, n) => [`n${n}`, n]))
  for (const [i, t] of results.entries()) {
    const type = model.graph.outputs[i]!.type
    if (type?.kind !== 'tensor' || type.dtype !== t.dtype) return `output ${i} is inferred as ${type?.kind === 'tensor' ? type.dtype : type?.kind}, not ${t.dtype}`
    const shape = type.shape?.map(d => (typeof d === 'number' ? d : substituteDim(d, known)))
    if (shape?.join() !== t.shape.join()) return `output ${i} is inferred as [${type.shape?.join() ?? '?'}], not [${t.shape.join()}]`
  }
  return undefined
}
