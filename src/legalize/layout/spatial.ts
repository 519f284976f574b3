import { dimEquals } from '../../ir/dim.ts'
import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../../ops/builder.ts'
import { channelsLast } from '../../ops/kit/nhwc.ts'
import { operatorOf } from '../../ops/registry.ts'
import { constantOf, intsOf, numbersOf, rankOf, shapeOf } from '../../passes/kit/values.ts'
import { takeTensor } from '../../passes/kit/weights.ts'
import type { Carry } from './carry.ts'
import { moved, positive } from './carry.ts'

const spatial = new Set(['Conv', 'ConvTranspose', 'MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'DepthToSpace', 'SpaceToDepth'])

/** A vector with an entry for each axis (or, `times` 2, a begin and an end), in channel-last order. */
export function permuteVector(make: Builder, v: Value, rank: number, times = 1): Value {
  const order = Array.from({ length: times }, (_, t) => channelsLast(rank).map(a => a + t * rank)).flat()
  const tensor = constantOf(v)
  return tensor ? make.constant(takeTensor(tensor, 0, order), v.name) : make.op('Gather', [v, make.ints(order)], { axis: 0 })
}

/** Operators that exist on channel-last data only. */
export function carrySpatial(node: Node): Carry | undefined {
  const rank = rankOf(node.inputs[0])
  if (node.domain !== '' || rank === undefined || rank < 3) return undefined
  if (node.op === 'Resize') return carryResize(node, rank)
  if (!spatial.has(node.op) || operatorOf({ op: `Nhwc${node.op}`, domain: 'lapidary' }) === undefined) return undefined
  if (node.outputs.slice(1).some(v => v && v.uses.size > 0)) return undefined
  return {
    fixed: 'last',
    inputs: node.inputs.map((_, i) => (i === 0 ? 'node' : 'first')),
    outputs: node.outputs.map((_, i) => (i === 0 ? 'node' : 'first')),
    apply(n) {
      n.op = `Nhwc${n.op}`
      n.domain = 'lapidary'
      n.trimOutputs(1)
    },
  }
}

function carryResize(node: Node, rank: number): Carry | undefined {
  const axes = intsOf(node, 'axes')?.map(a => positive(a, rank))
  const [from, to] = [shapeOf(node.inputs[0]), shapeOf(node.outputs[0])]
  const scales = numbersOf(node.inputs[2])
  const kept = axes ? axes.every(a => a >= 2) : scales && scales.length === rank ? scales[0] === 1 && scales[1] === 1 : from && to && dimEquals(from[0]!, to[0]!) && dimEquals(from[1]!, to[1]!)
  if (!kept) return undefined
  return {
    fixed: 'last',
    inputs: node.inputs.map((_, i) => (i === 0 ? 'node' : 'any')),
    outputs: ['node'],
    apply(n, make) {
      n.op = 'NhwcResize'
      n.domain = 'lapidary'
      if (axes) return n.setAttribute('axes', { type: 'ints', value: axes.map(a => moved(a, rank)) })
      n.inputs.forEach((v, i) => {
        if (i === 0 || v === undefined || shapeOf(v)?.[0] === 0) return
        n.setInput(i, permuteVector(make, v, rank, i === 1 ? 2 : 1))
      })
    },
  }
}
