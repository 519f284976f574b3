import type { Buffer, Expr } from '../expr/expr.ts'
import type { Value } from '../ir/model.ts'
import type { KernelStep, Step, Stretch } from './plan.ts'

/** Kernels that run as one program, in order. */
export interface Group {
  readonly kind: 'group'
  readonly members: readonly KernelStep[]
}
export type Scheduled = Group | Exclude<Step, KernelStep>

/** More than this in one program gains nothing and compiles slowly. */
const largest = 24

/** Whether every read of `buffer` in an expression is at the element that is being made, and nothing is reduced. */
function readsInPlace(body: Expr, axes: readonly Expr[], buffer: Buffer): boolean {
  const seen = new Set<Expr>()
  const visit = (e: Expr): boolean => {
    if (seen.has(e)) return true
    seen.add(e)
    const n = e.node
    switch (n.kind) {
      case 'const': case 'var': return true
      case 'read':
        if (n.buffer.stage) return false
        if (n.buffer === buffer) return n.indices.every((x, d) => x === axes[d] || (buffer.shape[d] === 1 && x.node.kind === 'const' && x.node.value === 0))
        return n.indices.every(visit)
      case 'binary': return visit(n.a) && visit(n.b)
      case 'unary': case 'cast': return visit(n.a)
      case 'select': return visit(n.condition) && visit(n.a) && visit(n.b)
      case 'reduce': return false
    }
  }
  return visit(body)
}

const sameShape = (a: Buffer, b: Buffer): boolean => a.shape.length === b.shape.length && a.shape.every((n, d) => n === b.shape[d])

/** Whether a kernel makes each element from the same element of these inputs. */
function isElementwiseIn(step: KernelStep, inputs: readonly number[]): boolean {
  return step.results.every(result => {
    const { stage } = result
    if (stage === undefined || stage.fill.kind !== 'map') return false
    return inputs.every(i => {
      const buffer = step.buffers.get(i)
      return buffer === undefined || (sameShape(buffer, result) && readsInPlace(stage.body, stage.axes, buffer))
    })
  })
}

/**
 * Groups each kernel with the elementwise kernels that follow on it, where only the last value of the group is seen from
 * outside: a contraction with its bias, scale, activation and residual. A group stands where its last member stood.
 */
export function fuse({ steps, views, kept: keptValues }: Pick<Stretch, 'steps' | 'views' | 'kept'>): Scheduled[] {
  const kept = new Set([...keptValues].map(v => views.get(v) ?? v))
  const readers = new Map<Value, Set<Step>>()
  const read = (value: Value | undefined, step: Step): void => {
    if (!value) return
    const v = views.get(value) ?? value
    if (!readers.has(v)) readers.set(v, new Set())
    readers.get(v)!.add(step)
  }
  for (const step of steps) {
    for (const v of step.kind === 'control' ? step.inputs : step.node.inputs) read(v, step)
    if (step.kind === 'control') for (const v of step.around.values()) read(v, step)
  }
  const position = new Map(steps.map((s, i) => [s, i]))
  const taken = new Set<Step>()
  const out: { at: number; scheduled: Scheduled }[] = []
  for (const [at, step] of steps.entries()) {
    if (taken.has(step)) continue
    if (step.kind !== 'kernel') {
      out.push({ at, scheduled: step })
      continue
    }
    const members = grow(step, { readers, kept, position, taken, views })
    for (const m of members) taken.add(m)
    out.push({ at: position.get(members.at(-1)!)!, scheduled: { kind: 'group', members } })
  }
  return out.sort((a, b) => a.at - b.at).map(o => o.scheduled)
}

interface Around {
  readonly readers: ReadonlyMap<Value, ReadonlySet<Step>>
  readonly kept: ReadonlySet<Value>
  readonly position: ReadonlyMap<Step, number>
  readonly taken: ReadonlySet<Step>
  readonly views: ReadonlyMap<Value, Value>
}

function grow(root: KernelStep, { readers, kept, position, taken, views }: Around): KernelStep[] {
  const members: KernelStep[] = [root]
  const inside = new Set<Step>(members)
  const made = new Set<Value>()
  const outputsOf = (s: KernelStep): Value[] => s.node.outputs.filter(v => v !== undefined)
  for (const v of outputsOf(root)) made.add(v)
  let committed = 1
  for (;;) {
    // values of the group that something outside reads, and the next kernel that reads one
    const open = [...made].filter(v => kept.has(v) || [...(readers.get(v) ?? [])].some(s => !inside.has(s)))
    if (open.length <= 1 && open.every(v => outputsOf(members.at(-1)!).includes(v))) committed = members.length
    if (open.some(v => kept.has(v)) || members.length >= largest) break
    const next = open.flatMap(v => [...(readers.get(v) ?? [])].filter(s => !inside.has(s))).sort((a, b) => position.get(a)! - position.get(b)!)[0]
    if (next === undefined || next.kind !== 'kernel' || taken.has(next)) break
    if (next.node.inputs.some(v => v && made.has(views.get(v)!))) break
    const from = next.node.inputs.flatMap((v, i) => (v && made.has(v) ? [i] : []))
    if (!isElementwiseIn(next, from)) break
    members.push(next)
    inside.add(next)
    for (const v of outputsOf(next)) made.add(v)
  }
  return members.slice(0, committed)
}

/** The last scheduled step that reads each value or a view of it; one past the end for what is kept. */
export function lastReaders(scheduled: readonly Scheduled[], root: (value: Value) => Value, kept: readonly Value[]): Map<Value, number> {
  const out = new Map<Value, number>()
  scheduled.forEach((s, at) => {
    const see = (v: Value | undefined): void => {
      if (v && !v.isConstant) out.set(root(v), at)
    }
    if (s.kind === 'group') for (const m of s.members) m.node.inputs.forEach(see)
    else if (s.kind === 'host') s.node.inputs.forEach(see)
    else {
      s.inputs.forEach(see)
      for (const v of s.around.values()) see(v)
    }
  })
  for (const v of kept) out.set(root(v), scheduled.length)
  return out
}
