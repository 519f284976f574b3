import { float } from '../ir/attribute.ts'
import type { Value } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { inlineTensor, peekNumbers } from '../ir/tensor.ts'
import { elementCount } from '../ir/types.ts'
import { elementsOf, tensorOfElements } from './kit/elements.ts'
import { mersenne } from './kit/mersenne.ts'
import { constantInput, drop, floatToInput } from './kit/versions.ts'
import type { EvaluateContext, Operator, VersionStep } from './operator.ts'

const givenNumber = (ctx: EvaluateContext, input: number, otherwise: number): number => (ctx.inputs[input] ? (peekNumbers(ctx.tensor(input))?.[0] ?? otherwise) : otherwise)

function train(ctx: EvaluateContext, x: Tensor, ratio: number): Tensor[] {
  const random = mersenne(ctx.attributes.int('seed', 0))
  const mask = Uint8Array.from({ length: elementCount(x.shape) }, () => (random() >= ratio ? 1 : 0))
  const kept = elementsOf(x).map((e, i) => (mask[i] ? Number(e) / (1 - ratio) : 0))
  return [tensorOfElements(x.dtype, x.shape, kept, x.dtype, { saturate: true, rounding: 'nearest' }), inlineTensor('bool', x.shape, mask)]
}

/** Off for certain: no input says that the model trains. */
const rests = (training: Value | undefined): boolean => training === undefined || (training.isConstant && peekNumbers(training.constant)?.[0] === 0)

const isZero = (ratio: Value | undefined): boolean => ratio?.isConstant === true && peekNumbers(ratio.constant)?.[0] === 0

/** Before opset 10 the mask was of the input's element type. */
function boolMask(step: VersionStep): void {
  if (step.node.outputs[1] && step.node.outputs[1].uses.size > 0) step.refuse('its mask is used as numbers')
}

function inputsToAttributes(step: VersionStep): void {
  const { node } = step
  if (!rests(node.inputs[2])) step.refuse('it may train')
  const ratio = node.inputs[1]?.isConstant ? constantInput(step, 1)?.[0] : undefined
  if (ratio !== undefined) step.setAttribute('ratio', float(ratio))
  step.setAttribute('seed', undefined)
  node.setInputs(node.inputs.slice(0, 1))
}

export const Dropout: Operator = {
  name: 'Dropout',
  impure: true,
  infer(ctx) {
    ctx.output(0, ctx.dtype(0), ctx.shape(0))
    ctx.output(1, 'bool', ctx.shape(0))
  },
  evaluate(ctx) {
    const x = ctx.tensor(0)
    const ratio = givenNumber(ctx, 1, 0.5)
    if (givenNumber(ctx, 2, 0) !== 0 && ratio !== 0) return train(ctx, x, ratio).slice(0, ctx.outputCount)
    return ctx.outputCount > 1 ? [x, inlineTensor('bool', x.shape, new Uint8Array(elementCount(x.shape)).fill(1))] : [x]
  },
  decompose(b, node) {
    const [x, ratio, training] = node.inputs
    if (!x || !(rests(training) || isZero(ratio))) return undefined
    return [x, node.outputs[1] && b.op('Expand', [b.scalar(1, 'bool'), b.op('Shape', [x])])]
  },
  upgrade: { 6: drop('consumed_inputs'), 7: drop('is_test'), 10: boolMask, 12: floatToInput('ratio', 1) },
  downgrade: { 12: inputsToAttributes, 10: boolMask, 7: step => step.setAttribute('is_test', { type: 'int', value: 1 }) },
}
