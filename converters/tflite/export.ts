import type { DeferredBytes } from '../../proto/message.ts'
import type { Buffer, BuiltinOperator, BuiltinOptions, BuiltinOptions2, Metadata, Model as Root, Operator, OperatorCode, SubGraph, Tensor as FileTensor } from '../../proto/tflite.gen.ts'
import { tfliteSchema } from '../../proto/tflite.gen.ts'
import type { Graph, Model, Node, Value } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { operatorOf } from '../../src/ops/registry.ts'
import type { ExportContext } from '../../src/spi/format.ts'
import { exportUnfit } from './diagnostics.ts'
import { tensorTypeOf } from './dtypes.ts'
import type { TfliteExtra } from './import.ts'
import { versionOfCustom } from './kit/custom.ts'
import type { TfliteModel } from './model.ts'
import { builtinCode, isBuiltin, residentBytes } from './model.ts'
import type { TfliteOperator } from './operator.ts'
import { attributesToOptions } from './options.ts'
import { minRuntimeVersion } from './runtime-version.ts'
import type { Signature } from './signature.ts'
import { signatureDef } from './signature.ts'
import { sparseFormOfValue } from './sparse.ts'
import type { ValueExtra } from './tensors.ts'
import { encodeStrings } from './tensors.ts'
import type { SubgraphWriter } from './variables.ts'
import { handle, loweredVariables } from './variables.ts'

interface NodeExtra {
  readonly version?: number
  readonly options?: string
}

/** A model that fits the target as a file: one subgraph for each graph, the main one first. Throws `tflite.export.unfit`. */
export function exportTflite(model: Model, _ctx: ExportContext): TfliteModel {
  return { root: new Exporter(model).root(), file: model.origin.file ?? '' }
}

class Exporter {
  readonly #model: Model
  readonly #codes: OperatorCode[] = []
  readonly #codeIndex = new Map<string, number>()
  /** The first is empty: what has no content refers to it. */
  readonly #buffers: Buffer[] = [{}]
  readonly #bufferIndex = new Map<string, number>()
  readonly #subgraphs: SubGraph[] = []

  constructor(model: Model) {
    this.#model = model
  }

  root(): Root {
    const model = this.#model
    const extra = (model.extra['tflite'] ?? {}) as TfliteExtra
    this.#graph(model.graph, loweredVariables(model.graph, extra.variables ?? []))
    const main: readonly Signature[] = extra.signatures ?? [{ key: 'serving_default', inputs: [], outputs: [] }]
    const signature_defs = main.map(s => signatureDef(this.#subgraphs[0]!, 0, s))
    for (const f of model.functions) {
      if (f.domain !== 'tflite.subgraph') continue
      const index = this.#graph(f.graph)
      for (const s of ((f.extra['tflite'] ?? {}) as TfliteExtra).signatures ?? []) signature_defs.push(signatureDef(this.#subgraphs[index]!, index, s))
    }
    const metadata = [...model.metadata].filter(([name]) => name !== 'min_runtime_version').map(([name, text]) => this.#metadata(name, residentBytes(new TextEncoder().encode(text))))
    for (const { name, data } of extra.metadata ?? []) metadata.push(this.#metadata(name, data))
    const least = new Uint8Array(16)
    least.set(new TextEncoder().encode(minRuntimeVersion(this.#codes)))
    return {
      version: 3,
      operator_codes: this.#codes,
      subgraphs: this.#subgraphs,
      description: extra.description ?? (model.doc === '' ? 'lapidary' : model.doc),
      metadata: [this.#metadata('min_runtime_version', residentBytes(least)), ...metadata],
      buffers: this.#buffers,
      signature_defs,
    }
  }

  #metadata(name: string, data: DeferredBytes): Metadata {
    this.#buffers.push({ data })
    return { name, buffer: this.#buffers.length - 1 }
  }

  #graph(graph: Graph, variables: ReturnType<typeof loweredVariables> = []): number {
    const index = this.#subgraphs.length
    this.#subgraphs.push({})
    const tensors: FileTensor[] = []
    const known = new Map<Value, number>()
    const indexOf = (value: Value): number => {
      let at = known.get(value)
      if (at === undefined) {
        known.set(value, (at = tensors.length))
        tensors.push(this.#tensor(value, graph))
      }
      return at
    }
    const writer = this.#writer(tensors)
    const inputs = graph.inputs.filter(v => !variables.some(s => s.before === v)).map(indexOf)
    const handles = variables.map(s => handle(writer, s))
    const initial = variables.filter(s => s.before.constant)
    const operators = [
      ...(initial.length > 0 ? [writer.operator('CALL_ONCE', [], [], { init_subgraph_index: this.#initial(initial) })] : []),
      ...handles.map(h => h.operator),
      ...variables.map((s, i) => writer.operator('READ_VARIABLE', [handles[i]!.tensor], [indexOf(s.before)], {})),
      ...[...graph.nodes()].map(node => this.#operator(node, indexOf, (value, index) => known.set(value, index))),
      ...variables.map((s, i) => writer.operator('ASSIGN_VARIABLE', [handles[i]!.tensor, indexOf(s.after)], [], {})),
    ]
    const outputs = graph.outputs.filter(v => !variables.some(s => s.after === v)).map(indexOf)
    this.#subgraphs[index] = { tensors, inputs, outputs, operators, name: graph.name === '' && index === 0 ? 'main' : graph.name }
    return index
  }

  #writer(tensors: FileTensor[]): SubgraphWriter {
    return {
      tensor: tensor => tensors.push(tensor) - 1,
      operator: (name, inputs, outputs, options) => ({ opcode_index: this.#code(name, undefined, 1), inputs, outputs, builtin_options: { type: variableOptions[name], value: options } as BuiltinOptions }),
    }
  }

  /** The subgraph that sets variables to what they begin as. */
  #initial(variables: ReturnType<typeof loweredVariables>): number {
    const tensors: FileTensor[] = []
    const writer = this.#writer(tensors)
    const operators = variables.flatMap(s => {
      const { tensor, operator } = handle(writer, s)
      const held = s.before.constant!
      const value = writer.tensor({ name: `${s.name}/initial`, type: tensorTypeOf(held.dtype)!, shape: held.shape, has_rank: true, buffer: this.#buffer(held) })
      return [operator, writer.operator('ASSIGN_VARIABLE', [tensor, value], [], {})]
    })
    return this.#subgraphs.push({ tensors, inputs: [], outputs: [], operators, name: 'initialize' }) - 1
  }

  #tensor(value: Value, graph: Graph): FileTensor {
    const at = value.producer?.node.origin ?? this.#model.origin
    const { type: nameless, is_variable: variable, ...rest } = (value.extra['tflite'] ?? {}) as ValueExtra
    const extra: Partial<FileTensor> = variable && isOverwritten(value) ? { ...rest, is_variable: true } : rest
    const { type, constant } = value
    if (constant === undefined && value.inputOf !== graph && value.producer?.node.graph !== graph) throw exportUnfit(at, `${value.name} is used in a graph that does not make it`)
    if (type === undefined && nameless !== undefined) return { name: value.name, type: nameless, shape: [], has_rank: true, ...extra }
    const kind = type?.kind === 'tensor' ? tensorTypeOf(type.dtype) : undefined
    if (type?.kind !== 'tensor' || kind === undefined) throw exportUnfit(at, `${value.name} has no type that the format knows`)
    const sizes = constant?.shape ?? type.shape
    const sparse = sparseFormOfValue(value)
    const open = sizes?.some(d => typeof d !== 'number')
    return {
      name: value.name,
      type: kind,
      ...(sizes && { shape: sizes.map(d => (typeof d === 'number' ? d : 1)), has_rank: true }),
      ...(open && { shape_signature: sizes!.map(d => (typeof d === 'number' ? d : -1)) }),
      ...(constant && value.inputOf === undefined && !extra.is_variable && { buffer: this.#buffer(sparse?.values ?? constant) }),
      ...(sparse && { sparsity: sparse.sparsity }),
      ...extra,
    }
  }

  #buffer(tensor: Tensor): number {
    const key = `${tensor.dtype === 'string'} ${tensor.byteLength} ${tensor.key}`
    const known = this.#bufferIndex.get(key)
    if (known !== undefined) return known
    const bytes = tensor.strings ? encodeStrings(tensor.strings) : tensor.peek()
    const data: DeferredBytes = bytes ? residentBytes(bytes) : { byteLength: tensor.byteLength, load: () => tensor.load() }
    this.#buffers.push({ data })
    this.#bufferIndex.set(key, this.#buffers.length - 1)
    return this.#buffers.length - 1
  }

  #operator(node: Node, indexOf: (value: Value) => number, sameTensor: (value: Value, index: number) => void): Operator {
    const custom = node.domain === 'tflite.custom'
    if (!custom && (node.domain !== 'tflite' || !isBuiltin(node.op))) throw exportUnfit(node.origin, `${node.qualified} is no operator of the format`)
    const operator = custom ? undefined : (operatorOf(node) as TfliteOperator | undefined)
    const extra = (node.extra['tflite'] ?? {}) as NodeExtra
    const table = operator ? operator.options : extra.options
    const states = operator?.states?.(node)
    const opcode_index = this.#code(custom ? 'CUSTOM' : (node.op as BuiltinOperator), custom ? node.op : undefined, custom ? versionOfCustom(node) : operator ? operator.version(node) : (extra.version ?? 1))
    const indices = (values: readonly (Value | undefined)[]) => values.map(v => (v ? indexOf(v) : -1))
    const inputs = indices(node.inputs)
    states?.inputs.forEach((i, k) => node.outputs[states.after + k] && sameTensor(node.outputs[states.after + k]!, inputs[i]!))
    const options = table === undefined ? {} : this.#options(table, node)
    const content = custom ? node.attributes['custom_options'] : undefined
    return { opcode_index, inputs, outputs: indices(node.outputs.slice(0, states?.after)), ...options, ...(content?.type === 'tensor' && { custom_options: content.value.peek()!.slice() }) }
  }

  #options(table: string, node: Node): Pick<Operator, 'builtin_options' | 'builtin_options2'> {
    const value = attributesToOptions(table, node.attributes, graph => this.#graph(graph))
    if ((tfliteSchema.unions.BuiltinOptions as readonly string[]).includes(table)) return { builtin_options: { type: table, value } as BuiltinOptions }
    return { builtin_options2: { type: table, value } as BuiltinOptions2 }
  }

  #code(name: BuiltinOperator, custom: string | undefined, version: number): number {
    const key = `${name} ${custom ?? ''} ${version}`
    let index = this.#codeIndex.get(key)
    if (index === undefined) {
      this.#codeIndex.set(key, (index = this.#codes.length))
      this.#codes.push({ ...builtinCode(name), ...(custom !== undefined && { custom_code: custom }), version })
    }
    return index
  }
}

const variableOptions = { CALL_ONCE: 'CallOnceOptions', VAR_HANDLE: 'VarHandleOptions', READ_VARIABLE: 'ReadVariableOptions', ASSIGN_VARIABLE: 'AssignVariableOptions' } as const

/** Whether an operator has the value as a state of its own; what is only read needs no variable. */
const isOverwritten = (value: Value): boolean =>
  [...value.uses].some(use => 'node' in use && (operatorOf(use.node) as TfliteOperator | undefined)?.states?.(use.node).inputs.includes(use.index) === true)
