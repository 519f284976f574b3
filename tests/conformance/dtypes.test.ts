import { expect, it } from 'vitest'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { onnxruntimeExecutor } from '../../executors/onnxruntime/index.ts'
import { LapidaryError } from '../../src/diag/diagnostic.ts'
import type { DType } from '../../src/ir/dtype.ts'
import { kindOf } from '../../src/ir/dtype.ts'
import type { Model, Node } from '../../src/ir/model.ts'
import type { Datum } from '../../src/ir/tensor.ts'
import { isTensor } from '../../src/ir/tensor.ts'
import { inferNode } from '../../src/ops/infer.ts'
import { numberOfDType } from '../../src/ops/kit/datatype.ts'
import { operatorOf } from '../../src/ops/registry.ts'
import { writeAt } from './opsets.ts'
import { differs, dtypesOf, retype, schemas, variableOf } from './dtypes.ts'
import type { Schema } from './dtypes.ts'
import { recipes } from './dtype-recipes.ts'
import type { Case } from './dtype-recipes.ts'
import { compareData } from './compare.ts'
import { readModel } from './run.ts'
import type { Precision } from './run.ts'
import type { NodeTest } from './vectors.ts'
import { loadNodeTests } from './vectors.ts'

const filter = process.env['FILTER']

function onlyNode(model: Model): Node | undefined {
  const nodes = [...model.graph.nodes()]
  return nodes.length === 1 ? nodes[0] : undefined
}

const bytesIn = (d: Datum): number => (d === null ? 0 : isTensor(d) ? d.byteLength || 1 : Array.isArray(d) ? (d as readonly Datum[]).reduce<number>((n, x) => n + bytesIn(x), 0) : 1000)

/** The smallest node tests of each operator alone: with the most inputs, and with the fewest. */
async function basesOf(): Promise<Map<string, NodeTest[]>> {
  const found = new Map<string, { test: NodeTest; inputs: number; size: number }[]>()
  for (const test of loadNodeTests(/^(?!.*_expanded)/)) {
    let node
    try {
      node = onlyNode(await readModel(test.model))
    } catch {
      continue
    }
    if (!node || node.domain !== '' || test.sets.length !== 1) continue
    const list = found.get(node.op) ?? []
    found.set(node.op, list)
    const size = test.sets[0]!.inputs.reduce((n, d) => n + bytesIn(d), 0)
    list.push({ test, inputs: node.inputs.filter(v => v).length, size: size === 0 ? 1e6 : size })
  }
  return new Map(
    [...found].map(([op, list]) => {
      const by = [...list].sort((a, b) => b.inputs - a.inputs || a.size - b.size)
      const last = by.filter(x => x.inputs === by.at(-1)!.inputs)[0]!
      return [op, [...new Set([by[0]!, last])].map(x => x.test)]
    }),
  )
}

const runtime = onnxruntimeExecutor(async model => {
  for (const opset of [23, 21, 18]) {
    const written = await writeAt(model, opset)
    if (!Array.isArray(written)) return (written as { bytes: Uint8Array }).bytes
  }
  throw new Error('not written')
})

/** Element types that hold all of a type's numbers, which onnxruntime is likelier to have kernels for. */
const wider = (dtype: DType): readonly DType[] => {
  if (kindOf(dtype) === 'float') return ['float32', 'float64']
  // what is fed is below 2^63
  if (dtype === 'uint64') return ['int64']
  return kindOf(dtype) === 'int' || kindOf(dtype) === 'uint' ? (dtype === 'int64' ? [] : ['int32', 'int64', 'float32']) : []
}

const attributeNames = ['dtype', 'to', 'output_dtype', 'output_datatype']

/** One of a kind: built anew for each run, in this type or with the same elements in a wider one. */
type Build = (reference: DType) => Promise<Case>

/** A node test in another type: `tied` where the type is that of an input, else an attribute asks for it. */
const retyped = (test: NodeTest, schema: Schema, variables: readonly string[], dtype: DType, tied: boolean, offset: bigint): Build => async reference => {
  const model = await readModel(test.model)
  const node = onlyNode(model)!
  let feeds = retype(model, node, schema, variables, dtype, test.sets[0]!.inputs, offset)
  if (reference !== dtype) feeds = retype(model, node, schema, variables, reference, model.graph.inputs.filter(v => v.constant === undefined).map(v => feeds.get(v.name)!))
  const name = attributeNames.find(n => n in schema.attributes)
  if (!tied && name) node.attributes = { ...node.attributes, [name]: { type: 'int', value: numberOfDType(dtype) } }
  inferNode(node)
  return { model, node, feeds }
}

/** Element types of which onnxruntime's package for Node gives no tensors: some end the process. */
const kept: ReadonlySet<DType> = new Set<DType>(['int2', 'uint2', 'int4', 'uint4', 'float4e2m1', 'bfloat16', 'float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'float8e8m0'])

async function tensorsOf({ model, feeds }: Case, executor: Precision | 'onnxruntime'): Promise<(Datum | undefined)[]> {
  if (executor === 'onnxruntime' && model.graph.outputs.some(({ type }) => type?.kind !== 'tensor' || kept.has(type.dtype))) throw new Error('outputs that it does not give')
  const session = executor === 'onnxruntime' ? await runtime.prepare(model) : await cpuExecutor.prepare(model, { precision: executor })
  try {
    const results = await session.run(feeds)
    return model.graph.outputs.map(v => results.get(v.name))
  } finally {
    session.dispose()
  }
}

/** Whether an input that is present has the type that a variable stands for. */
const boundTo = (model: Model, schema: Schema, variable: string): boolean => onlyNode(model)!.inputs.some((v, i) => v && variableOf(schema.inputs, i) === variable)

const outcomes = ['closed form', 'onnxruntime', 'wider', 'runs', 'refused', 'differs'] as const
/** What a result was held against: a closed form, onnxruntime with this type or a wider one, or nothing but its type. */
type Outcome = (typeof outcomes)[number]

interface Row {
  readonly op: string
  readonly variable: string
  readonly dtype: DType
  readonly outcome: Outcome
  readonly detail: string
}

const reason = (error: unknown): string => (error instanceof LapidaryError ? `${error.code}: ${error.message}` : error instanceof Error ? `${error.name}: ${error.message}` : String(error))

async function judge(row: (outcome: Outcome, detail?: string) => Row, schema: Schema, variable: string, dtype: DType, build: Build, references: readonly DType[], precision: Precision): Promise<Row> {
  let made: Case
  let own
  try {
    made = await build(dtype)
    own = await tensorsOf(made, precision)
  } catch (error) {
    return row('refused', reason(error))
  }
  for (const [o, datum] of own.entries()) {
    const name = variableOf(schema.outputs, o)
    if (name === variable && datum && isTensor(datum) && datum.dtype !== dtype) return row('differs', `output ${o} is ${datum.dtype}`)
  }
  for (const [o, datum] of made.expected?.entries() ?? []) {
    const wrong = compareData(own[o], datum, 0, 0)
    if (wrong) return row('differs', `output ${o}: ${wrong}`)
  }
  if (made.expected) return row('closed form')
  if (operatorOf(made.node)?.impure) return row('runs')
  for (const reference of references) {
    let results
    try {
      results = await tensorsOf(await build(reference), 'onnxruntime')
    } catch {
      continue
    }
    for (const [o, datum] of own.entries()) {
      const other = results[o]
      if (!datum || !other || !isTensor(datum) || !isTensor(other)) continue
      const wrong = differs(datum, other)
      if (wrong) return row('differs', `as ${reference}, output ${o}: ${wrong}`)
    }
    return row(reference === dtype ? 'onnxruntime' : 'wider')
  }
  return row('runs')
}

/** What is refused, and where we and onnxruntime differ: why. */
const known: readonly (readonly [row: RegExp, reason: string])[] = [
  [/^refused (Col2Im|GridSample|Resize) \w+ string /, 'texts have no sums: only the nearest element of an image can be a text'],
  [/^refused ScatterND T string .*reduction/, 'texts can be put, not joined'],
  [/^refused OneHot T2 \w+ .*large/, 'a depth of 2^60'],
  [/^differs MaxUnpool .*with_output_shape/, "onnxruntime reads indices as those of output_shape; ONNX's node test as those of the shape that was pooled"],
  [/^differs Pow T int64 .*large/, 'an integer to the power of a float goes through doubles, which saturate'],
  [/^differs ReduceMean T u?int64 .*large/, 'exact here; onnxruntime goes through doubles'],
  [/^differs ReduceProd T u?int64 .*large/, 'integers wrap, as in ONNX\'s reference; onnxruntime saturates'],
  [/^differs Resize T1 u?int\d+ /, 'integers between pixels are rounded to the nearest; onnxruntime truncates them'],
  [/^differs BlackmanWindow T2 /, 'the middle of the window is the greatest double below 1, which an integer type truncates to 0; onnxruntime computes in float32'],
]

it.each(['exact', 'fast'] as const)('every operator with every element type, %s', { timeout: 600_000 }, async precision => {
  const bases = await basesOf()
  const rows: Row[] = []
  for (const [op, schema] of schemas) {
    if (schema.deprecated || (filter && !new RegExp(filter).test(op))) continue
    const recipe = recipes[op]
    for (const variable of Object.keys(schema.types))
      for (const dtype of dtypesOf(schema, variable)) {
        const wide = (dtype === 'int64' || dtype === 'uint64') && dtypesOf(schema, variable).length > 5
        for (const offset of wide ? [0n, 2n ** 60n] : [0n]) {
          const row = (name: string) => (outcome: Outcome, detail = ''): Row => ({ op, variable, dtype, outcome, detail: `${name}${offset ? ' (large)' : ''} ${detail}` })
          if (recipe) {
            const build: Build = async () => recipe(dtype, variable, offset)!
            if (recipe(dtype, variable, offset)) rows.push(await judge(row('recipe'), schema, variable, dtype, build, [dtype], precision))
            continue
          }
          for (const test of bases.get(op) ?? []) {
            const tied = boundTo(await readModel(test.model), schema, variable)
            const variables = /^(Sequence|SplitTo)/.test(op) ? Object.keys(schema.types).filter(v => /^[ST]$/.test(v)) : [variable]
            rows.push(await judge(row(test.name), schema, variable, dtype, retyped(test, schema, variables, dtype, tied, offset), tied && !test.name.includes('empty') ? [dtype, ...wider(dtype)] : [dtype], precision))
          }
        }
      }
  }
  const lines = rows.filter(r => r.outcome === 'refused' || r.outcome === 'differs').map(r => `${r.outcome} ${r.op} ${r.variable} ${r.dtype} ${r.detail}`)
  const covered = new Set(rows.map(r => `${r.op} ${r.variable} ${r.dtype}`))
  const missing = [...schemas].flatMap(([op, schema]) => (schema.deprecated || (filter && !new RegExp(filter).test(op)) ? [] : Object.keys(schema.types).flatMap(v => dtypesOf(schema, v).map(d => `${op} ${v} ${d}`)))).filter(x => !covered.has(x))
  const count = (o: Outcome): number => rows.filter(r => r.outcome === o).length
  console.log([...lines, `${covered.size} types of ${new Set(rows.map(r => r.op)).size} operators, ${rows.length} nodes: ${outcomes.map(o => `${o} ${count(o)}`).join(', ')}`].join('\n'))
  expect(lines.filter(line => !known.some(([pattern]) => pattern.test(line)))).toEqual([])
  expect(missing).toEqual([])
  if (!filter) expect(known.filter(([pattern]) => !lines.some(line => pattern.test(line))).map(([pattern]) => String(pattern))).toEqual([])
})
