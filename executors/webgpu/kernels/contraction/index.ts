import type { Buffer } from '../../../../src/expr/expr.ts'
import type { KernelContext, Made } from '../kernel.ts'
import { mapKernel } from '../map.ts'
import { chooseWay } from './choose.ts'
import { extentOf, productOf } from './product.ts'
import { registerKernel } from './registers.ts'
import { sharedKernel } from './shared.ts'
import { splitTerms } from './split.ts'
import { treeKernel } from './tree.ts'

/** Fewer multiplications than this gain nothing by blocks. */
const least = 4096

/** Whether a stage is a sum of products that is large enough to be made in blocks. */
export function isContraction(target: Buffer): boolean {
  const product = productOf(target)
  return product !== undefined && extentOf([...product.rows, ...product.columns, ...product.outer, ...product.terms]) >= least
}

/** Fills a stage that `isContraction` holds of, whose elements fill whole words. */
export function contractionStage(context: KernelContext, target: Buffer): Made {
  const product = productOf(target)!
  const way = chooseWay(product, context.profile)
  switch (way.kind) {
    case 'registers': return { kernels: [registerKernel(context, product, way.block)], between: [] }
    case 'shared': return { kernels: [sharedKernel(context, product, way.tile)], between: [] }
    case 'tree': return { kernels: [treeKernel(context, product, way.bundle)], between: [] }
    case 'split': {
      const { sums, finish } = splitTerms(product, way.parts)
      const { kernels, between } = contractionStage(context, sums)
      return { kernels: [...kernels, mapKernel(context, target, finish, 'sum of parts')], between: [...between, sums] }
    }
  }
}
