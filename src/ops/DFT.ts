import type { Dim } from '../ir/dim.ts'
import { addDims, floorDivDims, mulDims, unknownDim } from '../ir/dim.ts'
import type { Node } from '../ir/model.ts'
import type { Shape } from '../ir/types.ts'
import { elementCount, staticShape } from '../ir/types.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { computeInvalid } from './diagnostics.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './kit/algebra.ts'
import { axisOf, replaceAt } from './kit/axes.ts'
import { tensorOfDoubles } from './kit/doubles.ts'
import type { Spectrum } from './kit/fourier.ts'
import { binsOf, partsOf, pointLimit, spectrumOf } from './kit/fourier.ts'
import { multiplyBySpectrum } from './kit/fourier-graph.ts'
import { numberAt } from './kit/host.ts'
import { trimInputs } from './kit/steps.ts'
import { constantInput } from './kit/versions.ts'
import type { AttributeReader, Operator } from './operator.ts'

interface Fails {
  readonly attributes: AttributeReader
  fail(message: string): never
}

const fail = (node: Node, message: string): never => {
  throw computeInvalid(node, message)
}

/** The last axis holds the parts of a number. */
function signalAxis(k: Fails, axis: number, rank: number): number {
  const at = axisOf(k, axis, rank)
  return at === rank - 1 ? k.fail(`axis ${axis} holds the parts of the numbers`) : at
}

function formOf(k: Fails, shape: readonly number[], axis: number, wanted: number | undefined): Spectrum {
  const [given, parts] = [shape[axis]!, shape.at(-1)!]
  const [inverse, onesided] = [k.attributes.int('inverse', 0) !== 0, k.attributes.int('onesided', 0) !== 0]
  if (parts !== 1 && parts !== 2) k.fail(`numbers of ${parts} parts`)
  if (onesided && !inverse && parts === 2) k.fail('half a spectrum of a complex signal')
  const length = wanted ?? (onesided && inverse ? 2 * (given - 1) : given)
  if (length < 1 || length > pointLimit) k.fail(`a transform of length ${length}`)
  return { given, parts, length, inverse, onesided }
}

export const DFT: Operator = {
  name: 'DFT',
  host: [1, 2],
  infer(ctx) {
    const shape = ctx.shape(0)
    const axes = ctx.has(2) ? ctx.constant(2) : [-2]
    let out: Shape
    if (shape) {
      const [inverse, onesided] = [ctx.attributes.int('inverse', 0) !== 0, ctx.attributes.int('onesided', 0) !== 0]
      if (shape.length < 2) ctx.fail(`a signal of rank ${shape.length}`)
      const axis = axes && signalAxis(ctx, axes[0] ?? -2, shape.length)
      const given: Dim = axis === undefined ? unknownDim() : shape[axis]!
      const length = ctx.has(1) ? (ctx.shapeValue(1)?.[0] ?? unknownDim()) : onesided && inverse ? mulDims(2, addDims(given, -1)) : given
      if (axis !== undefined && typeof length === 'number') formOf(ctx, shape.map(d => (typeof d === 'number' ? d : 1)), axis, length)
      const bins = onesided && !inverse ? addDims(floorDivDims(length, 2), 1) : length
      // an axis that is not known changes nothing when its size stays
      const stays = !ctx.has(1) && !onesided
      out = replaceAt(axis !== undefined ? replaceAt(shape, axis, bins) : stays ? shape : shape.map(unknownDim), shape.length - 1, onesided && inverse ? 1 : 2)
    }
    ctx.output(0, ctx.dtype(0), out)
  },
  evaluate(ctx) {
    const x = ctx.tensor(0)
    const axis = signalAxis(ctx, numberAt(ctx, 2, -2), x.shape.length)
    const form = formOf(ctx, x.shape, axis, ctx.inputs[1] === undefined ? undefined : numberAt(ctx, 1, 0))
    const [bins, parts] = [binsOf(form), partsOf(form)]
    const shape = replaceAt(replaceAt(x.shape, axis, bins), x.shape.length - 1, parts)
    const [numbers, out] = [peekNumbers(x)!, new Float64Array(elementCount(shape))]
    const run = spectrumOf(form)
    const inner = elementCount(x.shape.slice(axis + 1, -1))
    for (let o = 0; o < elementCount(x.shape.slice(0, axis)); o++)
      for (let i = 0; i < inner; i++) {
        run(numbers, (o * form.given * inner + i) * form.parts, inner * form.parts, out, (o * bins * inner + i) * parts, inner * parts)
      }
    return [tensorOfDoubles(x.dtype, shape, out)]
  },
  decompose(b, node) {
    const [x, length, axisInput] = node.inputs
    const shape = shapeOf(x)
    const axes = axisInput === undefined ? [-2] : axisInput.isConstant ? peekNumbers(axisInput.constant) : undefined
    const wanted = length?.isConstant ? peekNumbers(length.constant)?.[0] : undefined
    if (shape === undefined || axes === undefined || (length !== undefined && wanted === undefined)) return undefined
    const k: Fails = { attributes: nodeAttributes(node), fail: message => fail(node, message) }
    const axis = signalAxis(k, axes[0]!, shape.length)
    const known = staticShape([shape[axis]!, shape.at(-1)!])
    if (known === undefined) return undefined
    const form = formOf(k, shape.map((d, i) => (i === axis ? known[0]! : i === shape.length - 1 ? known[1]! : typeof d === 'number' ? d : 1)), axis, wanted)
    const y = multiplyBySpectrum(b, x!, axis, form, dtypeOf(x)!)
    return y && [y]
  },
  upgrade: {
    20(step) {
      const axis = step.attributes.int('axis', 1)
      step.setAttribute('axis', undefined)
      const { inputs } = step.node
      step.node.setInputs([inputs[0], inputs[1], step.b.int(axis)])
    },
  },
  downgrade: {
    20(step) {
      const [axis = -2] = constantInput(step, 2) ?? []
      step.node.setInputs(step.node.inputs.slice(0, 2))
      trimInputs(step)
      step.setAttribute('axis', { type: 'int', value: axis })
    },
  },
}
