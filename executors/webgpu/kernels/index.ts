import type { Buffer, Expr } from '../../../src/expr/expr.ts'
import { cast, read, scalarOf, stage } from '../../../src/expr/expr.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import { storageOf } from '../wgsl/storage.ts'
import { bundled } from './bundle.ts'
import { contractionStage, isContraction } from './contraction/index.ts'
import type { Kernel, KernelContext, Made } from './kernel.ts'
import { standingFor } from './levels.ts'
import { mapStage } from './map.ts'
import { scanStage } from './scan.ts'
import { scatterStage } from './scatter.ts'

const wide: Readonly<Record<string, DType>> = { float: 'float32', double: 'float32', int: 'int32', bool: 'int32', long: 'int64', ulong: 'uint64' }

/** Fills a stage whose small elements can't be written one by one through a buffer of whole words. */
function throughWords(target: Buffer, make: (wide: Buffer) => Made, context: KernelContext): Made {
  if (storageOf(target.dtype)!.packed === 1) return make(target)
  const type = scalarOf(target.dtype)
  const dtype = wide[type]!
  const { axes, body, fill } = target.stage!
  const to = (e: Expr): Expr => cast(e, scalarOf(dtype))
  const words: Buffer = { ...target, dtype, stage: { axes, body: to(body), fill: fill.kind === 'scatter' ? { ...fill, value: to(fill.value) } : fill } }
  const narrow = stage(target.shape, target.dtype, (...i) => (cast(read(words, i), type)))
  const again: Buffer = { ...target, stage: narrow.stage! }
  const { kernels, between } = make(words)
  return { kernels: [...kernels, ...mapStage(standingFor(context, new Map([[again, target]])), again)], between: [...between, words] }
}

const plain = (kernels: readonly Kernel[]): Made => ({ kernels, between: [] })

/** The kernels that fill a stage's buffer. */
export function kernelsOf(stated: Buffer, given: KernelContext): Made {
  const { target, context, kernels } = bundled(stated, given)
  const made = kernelsFor(target, context)
  return { ...made, kernels: [...kernels, ...made.kernels] }
}

function kernelsFor(target: Buffer, context: KernelContext): Made {
  switch (target.stage!.fill.kind) {
    case 'map':
      if (isContraction(target)) return throughWords(target, b => contractionStage(context, b), context)
      return { kernels: mapStage(context, target), between: [] }
    case 'scan': return throughWords(target, b => plain(scanStage(context, b)), context)
    case 'scatter': return throughWords(target, b => plain(scatterStage(context, b)), context)
  }
}
