import { int64Tensor } from '../ir/tensor.ts'
import { shapeEquals } from '../ir/types.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { isFloat, rankOf, shapeOf, sizesOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

export const gemmRules: readonly Rule[] = [
  rule('fuse-matmul-add', p => p.Add(p.MatMul(p.a, p.b).as('product'), p.c), ({ a, b, c, root, nodes }, make, refuse) => {
    if (rankOf(a) !== 2 || rankOf(b) !== 2) return refuse('rank must be 2')
    if (!isFloat(a)) return refuse('Gemm of integers is not the same everywhere')
    if (!c.isConstant || (rankOf(c) ?? 3) > 2 || !shapeEquals(shapeOf(nodes['product']!.outputs[0]), shapeOf(root.outputs[0]))) return refuse('the sum is not a bias')
    return make.Gemm(a, b, c)
  }),
  rule('fuse-gemm-between-reshapes', p => p.Reshape(p.Add(p.MatMul(p.Reshape(p.a, p.value('rows')), p.constant('weight')), p.constant('bias')), p.value('shape')), ({ a, weight, bias, root }, make, refuse) => {
    const [depth, columns] = sizesOf(weight) ?? []
    const shape = sizesOf(root.outputs[0])
    if (depth === undefined || columns === undefined || rankOf(weight) !== 2 || shape === undefined || !isFloat(a)) return refuse('sizes are not known')
    if (rankOf(bias) !== 1 || sizesOf(bias)![0] !== columns) return refuse('the sum is not a bias')
    const product = make.Gemm(make.Reshape(a, make.constant(int64Tensor([-1, depth]))), weight, bias)
    return make.Reshape(product, make.constant(int64Tensor(shape)))
  }),
]

/** A product of matrices and a constant bias is a Gemm. */
export const fuseGemm: Pass = rulesPass('fuse-gemm', gemmRules)
