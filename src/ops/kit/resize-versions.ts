import { float32Tensor } from '../../ir/tensor.ts'
import type { Operator, VersionStep } from '../operator.ts'
import { inOrder, trimInputs, withoutString } from './steps.ts'
import { shapeOf } from './algebra.ts'
import { constantInput, dropUsual } from './versions.ts'

const isEmpty = (step: VersionStep, index: number): boolean => {
  const value = step.node.inputs[index]
  return value === undefined || shapeOf(value)?.[0] === 0
}
const text = (step: VersionStep, name: string, value: string): void => step.setAttribute(name, { type: 'string', value })

/** Steps of Resize: version 10 had scales only and one way of placing them. */
export const resizeUpgrade: NonNullable<Operator['upgrade']> = {
  11(step) {
    const [x, scales] = step.node.inputs
    step.node.setInputs([x, undefined, scales])
    text(step, 'coordinate_transformation_mode', 'asymmetric')
    text(step, 'nearest_mode', 'floor')
  },
  13(step) {
    // left out as empty tensors until then
    for (const i of [1, 2, 3]) if (step.node.inputs[i] && isEmpty(step, i)) step.node.setInput(i, undefined)
    trimInputs(step)
    if (step.attributes.string('coordinate_transformation_mode', 'half_pixel') !== 'tf_half_pixel_for_nn') return
    // half a pixel further on than half_pixel
    const same = step.attributes.string('mode', 'nearest') === 'nearest' ? { floor: 'round_prefer_ceil', round_prefer_floor: 'ceil' }[step.attributes.string('nearest_mode', 'round_prefer_floor')] : undefined
    if (same === undefined) return step.refuse('tf_half_pixel_for_nn with another mode than nearest, by floor or round_prefer_floor')
    text(step, 'coordinate_transformation_mode', 'half_pixel')
    text(step, 'nearest_mode', same)
  },
}

export const resizeDowngrade: NonNullable<Operator['downgrade']> = {
  19(step) {
    if (step.attributes.string('coordinate_transformation_mode', 'half_pixel') === 'half_pixel_symmetric') step.refuse('half_pixel_symmetric came later')
  },
  18: inOrder(dropUsual('antialias', 0), withoutString('keep_aspect_ratio_policy', 'stretch'), allAxes),
  13(step) {
    const empty = () => step.b.constant(float32Tensor([]))
    for (const i of [1, 2]) if (step.node.inputs[i] === undefined) step.node.setInput(i, empty())
  },
  11(step) {
    const mode = step.attributes.string('mode', 'nearest')
    if (!isEmpty(step, 3) || isEmpty(step, 2)) step.refuse('sizes came later')
    if (step.attributes.string('coordinate_transformation_mode', 'half_pixel') !== 'asymmetric') step.refuse('only asymmetric coordinates are known there')
    if (mode === 'cubic' || (mode === 'nearest' && step.attributes.string('nearest_mode', 'round_prefer_floor') !== 'floor')) step.refuse('only nearest by floor and linear are known there')
    for (const name of ['coordinate_transformation_mode', 'nearest_mode', 'cubic_coeff_a', 'exclude_outside', 'extrapolation_value']) step.setAttribute(name, undefined)
    step.node.setInputs([step.node.inputs[0], step.node.inputs[2]])
  },
  10(step) {
    step.node.op = 'Upsample'
  },
}

/** States scales, sizes and region for every axis. */
function allAxes(step: VersionStep): void {
  const axes = step.attributes.ints('axes')
  if (axes === undefined) return
  const shape = shapeOf(step.node.inputs[0])
  if (shape === undefined) return step.refuse('the rank of its input is not known')
  const rank = shape.length
  const place = (list: readonly number[] | undefined, rest: readonly number[]) => {
    const out = [...rest]
    axes.forEach((a, i) => {
      for (let part = 0; part * rank < rest.length; part++) out[(a < 0 ? a + rank : a) + part * rank] = list![i + part * axes.length]!
    })
    return out
  }
  const fill = (n: number) => Array.from({ length: rank }, () => n)
  if (!isEmpty(step, 1)) step.node.setInput(1, step.b.floats(place(constantInput(step, 1), [...fill(0), ...fill(1)])))
  if (!isEmpty(step, 2)) step.node.setInput(2, step.b.floats(place(constantInput(step, 2), fill(1))))
  if (!isEmpty(step, 3)) {
    if (shape.some((d, i) => typeof d !== 'number' && !axes.includes(i) && !axes.includes(i - rank))) step.refuse('an axis that stays has no known size')
    step.node.setInput(3, step.b.ints(place(constantInput(step, 3), shape.map(d => (typeof d === 'number' ? d : 0)))))
  }
  step.setAttribute('axes', undefined)
}
