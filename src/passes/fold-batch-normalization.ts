import type { Node } from '../ir/model.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import type { Affine } from './kit/linear.ts'
import { foldAfter, linearOf } from './kit/linear.ts'
import { constantOf, floatOf, intOf, isPadded, rankOf } from './kit/values.ts'
import { deriveTensor, isWeightDType, pick } from './kit/weights.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** What a BatchNormalization with constant statistics does to each channel (inference: ONNX BatchNormalization, training_mode 0). */
function affineOf(node: Node): Affine | undefined {
  const from = node.inputs.slice(1, 5).map(constantOf)
  if (intOf(node, 'training_mode', 0) !== 0 || from.length !== 4 || node.outputs.slice(1).some(v => v && v.uses.size > 0)) return undefined
  if (!from.every(t => t !== undefined && isWeightDType(t.dtype))) return undefined
  const epsilon = floatOf(node, 'epsilon', 1e-5)
  const scale: NonNullable<Affine['scale']> = ([gamma, , , variance], c) => pick(gamma!, c) / Math.sqrt(pick(variance!, c) + epsilon)
  return {
    from: from as Affine['from'],
    what: `batchnorm:${epsilon}`,
    scale,
    shift: (a, c) => pick(a[1]!, c) - pick(a[2]!, c) * scale(a, c),
  }
}

export const batchNormalizationRules: readonly Rule[] = [
  rule('fold-batch-normalization', p => p.op('BatchNormalization', p.op('Conv|ConvTranspose|Gemm|MatMul').as('linear'), p.s, p.b, p.m, p.v), ({ root, nodes }, make, refuse) => {
    const affine = affineOf(root)
    if (affine === undefined) return refuse('the statistics are not constant')
    const linear = linearOf(nodes['linear']!)
    if (typeof linear === 'string') return refuse(linear)
    if (linear.axis !== 1) return refuse('its channels are not the channels of the normalization')
    if (affine.from.some(t => t.shape[0] !== linear.channels)) return refuse('the sizes differ')
    const folded = foldAfter(make, linear, affine)
    return typeof folded === 'string' ? refuse(folded) : folded
  }),
]

/** A BatchNormalization as a product and a sum, where it holds to a condition. */
const separate = (name: string, where: (node: Node) => boolean): Rule => rule(name, p => p.op('BatchNormalization', p.x, p.s, p.b, p.m, p.v).where(where), ({ root, x }, make, refuse) => {
  const affine = affineOf(root)
  const rank = rankOf(x)
  const like = affine?.from[0]
  if (affine === undefined || like === undefined || rank === undefined || rank < 2) return refuse('the statistics are not constant or the rank is not known')
  const channels = like.shape[0]!
  const shape = Array.from({ length: rank - 1 }, (_, i) => (i === 0 ? channels : 1))
  const vector = (what: string, f: NonNullable<Affine['scale']>) =>
    make.constant(deriveTensor(like, shape, affine.from, `${affine.what}:${what}`, (arrays, out) => {
      for (let c = 0; c < channels; c++) out[c] = f(arrays, c)
    }), `${root.inputs[what === 'scale' ? 1 : 2]!.name}`)
  return make.Add(make.Mul(x, vector('scale', affine.scale!)), vector('shift', affine.shift!))
})

/** Folds BatchNormalization into the Conv, ConvTranspose, Gemm or MatMul before it. */
export const foldBatchNormalization: Pass = rulesPass('fold-batch-normalization', batchNormalizationRules)
/** Whether what reads a BatchNormalization can take it into its weights. */
function feedsLinear(node: Node): boolean {
  const [use, other] = node.outputs[0]!.uses
  if (use === undefined || other !== undefined || !('node' in use) || use.index !== 0) return false
  return ['Conv', 'Gemm', 'MatMul'].includes(use.node.op) && !isPadded(use.node) && typeof linearOf(use.node) !== 'string'
}

/** Says the BatchNormalizations before a linear operator as Mul and Add, which its weights take in. */
export const splitBatchNormalization: Pass = rulesPass('split-batch-normalization', [separate('split-batch-normalization', feedsLinear)])

/** Says all BatchNormalizations that are left as Mul and Add with constants. */
export const separateBatchNormalization: Pass = rulesPass('separate-batch-normalization', [separate('separate-batch-normalization', () => true)])

