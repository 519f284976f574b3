import type { DType } from '../ir/dtype.ts'
import { castDowngrades, castMeaning, inferCast } from './kit/cast.ts'
import { dtypeOfName, dtypeOfNumber, nameOfDType, numberOfDType } from './kit/datatype.ts'
import type { Operator, VersionStep } from './operator.ts'

function nameToNumber(step: VersionStep): void {
  const name = step.attributes.string('to', '')
  const dtype = dtypeOfName(name) ?? step.refuse(`${name} is no element type`)
  step.setAttribute('to', { type: 'int', value: numberOfDType(dtype) })
}

function numberToName(step: VersionStep): void {
  const dtype = dtypeOfNumber(step.attributes.int('to'))
  const name = dtype === undefined ? undefined : nameOfDType(dtype)
  step.setAttribute('to', { type: 'string', value: name ?? step.refuse(`${dtype} did not exist`) })
}

const target = (step: VersionStep): DType | undefined => dtypeOfNumber(step.attributes.int('to'))

export const Cast: Operator = {
  name: 'Cast',
  widening: 'never',
  infer(ctx) {
    const to = ctx.attributes.int('to')
    inferCast(ctx, dtypeOfNumber(to) ?? ctx.fail(`${to} is no element type`))
  },
  ...castMeaning,
  upgrade: { 6: nameToNumber },
  downgrade: { ...castDowngrades(target), 6: numberToName },
}
