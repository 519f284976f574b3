import type { Rule } from '../../../src/rewrite/rule.ts'

export const tfliteRules: readonly Rule[] = []
