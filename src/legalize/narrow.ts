import type { DType } from '../ir/dtype.ts'
import { kindOf } from '../ir/dtype.ts'
import type { Model, Node, Value } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { deferredTensor, peekNumbers, viewOf, bytesOf } from '../ir/tensor.ts'
import type { Range } from './ranges.ts'
import { inside, rangeOf, rangeOfDType } from './ranges.ts'

function table<T>(entries: Readonly<Record<string, T>>): ReadonlyMap<string, T> {
  return new Map(Object.entries(entries))
}

/** Inputs (by index; 'all') that have the element type of output 0, or of each other when the operator gives bool. */
const tied = table<readonly number[] | 'all'>({
  Reshape: [0], Squeeze: [0], Unsqueeze: [0], Flatten: [0], Transpose: [0], Expand: [0], Tile: [0], Slice: [0], Gather: [0], GatherElements: [0], GatherND: [0],
  Identity: [0], Split: [0], Trilu: [0], Compress: [0], ReverseSequence: [0], DepthToSpace: [0], SpaceToDepth: [0], Pad: [0, 2], CumSum: [0], TopK: [0], OneHot: [2],
  ReduceMax: [0], ReduceMin: [0], ReduceSum: [0], ReduceProd: [0], ReduceMean: [0], ReduceL1: [0], ReduceL2: [0], ReduceSumSquare: [0],
  Concat: 'all', Add: 'all', Sub: 'all', Mul: 'all', Div: 'all', Mod: 'all', Max: 'all', Min: 'all', Sum: 'all', Neg: 'all', Abs: 'all', Sign: 'all', Clip: 'all', Range: 'all',
  Pow: [0], Where: [1, 2], ScatterND: [0, 2], ScatterElements: [0, 2],
  Equal: 'all', Less: 'all', LessOrEqual: 'all', Greater: 'all', GreaterOrEqual: 'all',
  // makers of integers and readers of indices: nothing is tied
  Shape: [], Size: [], ArgMax: [], ArgMin: [], NonZero: [], ConstantOfShape: [], Cast: [], Resize: [], Upsample: [], NonMaxSuppression: [],
})
/** The first of the outputs that has a type of its own. */
const untiedOutput = table({ TopK: 1, Shape: 0, Size: 0, ArgMax: 0, ArgMin: 0, NonZero: 0, ConstantOfShape: 0, Cast: 0 })
/** Inputs where a number beyond the type means "to the end". */
const clamps = table({ Slice: [1, 2] })

const dtypeOf = (v: Value | undefined): DType | undefined => (v?.type?.kind === 'tensor' ? v.type.dtype : undefined)

class Classes {
  readonly #parent = new Map<Value, Value>()
  find(v: Value): Value {
    let at = v
    for (let up = this.#parent.get(at); up && up !== at; up = this.#parent.get(at)) at = up
    return at
  }
  join(a: Value, b: Value): void {
    const [p, q] = [this.find(a), this.find(b)]
    if (p !== q) this.#parent.set(p, q)
  }
}

/** The elements in another integer type; numbers beyond it become its ends. */
function convertTensor(tensor: Tensor, to: DType): Tensor {
  const [low, high] = rangeOfDType(to)
  return deferredTensor(to, tensor.shape, [tensor], `narrow-${to}`, ([bytes]) => {
    const from = Array.from(viewOf(tensor.dtype, bytes!) as Iterable<number | bigint>, x => Math.min(high, Math.max(low, Number(x))))
    const out = viewOf(to, new Uint8Array((from.length * (to === 'int32' || to === 'uint32' ? 32 : 64)) / 8)) as Int32Array
    from.forEach((x, i) => (out[i] = x))
    return bytesOf(out)
  })
}

/** Replaces an integer element type by a narrower one wherever every value is proved to fit. Gives the count of values. */
export function narrowDType(model: Model, from: DType, to: DType): number {
  if (kindOf(from) !== 'int' || kindOf(to) !== 'int') return 0
  const limits: Range = rangeOfDType(to)
  const known = new Map<Value, Range>()
  const classes = new Classes()
  const wide = new Set<Value>()
  const values = new Set<Value>()
  const wants = (v: Value | undefined): v is Value => dtypeOf(v) === from
  const nodes = [...model.allNodes()]
  // in order, so that no bound is asked for before those it rests on
  for (const node of nodes) for (const v of node.outputs) if (wants(v)) rangeOf(v, limits, known)
  const tiesOf = (node: Node): readonly Value[] | undefined => {
    const inputs = node.domain === '' ? tied.get(node.op) : undefined
    if (inputs === undefined) return undefined
    const own = untiedOutput.get(node.op) ?? Infinity
    const picked = [...node.inputs.filter((_, i) => inputs === 'all' || inputs.includes(i)), ...node.outputs.filter((_, i) => i < own)]
    return picked.filter(wants)
  }
  for (const v of model.graph.inputs) if (wants(v)) values.add(v)
  for (const node of nodes) {
    for (const v of [...node.inputs, ...node.outputs]) if (wants(v) && !v.isConstant) values.add(v)
    const ties = tiesOf(node)
    if (ties) {
      const live = ties.filter(v => !v.isConstant)
      live.forEach(v => classes.join(v, live[0]!))
      // a constant that does not fit keeps its whole class wide
      if (live[0] && ties.some(v => v.isConstant && !inside(rangeOf(v, limits, known), limits))) wide.add(live[0])
    } else if (node.op === 'If' && node.domain === '') {
      for (const graph of node.subgraphs()) graph.outputs.forEach((v, i) => wants(v) && wants(node.outputs[i]) && (v.isConstant ? wide.add(node.outputs[i]) : classes.join(v, node.outputs[i])))
    } else {
      for (const v of [...node.inputs, ...node.outputs]) if (wants(v) && !v.isConstant) wide.add(v)
      for (const graph of node.subgraphs()) for (const v of [...graph.inputs, ...graph.outputs]) if (wants(v) && !v.isConstant) wide.add(v)
    }
  }
  for (const v of values) if (!inside(rangeOf(v, limits, known), limits)) wide.add(v)
  const wideClasses = new Set([...wide].map(v => classes.find(v)))
  const narrows = (v: Value): boolean => values.has(v) && !wideClasses.has(classes.find(v))

  const converted = new Map<string, Value>()
  const constantAs = (v: Value): Value => {
    const tensor = convertTensor(v.constant!, to)
    const key = `${tensor.key}${tensor.shape.join()}`
    const same = converted.get(key)
    if (same) return same
    const made = model.graph.constant(tensor, v.name)
    converted.set(key, made)
    return made
  }
  const chosen = new Set([...values].filter(narrows))
  for (const node of nodes) {
    const ties = new Set(tiesOf(node))
    const live = [...ties].find(v => !v.isConstant)
    node.inputs.forEach((v, i) => {
      if (!wants(v) || !v.isConstant || (node.domain !== '' || tied.get(node.op) === undefined)) return
      const fits = clamps.get(node.op)?.includes(i) ? peekNumbers(v.constant) !== undefined : inside(rangeOf(v, limits, known), limits)
      const may = ties.has(v) ? (live ? chosen.has(live) : false) : fits
      if (may && fits) node.setInput(i, constantAs(v))
    })
    if (node.domain === '' && node.outputs[0] && chosen.has(node.outputs[0])) {
      if (node.op === 'Cast') node.setAttribute('to', { type: 'int', value: to === 'int32' ? 6 : 7 })
      const fill = node.attributes['value']
      if (node.op === 'ConstantOfShape' && fill?.type === 'tensor') node.setAttribute('value', { type: 'tensor', value: convertTensor(fill.value, to) })
    }
  }
  for (const v of chosen) if (v.type?.kind === 'tensor') v.type = { ...v.type, dtype: to }
  return chosen.size
}
