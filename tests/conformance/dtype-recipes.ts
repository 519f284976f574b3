import type { AttributeInit } from '../../src/ir/attribute.ts'
import { float, graphAttribute } from '../../src/ir/attribute.ts'
import type { DType } from '../../src/ir/dtype.ts'
import { bitsOf } from '../../src/ir/dtype.ts'
import type { Node, Value } from '../../src/ir/model.ts'
import { Graph, Model } from '../../src/ir/model.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { float32Tensor, inlineTensor, int64Tensor } from '../../src/ir/tensor.ts'
import type { Type } from '../../src/ir/types.ts'
import { tensorType } from '../../src/ir/types.ts'
import { Builder } from '../../src/ops/builder.ts'
import { typeOfDatum } from '../../src/ops/evaluate.ts'
import { numberOfDType } from '../../src/ops/kit/datatype.ts'
import { inDType } from './dtypes.ts'

/** A model of one node, what to feed it, and what it gives where that is plain. */
export interface Case {
  readonly model: Model
  readonly node: Node
  readonly feeds: Map<string, Datum>
  readonly expected?: readonly Datum[]
}

/** Small numbers in a type; an offset goes to 64-bit integers. */
const sample = (dtype: DType, shape: readonly number[], offset = 0n): Tensor => {
  const count = shape.reduce((a, b) => a * b, 1)
  return inDType(float32Tensor(Array.from({ length: count }, (_, i) => [1, 2, 0, 1.5, 3, -1, 0.5][i % 7]!), shape), dtype, offset)
}

interface Parts {
  readonly types?: readonly (Type | undefined)[]
  readonly outputs?: number
  readonly attributes?: Readonly<Record<string, AttributeInit>> | ((b: Builder, values: readonly Value[]) => Readonly<Record<string, AttributeInit>>)
  readonly expected?: readonly Datum[]
}

function made(op: string, inputs: readonly Datum[], { types, outputs = 1, attributes = {}, expected }: Parts = {}): Case {
  const model = new Model()
  const { graph } = model
  const feeds = new Map<string, Datum>()
  const values = inputs.map((datum, i) => {
    const value = graph.addInput(graph.value(`x${i}`, types?.[i] ?? typeOfDatum(datum)))
    feeds.set(value.name, datum)
    return value
  })
  const b = new Builder(graph)
  for (const v of b.ops(op, values, outputs, typeof attributes === 'function' ? attributes(b, values) : attributes)) graph.addOutput(v)
  return { model, node: graph.last!, feeds, ...(expected && { expected }) }
}

/** A body of Identity on each input given. */
function copies(b: Builder, types: readonly (Type | undefined)[], give: (inner: Builder, inputs: readonly Value[]) => readonly Value[]): AttributeInit {
  const body = new Graph(b.graph.names, 'body')
  const inputs = types.map(t => body.addInput(body.value('v', t)))
  for (const v of give(b.inside(body), inputs)) body.addOutput(v)
  return graphAttribute(body)
}
const same = (b: Builder, v: Value): Value => b.op('Identity', [v])
const yes = inlineTensor('bool', [], Uint8Array.of(1))

const sequence = (dtype: DType): Type => ({ kind: 'sequence', of: { kind: 'tensor', dtype, shape: undefined } })

type Recipe = (dtype: DType, variable: string, offset: bigint) => Case | undefined

const random = (op: string, inputs: boolean): Recipe => (dtype, variable) =>
  variable === 'T1' ? made(op, [sample(dtype, [2, 3])], { attributes: { dtype: 1 } }) : made(op, inputs ? [sample('int32', [2, 3])] : [], { attributes: { dtype: numberOfDType(dtype), ...(!inputs && { shape: [2, 3] }) } })

/** Cases for operators that no node test has alone, or whose types hang on attributes and graphs. */
export const recipes: Readonly<Record<string, Recipe>> = {
  BitCast: (dtype, variable, offset) => {
    const x = sample(dtype, [8], offset)
    const peer: DType | undefined = ({ 2: 'uint2', 4: 'uint4', 8: 'uint8', 16: 'uint16', 32: 'uint32', 64: 'uint64', 128: 'complex128' } as const)[bitsOf(dtype) as 8]
    if (peer && variable === 'T2') return made('BitCast', [inlineTensor(peer, x.shape, x.peek()!)], { attributes: { to: numberOfDType(dtype) }, expected: [x] })
    return peer && made('BitCast', [x], { attributes: { to: numberOfDType(peer) }, expected: [inlineTensor(peer, x.shape, x.peek()!)] })
  },
  ConcatFromSequence: (dtype, _, offset) => made('ConcatFromSequence', [[sample(dtype, [2], offset), sample(dtype, [1], offset)]], { attributes: { axis: 0 } }),
  Constant: (dtype, _, offset) => made('Constant', [], { attributes: { value: sample(dtype, [3], offset) }, expected: [sample(dtype, [3], offset)] }),
  ConstantOfShape: (dtype, variable, offset) =>
    variable === 'T1' ? made('ConstantOfShape', [int64Tensor([2])], { attributes: { value: sample('float32', [1]) } }) : made('ConstantOfShape', [int64Tensor([1])], { attributes: { value: sample(dtype, [1], offset) }, expected: [sample(dtype, [1], offset)] }),
  DequantizeLinear: (dtype, variable) => {
    const x: DType = variable === 'T1' ? dtype : 'int8'
    const scale: DType = variable === 'T2' || variable === 'T3' ? dtype : 'float32'
    return made('DequantizeLinear', [sample(x, [4]), inDType(float32Tensor([2], []), scale)], dtype === 'float8e8m0' ? { attributes: { output_dtype: 1 } } : {})
  },
  GlobalLpPool: dtype => made('GlobalLpPool', [sample(dtype, [1, 2, 3])]),
  If: (dtype, variable, offset) => {
    if (variable === 'B') return made('If', [yes], { attributes: b => ({ then_branch: copies(b, [], i => [i.floats([1])]), else_branch: copies(b, [], i => [i.floats([2])]) }) })
    const [x, y] = [sample(dtype, [2], offset), sample(dtype, [2])]
    return made('If', [yes], { attributes: b => ({ then_branch: copies(b, [], i => [same(i, i.constant(x))]), else_branch: copies(b, [], i => [same(i, i.constant(y))]) }), expected: [x] })
  },
  LayerNormalization: (dtype, variable) =>
    variable === 'U' ? made('LayerNormalization', [sample('float32', [2, 4]), sample('float32', [4])], { outputs: 2, attributes: { stash_type: numberOfDType(dtype) } }) : made('LayerNormalization', [sample(dtype, [2, 4]), sample(dtype, [4])]),
  LinearAttention: (dtype, variable) => {
    const [own, state]: [DType, DType] = variable === 'S' ? ['float32', dtype] : [dtype, 'float32']
    return made('LinearAttention', [sample(own, [1, 2, 4]), sample(own, [1, 2, 4]), sample(own, [1, 2, 4]), sample(state, [1, 2, 2, 2])], { outputs: 2, attributes: { q_num_heads: 2, kv_num_heads: 2, update_rule: 'linear' } })
  },
  Loop: (dtype, variable, offset) => {
    const x = sample(variable === 'V' ? dtype : 'float32', [2], offset)
    return made('Loop', [int64Tensor([1], []), yes, x], {
      outputs: 2,
      attributes: b => ({ body: copies(b, [tensorType('int64', []), tensorType('bool', []), typeOfDatum(x)], (i, [, on, v]) => [same(i, on!), same(i, v!), same(i, v!)]) }),
    })
  },
  MaxRoiPool: dtype => made('MaxRoiPool', [sample(dtype, [2, 2, 5, 6]), inDType(float32Tensor([0, 0, 0, 4, 3, 1, -1, 2.5, 9, 9, 0, 5, 5, 1, 1, 1, 20, 20, 30, 30], [4, 5]), dtype)], { attributes: { pooled_shape: [2, 2] } }),
  Multinomial: (dtype, variable) => made('Multinomial', [sample(variable === 'T1' ? dtype : 'float32', [2, 3])], { attributes: { dtype: variable === 'T2' ? numberOfDType(dtype) : 6 } }),
  Optional: (dtype, _, offset) => made('Optional', [sample(dtype, [2], offset)], { expected: [sample(dtype, [2], offset)] }),
  OptionalGetElement: (dtype, _, offset) => made('OptionalGetElement', [sample(dtype, [2], offset)], { expected: [sample(dtype, [2], offset)] }),
  OptionalHasElement: (dtype, variable) => made('OptionalHasElement', [sample(variable === 'B' ? 'float32' : dtype, [2])], { expected: [yes] }),
  QuantizeLinear: (dtype, variable) => {
    const [x, scale]: [DType, DType] = variable === 'T1' ? [dtype, 'float32'] : variable === 'T2' ? ['float32', dtype] : ['float32', 'float32']
    const to: DType = variable === 'T3' ? dtype : 'int8'
    return made('QuantizeLinear', [sample(x, [7]), inDType(float32Tensor([2], []), scale)], { attributes: { output_dtype: numberOfDType(to) } })
  },
  RandomNormal: random('RandomNormal', false),
  RandomNormalLike: random('RandomNormalLike', true),
  RandomUniform: random('RandomUniform', false),
  RandomUniformLike: random('RandomUniformLike', true),
  RMSNormalization: (dtype, variable) => made('RMSNormalization', [sample(variable === 'T' ? dtype : 'float32', [2, 4]), sample(variable === 'V' ? dtype : 'float32', [4])], { attributes: { epsilon: float(0.5) } }),
  Scan: (dtype, _, offset) => {
    const [state, x] = [sample(dtype, [2], offset), sample(dtype, [3, 2], offset)]
    return made('Scan', [state, x], {
      outputs: 2,
      attributes: b => ({ num_scan_inputs: 1, body: copies(b, [typeOfDatum(state), typeOfDatum(state)], (i, [s, v]) => [same(i, s!), same(i, v!)]) }),
      expected: [state, x],
    })
  },
  SequenceAt: (dtype, variable, offset) => made('SequenceAt', [[sample(variable === 'I' ? 'float32' : dtype, [2], offset)], inDType(int64Tensor([0], []), variable === 'I' ? dtype : 'int64')], { expected: [sample(variable === 'I' ? 'float32' : dtype, [2], offset)] }),
  SequenceConstruct: (dtype, _, offset) => made('SequenceConstruct', [sample(dtype, [2], offset)], { expected: [[sample(dtype, [2], offset)]] }),
  SequenceEmpty: dtype => made('SequenceEmpty', [], { attributes: { dtype: numberOfDType(dtype) }, expected: [[]] }),
  SequenceErase: (dtype, variable) => made('SequenceErase', [[sample(variable === 'I' ? 'float32' : dtype, [2])], inDType(int64Tensor([0], []), variable === 'I' ? dtype : 'int64')], { types: [sequence(variable === 'I' ? 'float32' : dtype)], expected: [[]] }),
  SequenceLength: (dtype, variable) => made('SequenceLength', [[sample(variable === 'I' ? 'float32' : dtype, [2])]], { expected: [int64Tensor([1], [])] }),
  SequenceMap: (dtype, _, offset) => {
    const x = sample(dtype, [2], offset)
    return made('SequenceMap', [[x]], { attributes: b => ({ body: copies(b, [typeOfDatum(x)], (i, [v]) => [same(i, v!)]) }), expected: [[x]] })
  },
}

