import type { Dim } from '../../ir/dim.ts'
import { dimEquals } from '../../ir/dim.ts'
import type { Node, Use } from '../../ir/model.ts'
import { reshapedTensor } from '../../ir/tensor.ts'
import type { Builder } from '../../ops/builder.ts'
import { channelsLast } from '../../ops/kit/nhwc.ts'
import { reshapeTarget } from '../../passes/kit/shapes.ts'
import { constantOf, intOf, shapeOf, sizesOf } from '../../passes/kit/values.ts'
import { transposeTensor } from '../../passes/kit/weights.ts'
import type { Carry } from './carry.ts'

const last = (shape: readonly Dim[]): Dim[] => channelsLast(shape.length).map(a => shape[a]!)
const flat = (shape: readonly Dim[]): boolean => shape.length >= 3 && shape.slice(2).every(d => d === 1)

function become(node: Node, make: Builder, target: readonly number[]): void {
  node.op = 'Reshape'
  node.attributes = {}
  node.setInputs([node.inputs[0], make.ints(target)])
}

/** Reshape and its kin: where the channels stay apart from the rest, where nothing moves, and before a product whose rows can move instead. */
export function carryReshape(node: Node): Carry | undefined {
  if (node.domain !== '' || !['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'].includes(node.op)) return undefined
  const [from, to] = [shapeOf(node.inputs[0]), shapeOf(node.outputs[0])]
  if (from === undefined || to === undefined || from.length < 2 || to.length < 2) return undefined
  const others = node.inputs.slice(1).map(() => 'any' as const)
  const sameStart = dimEquals(from[0]!, to[0]!) && dimEquals(from[1]!, to[1]!)
  if (from.length >= 3 && to.length >= 3 && sameStart) {
    const target = reshapeTarget(last(from), last(to))
    return target && { inputs: ['node', ...others], outputs: ['node'], apply: (n, make) => become(n, make, target) }
  }
  if (flat(from)) {
    const target = reshapeTarget(last(from), to)
    return target && { inputs: ['node', ...others], outputs: ['first'], apply: (n, make) => become(n, make, target) }
  }
  if (flat(to)) {
    const target = reshapeTarget(from, last(to))
    return target && { inputs: ['first', ...others], outputs: ['node'], apply: (n, make) => become(n, make, target) }
  }
  return carryFlatten(node, from, to)
}

/** [N, C, ...] to [N, C * ...] before Gemm or MatMul with a constant: the rows of the constant move, not the data. */
function carryFlatten(node: Node, from: readonly Dim[], to: readonly Dim[]): Carry | undefined {
  const sizes = sizesOf(node.inputs[0])?.slice(1) ?? from.slice(1)
  if (to.length !== 2 || from.length < 3 || !sizes.every(n => typeof n === 'number') || !dimEquals(from[0]!, to[0]!)) return undefined
  const uses = [...node.outputs[0]!.uses]
  if (uses.length === 0 || !uses.every(takesRows)) return undefined
  const target = reshapeTarget(last(from), to)
  const [c, ...rest] = sizes as number[]
  const s = rest.reduce((a, b) => a * b, 1)
  return target && {
    inputs: ['node', ...node.inputs.slice(1).map(() => 'any' as const)],
    outputs: ['any'],
    apply(n, make) {
      for (const use of [...n.outputs[0]!.uses]) {
        if (!('node' in use)) continue
        const old = use.node.inputs[1]!
        const w = constantOf(old)!
        const turned = use.node.op === 'Gemm' && intOf(use.node, 'transB', 0) !== 0
        const columns = w.shape[turned ? 0 : 1]!
        const split = reshapedTensor(w, turned ? [columns, c!, s] : [c!, s, columns])
        use.node.setInput(1, make.constant(reshapedTensor(transposeTensor(split, turned ? [0, 2, 1] : [1, 0, 2]), w.shape), old.name))
      }
      become(n, make, target)
    },
  }
}

function takesRows(use: Use): boolean {
  if (!('node' in use) || use.index !== 0 || use.node.domain !== '') return false
  const { op } = use.node
  const w = constantOf(use.node.inputs[1])
  return w !== undefined && w.shape.length === 2 && (op === 'MatMul' || (op === 'Gemm' && intOf(use.node, 'transA', 0) === 0))
}
