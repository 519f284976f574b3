import type { VersionStep } from '../operator.ts'

type Step = (step: VersionStep) => void

/** Lets go of inputs at the end that are left out. */
export function trimInputs(step: VersionStep): void {
  const kept = [...step.node.inputs]
  while (kept.length > 0 && kept.at(-1) === undefined) kept.pop()
  if (kept.length < step.node.inputs.length) step.node.setInputs(kept)
}

/** A step back over a version that brought an attribute of text: `usual` is what the older version means, all else is refused. */
export const withoutString = (name: string, usual: string): Step => step => {
  const found = step.attributes.string(name, usual)
  if (found !== usual) step.refuse(`${name} ${found} came later`)
  step.setAttribute(name, undefined)
}

/** The same for a list whose older meaning is all ones. */
export const withoutOnes = (name: string): Step => step => {
  if (step.attributes.ints(name)?.some(n => n !== 1)) step.refuse(`${name} came later`)
  step.setAttribute(name, undefined)
}

/** Several steps, one after the other. */
export const inOrder = (...all: readonly Step[]): Step => step => {
  for (const one of all) one(step)
}
