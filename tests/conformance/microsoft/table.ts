import { expect, it } from 'vitest'
import { tflite } from '../../../converters/tflite/index.ts'
import { cpuExecutor } from '../../../executors/cpu/index.ts'
import { sym } from '../../../src/ir/dim.ts'
import type { Dim } from '../../../src/ir/dim.ts'
import { numberToHalf } from '../../../src/ir/minifloat.ts'
import type { Model, Value } from '../../../src/ir/model.ts'
import type { Datum, Tensor } from '../../../src/ir/tensor.ts'
import { bytesOf, inlineTensor, isTensor, peekNumbers } from '../../../src/ir/tensor.ts'
import { decomposeNode } from '../../../src/legalize/convert.ts'
import { legalize } from '../../../src/legalize/legalize.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { builderAt, replaceNode } from '../../../src/rewrite/edit.ts'
import type { Case } from '../quantized/harness.ts'
import { Draw, actual, distance, expected, inferenceProblem, modelOf } from '../quantized/harness.ts'

/** A case, and where onnxruntime's CPU provider has no kernel for it, what stands for it. */
export interface Reference extends Case {
  readonly means?: (model: Model) => void
}

/** The node's meaning in operators that onnxruntime has, as its schema says it. */
export const means = (build: (b: Builder, inputs: readonly (Value | undefined)[]) => readonly Value[]) => (model: Model): void => {
  const [node] = [...model.graph.nodes()]
  const b = builderAt(node!, 'reference')
  replaceNode(node!, build(b, node!.inputs), v => v.producer !== undefined && b.made.includes(v.producer.node))
}

export interface Bounds {
  readonly variants?: number
  /** The largest difference, in parts of the largest number of the output. */
  readonly relative?: number
  /** False: TFLite has no operators for it. */
  readonly tflite?: false
  /** `none`: the operator's meaning is in no simpler operators. */
  readonly decomposed?: 'none'
  /** Sizes that must be known, in an open model too. */
  readonly fixed?: (size: number) => boolean
  /** Variants with a size that no shape tells. */
  readonly open?: (variant: number) => boolean
}

async function run(model: Model, c: Case): Promise<Tensor[]> {
  const session = await cpuExecutor.prepare(model, { precision: 'exact' })
  try {
    const feeds = new Map(c.inputs.flatMap((t, i): [string, Datum][] => (t && !c.constants?.includes(i) ? [[`x${i}`, t]] : [])))
    for (const v of model.graph.inputs) {
      const given = feeds.get(v.name)
      // TFLite models take int32 for int64
      if (given && isTensor(given) && v.type?.kind === 'tensor' && v.type.dtype === 'int32' && given.dtype === 'int64') feeds.set(v.name, inlineTensor('int32', given.shape, bytesOf(Int32Array.from(peekNumbers(given)!))))
    }
    return [...(await session.run(feeds)).values()].map(d => d as Tensor)
  } finally {
    session.dispose()
  }
}

/** Puts the case's node in simpler operators while its sizes are open. */
function decomposed(c: Case, size: (n: number) => Dim): Model {
  const model = modelOf(c, size)
  const [node] = [...model.graph.nodes()]
  const made = decomposeNode(node!)
  if (typeof made === 'string' || made === undefined) throw new Error(`no simpler operators: ${made ?? 'refused'}`)
  return model
}

/** A case in another float dtype: elements are rounded. */
export const inDType = (c: Reference, dtype: 'float16' | 'float64'): Reference => ({
  ...c,
  inputs: c.inputs.map(t => (t?.dtype === 'float32' ? inlineTensor(dtype, t.shape, bytesOf(dtype === 'float16' ? Uint16Array.from(peekNumbers(t)!, numberToHalf) : Float64Array.from(peekNumbers(t)!))) : t)),
})

/** Runs variants of a case in onnxruntime and here: in both precisions, in simpler operators with open sizes, and as TFLite takes it. */
export function against(name: string, draw: (d: Draw, variant: number) => Reference, { variants = 8, relative = 1e-5, tflite: fits, decomposed: simpler, fixed = n => n < 2, open = () => false }: Bounds = {}): void {
  it(name, { timeout: 120_000 }, async () => {
    const worst: Record<string, number> = {}
    const wrong: string[] = []
    for (let v = 0; v < variants; v++) {
      const c = draw(new Draw(v + 1), v)
      const theirs = await expected(c, c.means)
      const check = async (how: string, ours: () => Promise<Tensor[]>) => {
        try {
          const mine = await ours()
          const like = how === 'tflite' ? theirs.map((t, i) => (t.dtype === 'int64' && mine[i]!.dtype === 'int32' ? inlineTensor('int32', t.shape, bytesOf(Int32Array.from(peekNumbers(t)!))) : t)) : theirs
          const d = distance(mine, like)
          worst[how] = Math.max(worst[how] ?? 0, d.relative)
          const off = d.wrong ?? (d.ones > 0 ? 'an integer differs' : d.relative > relative ? `off by ${d.relative}` : undefined)
          if (off) wrong.push(`variant ${v} (${how}): ${off}`)
        } catch (error) {
          wrong.push(`variant ${v} (${how}): ${(error as Error).message}${process.env['STACK'] ? (error as Error).stack : ''}`)
        }
      }
      const inferred = open(v) ? undefined : inferenceProblem(c, theirs)
      if (inferred) wrong.push(`variant ${v}: ${inferred}`)
      await check('exact', () => actual(c, 'exact'))
      await check('fast', () => actual(c, 'fast'))
      if (simpler === undefined) await check('decomposed', () => run(decomposed(c, n => (fixed(n) ? n : sym(`n${n}`))), c))
      if (fits === undefined) {
        await check('tflite', async () => {
          const model = modelOf(c)
          const report = legalize(model, tflite.target!, { layout: 'keep' })
          expect(report.unsupported).toEqual([])
          return run(model, c)
        })
      }
    }
    if (process.env['TABLE']) console.log(name, JSON.stringify(worst))
    expect(wrong).toEqual([])
  })
}
