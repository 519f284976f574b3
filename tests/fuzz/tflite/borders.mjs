// What the runtime's tensors can't hold goes in and comes out through a Cast, and open sizes get their numbers before a file is run.
import { tflite } from '../../../dist/converters/tflite/index.js'
import { memoryBundle, memoryBytes, memorySink } from '../../../dist/src/bytes/memory.js'
import { Log } from '../../../dist/src/diag/diagnostic.js'
import { tensorType } from '../../../dist/src/ir/types.js'
import { inverse, permuted, withDType } from '../../../dist/src/validate/adapt.js'
import { Builder } from '../../../dist/src/ops/builder.js'
import { floats } from '../graphs/draw.mjs'
import { dtypes } from '../graphs/codes.mjs'
import { elementsOf, tensorOf } from '../graphs/elements.mjs'
import { carried } from './litert.mjs'

const carrierOf = dtype => (dtype === 'string' ? undefined : floats.has(dtype) ? 'float32' : 'int32')
const clamp = x => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Number(x)))

/** The tensor with its elements in a dtype that the runtime takes. */
const carriedBy = (datum, dtype) => tensorOf(dtype, datum.shape, elementsOf(datum).map(x => (dtype === 'int32' ? clamp(x) : Number(x))))

/**
 * Changes the model in place, and the feeds: false when it takes or gives texts. `wraps`: int64 goes through a Cast too, else it
 * is left to the converter to narrow.
 */
export function atBorders(model, feeds, wraps) {
  const { graph } = model
  const passes = dtype => carried.has(dtype) || (dtype === 'int64' && !wraps)
  for (const v of [...graph.inputs]) {
    const datum = feeds.get(v.name)
    const carrier = carrierOf(datum.dtype)
    if (carrier === undefined) return false
    if (passes(datum.dtype)) continue
    const outer = graph.value(`${v.name}_carried`, tensorType(carrier, v.type.shape))
    const first = graph.first
    const use = new Builder(graph, first).op('Cast', [outer], { to: dtypes[datum.dtype] })
    v.replaceBy(use)
    graph.addInput(outer)
    graph.removeInput(v)
    feeds.delete(v.name)
    feeds.set(outer.name, carriedBy(datum, carrier))
  }
  for (const [i, v] of [...graph.outputs].entries()) {
    const dtype = v.type?.kind === 'tensor' ? v.type.dtype : undefined
    const carrier = dtype && carrierOf(dtype)
    if (carrier === undefined) return false
    if (!passes(dtype)) graph.setOutput(i, new Builder(graph).op('Cast', [v], { to: dtypes[carrier] }))
  }
  return true
}

/** Whether the elements of a feed are in the range of the dtype that the file takes. */
export const fitsIn = (datum, dtype) => dtype !== 'int32' || elementsOf(datum).every(x => clamp(x) === Number(x))

/** A feed as the file wants it. */
export async function toFile(datum, change, dtype) {
  const turned = change?.perm ? await permuted(datum, change.perm) : datum
  return turned.dtype === dtype ? turned : carriedBy(turned, dtype)
}

/** A result as the source has it. */
export async function fromFile(datum, change, dtype) {
  const turned = change?.perm ? await permuted(datum, inverse(change.perm)) : datum
  return withDType(turned, dtype)
}

/** The file with numbers for the open sizes of what goes in and out: shapes by the signature's names. */
export async function withSizes(bytes, shapes) {
  const log = new Log()
  const model = await tflite.read(memoryBundle(memoryBytes(bytes, 'm.tflite')), { log })
  const { tensors } = model.root.subgraphs[0]
  const [signature] = model.root.signature_defs
  let open = false
  for (const { name, tensor_index: index } of [...(signature.inputs ?? []), ...(signature.outputs ?? [])]) {
    const tensor = tensors[index ?? 0]
    if (!tensor.shape_signature && (tensor.shape ?? []).join() === shapes.get(name).join()) continue
    open = true
    tensor.shape = [...shapes.get(name)]
    delete tensor.shape_signature
  }
  if (!open) return bytes
  const sink = memorySink()
  await tflite.write(model, sink, { log, name: 'm.tflite' })
  await sink.commit()
  return sink.files.get('m.tflite')
}
