import type { Dim } from '../../ir/dim.ts'
import { dimEquals, divideExactly, mulDims } from '../../ir/dim.ts'

/** A run of elements that stay together however a value is reshaped and transposed; it may be cut into smaller ones. */
export interface Atom {
  readonly size: Dim
  parts?: readonly Atom[]
}

/** The elements of a value that only moves: in the order in which they began, and by axis as they lie now. An axis of size 1 holds none. */
export interface Moved {
  readonly from: readonly Atom[]
  readonly axes: readonly (readonly Atom[])[]
}

const leaves = (atoms: readonly Atom[]): readonly Atom[] => atoms.flatMap(a => (a.parts ? leaves(a.parts) : [a]))

/** A value that has not moved yet. Undefined where a size is 0. */
export function unmoved(shape: readonly Dim[]): Moved | undefined {
  if (shape.includes(0)) return undefined
  const axes = shape.map(d => (d === 1 ? [] : [{ size: d }]))
  return { from: axes.flat(), axes }
}

export const transposeAtoms = ({ from, axes }: Moved, perm: readonly number[]): Moved => ({ from, axes: perm.map(p => axes[p]!) })

/** The same elements under other sizes, cutting atoms where an axis ends inside one; undefined where that is not known. */
export function reshapeAtoms({ from, axes }: Moved, shape: readonly Dim[]): Moved | undefined {
  const left = [...leaves(axes.flat())]
  const groups: Atom[][] = []
  for (const size of shape) {
    const group: Atom[] = []
    for (let wanted = size; wanted !== 1; ) {
      const atom = left.shift()
      if (atom === undefined || wanted === 0) return undefined
      const more = divideExactly(wanted, atom.size)
      const rest = more === undefined ? divideExactly(atom.size, wanted) : 1
      if (rest === undefined) return undefined
      if (more === undefined) {
        const parts = [{ size: wanted }, { size: rest }]
        atom.parts = parts
        left.unshift(parts[1]!)
      }
      group.push(atom.parts?.[0] ?? atom)
      wanted = more ?? 1
    }
    groups.push(group)
  }
  return left.length === 0 ? { from: leaves(from), axes: groups } : undefined
}

/** The sizes of the atoms in the order in which they began, those joined that are still neighbours, and the order in which these lie now. */
export function runsOf({ from, axes }: Moved): { readonly sizes: readonly Dim[]; readonly order: readonly number[] } {
  const [before, now] = [leaves(from), leaves(axes.flat())]
  const runs: Atom[][] = []
  for (const atom of before) {
    const last = runs.at(-1)?.at(-1)
    if (last && now[now.indexOf(last) + 1] === atom) runs.at(-1)!.push(atom)
    else runs.push([atom])
  }
  const firsts = runs.map(r => r[0]!)
  return { sizes: runs.map(r => mulDims(...r.map(a => a.size))), order: now.flatMap(a => (firsts.includes(a) ? [firsts.indexOf(a)] : [])) }
}

/** The axes that make each run of these sizes, in this order, where no axis reaches over a run's end. Those of size 1 belong to none. */
export function axesOfRuns(shape: readonly Dim[], sizes: readonly Dim[]): readonly (readonly number[])[] | undefined {
  const axes = shape.flatMap((d, i) => (d === 1 ? [] : [i]))
  const out: number[][] = []
  for (const size of sizes) {
    const run: number[] = []
    for (let made: Dim = 1; !dimEquals(made, size); ) {
      const axis = axes.shift()
      if (axis === undefined) return undefined
      made = mulDims(made, shape[axis]!)
      run.push(axis)
    }
    out.push(run)
  }
  return axes.length === 0 ? out : undefined
}
