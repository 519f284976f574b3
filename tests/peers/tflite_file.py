"""Writes small .tflite files with the schema's own Python classes (ai_edge_litert)."""
import multiprocessing

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TYPES = {np.dtype(k): getattr(schema.TensorType, v) for k, v in {
    np.float32: "FLOAT32", np.float16: "FLOAT16", np.float64: "FLOAT64", np.int8: "INT8", np.int16: "INT16", np.int32: "INT32", np.int64: "INT64",
    np.uint8: "UINT8", np.uint16: "UINT16", np.uint32: "UINT32", np.uint64: "UINT64", np.bool_: "BOOL", np.complex64: "COMPLEX64"}.items()}
STRING = schema.TensorType.STRING


class Const:
    """A tensor whose content is in the file. scale, zero, axis: how its integers stand for real numbers."""

    def __init__(self, value, dtype=None, scale=None, zero=0, axis=0):
        self.value, self.scale, self.zero, self.axis = np.asarray(value, dtype), scale, zero, axis


def strings(array):
    """A string tensor's buffer."""
    items = [s if isinstance(s, bytes) else str(s).encode() for s in np.asarray(array, object).ravel()]
    starts = np.cumsum([4 * (len(items) + 2)] + [len(s) for s in items])
    return np.array([len(items), *starts], np.int32).tobytes() + b"".join(items)


class Graph:
    """One subgraph. Operators take and give tensors by index."""

    def __init__(self, file, name):
        self.file, self.table, self.index = file, schema.SubGraphT(), len(file.graphs)
        file.graphs.append(self)
        self.table.name, self.table.tensors, self.table.operators = name, [], []
        self.table.inputs, self.table.outputs = [], []

    def tensor(self, dtype, shape, data=None, name=None, signature=None):
        t = schema.TensorT()
        t.name = name or f"t{self.index}_{len(self.table.tensors)}"
        t.type = schema.TensorType.RESOURCE if dtype == "resource" else STRING if np.dtype(dtype).kind in "OUS" else TYPES[np.dtype(dtype)]
        t.shape, t.hasRank = list(shape), True
        t.shapeSignature = signature
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(strings(data) if t.type == STRING else np.ascontiguousarray(data).tobytes(), np.uint8)
            t.buffer = len(self.file.buffers)
            self.file.buffers.append(buffer)
        self.table.tensors.append(t)
        return len(self.table.tensors) - 1

    def input(self, dtype, shape, name=None):
        self.table.inputs.append(self.tensor(dtype, shape, name=name))
        return self.table.inputs[-1]

    def const(self, value):
        given = value if isinstance(value, Const) else Const(value)
        index = self.tensor(given.value.dtype, given.value.shape, given.value)
        if given.scale is not None:
            q = schema.QuantizationParametersT()
            q.scale = np.atleast_1d(np.asarray(given.scale, np.float32))
            q.zeroPoint, q.quantizedDimension = np.broadcast_to(np.asarray(given.zero, np.int64), q.scale.shape), given.axis
            self.table.tensors[index].quantization = q
        return index

    def op(self, name, inputs, outputs, options=None, version=1):
        """outputs: (dtype, shape) each, "resource" for a handle; options: (table, {field: value}). Gives the indices of the outputs."""
        op = schema.OperatorT()
        op.opcodeIndex = self.file.code(name, version)
        op.inputs = list(inputs)
        op.outputs = [self.tensor(d, s) for d, s in outputs]
        if options:
            table, fields = options
            value = getattr(schema, table + "T")()
            for k, v in fields.items():
                if k not in value.__dict__:
                    raise KeyError(f"{table} has no {k}")
                setattr(value, k, v)
            second = hasattr(schema.BuiltinOptions2, table)
            kind = getattr(schema.BuiltinOptions2 if second else schema.BuiltinOptions, table)
            if second:
                op.builtinOptions2Type, op.builtinOptions2 = kind, value
            else:
                op.builtinOptionsType, op.builtinOptions = kind, value
        self.table.operators.append(op)
        return op.outputs


class File:
    def __init__(self):
        self.graphs, self.codes, self.buffers = [], [], [schema.BufferT()]

    def code(self, name, version):
        builtin = getattr(schema.BuiltinOperator, name)
        for i, c in enumerate(self.codes):
            if (c.builtinCode, c.version) == (builtin, version):
                return i
        code = schema.OperatorCodeT()
        code.builtinCode, code.deprecatedBuiltinCode, code.version = builtin, min(builtin, 127), version
        self.codes.append(code)
        return len(self.codes) - 1

    def bytes(self):
        model = schema.ModelT()
        model.version, model.description = 3, "lapidary fixtures"
        model.operatorCodes, model.subgraphs, model.buffers = self.codes, [g.table for g in self.graphs], self.buffers
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def invoke(data, feeds):
    from ai_edge_litert import interpreter as module

    interpreter = module.Interpreter(model_content=data, experimental_op_resolver_type=module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, num_threads=1)
    interpreter.allocate_tensors()
    for detail, feed in zip(interpreter.get_input_details(), feeds, strict=True):
        interpreter.set_tensor(detail["index"], feed)
    interpreter.invoke()
    return [np.array(interpreter.get_tensor(d["index"])) for d in interpreter.get_output_details()]


def run(data, feeds):
    """The outputs that LiteRT's builtin kernels give; in a process of its own, for some kernels crash on what they do not take."""
    here, there = multiprocessing.Pipe(False)

    def child():
        try:
            there.send(invoke(data, feeds))
        except Exception as error:  # noqa: BLE001
            there.send(str(error))

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    there.close()
    try:
        result = here.recv()
    except EOFError:
        result = "the runtime crashed"
    process.join()
    if isinstance(result, str):
        raise RuntimeError(result)
    return result
