import type { Rule } from '../../../src/rewrite/rule.ts'
import { bitRules } from './bits.ts'
import { controlRules } from './control.ts'
import { conv } from './conv.ts'
import { convTranspose } from './conv-transpose.ts'
import { einsum } from './einsum.ts'
import { elementwiseRules } from './elementwise.ts'
import { fuseRules } from './fuse.ts'
import { layoutRules } from './layout.ts'
import { linearRules } from './linear.ts'
import { matMulRules } from './matmul.ts'
import { nonMaxSuppression } from './non-max.ts'
import { packedRules } from './packed.ts'
import { pickRules } from './pick.ts'
import { normalizeRules } from './normalize.ts'
import { poolRules } from './pool.ts'
import { quantizeRules } from './quantize.ts'
import { recurrentLoopRules } from './recurrent-loop.ts'
import { recurrentRules } from './recurrent.ts'
import { reduceRules } from './reduce.ts'
import { resizeRules } from './resize.ts'
import { scatterND } from './scatter.ts'
import { shapeRules } from './shape.ts'
import { unpackRules } from './unpack.ts'

/** From ONNX to the runtime's operators; those of one operator are tried in this order. */
export const tfliteRules: readonly Rule[] = [
  conv, convTranspose, ...poolRules, ...resizeRules, ...matMulRules, einsum, ...elementwiseRules, ...reduceRules, ...normalizeRules, ...shapeRules, ...unpackRules, ...pickRules, scatterND, ...bitRules, nonMaxSuppression, ...controlRules, ...recurrentRules, ...recurrentLoopRules, ...layoutRules, ...fuseRules, ...linearRules, ...quantizeRules, ...packedRules,
]
