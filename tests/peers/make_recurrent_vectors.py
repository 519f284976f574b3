"""Writes fixtures/tflite-recurrent/: TFLite's operators with states as files, with what LiteRT's kernels give in the first run of a fresh interpreter, and in the
second, where a state is made anew."""
import sys

import numpy as np
from onnx import numpy_helper

from pack import Pack
from tflite_file import File, Graph, schema

cases = []
rng = np.random.default_rng(11)
f32 = np.float32
STEPS, BATCH, SIZE, HIDDEN, OUT = 5, 2, 4, 6, 3
TANH, RELU = schema.ActivationFunctionType.TANH, schema.ActivationFunctionType.RELU


def normal(*shape, scale=0.5):
    return (rng.standard_normal(shape) * scale).astype(f32)


def lstm_weights(size=SIZE, coupled=False, peephole=False, projection=False, bias=True, order=True):
    """Inputs 1 to 17 of an LSTM, None for those left out, and how much comes out."""
    out = OUT if projection else HIDDEN
    gates = [None if coupled else 0, 1, 2, 3]
    row = lambda make: [None if g is None else make() for g in gates]
    weights = row(lambda: normal(HIDDEN, size)) + row(lambda: normal(HIDDEN, out))
    weights += ([None if coupled else normal(HIDDEN), normal(HIDDEN), normal(HIDDEN)] if peephole else [None] * 3)
    weights += row(lambda: normal(HIDDEN))
    weights += [normal(out, HIDDEN), normal(out) if projection == "bias" else None] if projection else [None, None]
    return weights, out


def run_twice(data, feeds):
    from ai_edge_litert import interpreter as module

    interpreter = module.Interpreter(model_content=data, experimental_op_resolver_type=module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, num_threads=1)
    interpreter.allocate_tensors()
    results = []
    for _ in range(2):
        for detail, feed in zip(interpreter.get_input_details(), feeds, strict=True):
            interpreter.set_tensor(detail["index"], feed)
        interpreter.invoke()
        results.append([np.array(interpreter.get_tensor(d["index"])) for d in interpreter.get_output_details()])
    return results


def add(name, op, x, parts, shapes, options, anew=False, version=1):
    """parts: after x, arrays for constants, None for what is left out, a shape (tuple) for a variable, an array in a list for an input. anew: a SPLIT or a RESHAPE of an input makes the variables in each run."""
    file = File()
    main = Graph(file, "main")
    inputs, feeds = [main.input(f32, x.shape, name="x0")], [x]
    states = []
    for part in parts:
        if part is None:
            inputs.append(-1)
        elif isinstance(part, list):
            feeds += part
            inputs.append(main.input(f32, part[0].shape, name=f"x{len(feeds) - 1}"))
        elif isinstance(part, tuple):
            index = main.tensor(f32, part)
            main.table.tensors[index].isVariable = True
            states.append(index)
            inputs.append(index)
        else:
            inputs.append(main.const(part))
    if anew:
        for index in states:
            shape = main.table.tensors[index].shape
            given = normal(*shape)
            feeds.append(given.reshape(1, *shape))
            fed = main.input(f32, (1, *shape), name=f"x{len(feeds) - 1}")
            made = main.op("RESHAPE", [fed, main.const(np.array(shape, np.int32))], [(f32, shape)])[0]
            main.table.operators[-1].outputs = [index]
            del main.table.tensors[made:]
    main.table.outputs = main.op(op, inputs, [(f32, s) for s in shapes], options, version)
    for i, t in enumerate(main.table.outputs):
        main.table.tensors[t].name = f"y{i}"
    data = file.bytes()
    first, second = run_twice(data, feeds)
    same = all(np.array_equal(a, b) for a, b in zip(first, second))
    if same != (anew or not states):
        raise SystemExit(f"{name}: the second run {'gives the same' if same else 'differs'}")
    pack = lambda a: (numpy_helper.from_array(a).SerializeToString(deterministic=True), "tensor")
    cases.append(({"name": name, "op": op, "rtol": 1e-5, "atol": 1e-6, "kernel": True}, data, [{"inputs": [pack(v) for v in feeds], "outputs": [pack(v) for v in first]}]))


def lstms():
    kinds = {"plain": {}, "coupled": dict(coupled=True), "peephole": dict(peephole=True), "coupled_peephole": dict(coupled=True, peephole=True), "projection": dict(projection=True), "projection_bias": dict(projection="bias")}
    for name, kind in kinds.items():
        for major in (0, 1):
            weights, out = lstm_weights(**kind)
            shape = (STEPS, BATCH, SIZE) if major else (BATCH, STEPS, SIZE)
            fields = {"timeMajor": bool(major), "fusedActivationFunction": TANH}
            states = [(BATCH, out), (BATCH, HIDDEN)]
            add(f"sequence_lstm_{name}_{'time' if major else 'batch'}_major", "UNIDIRECTIONAL_SEQUENCE_LSTM", normal(*shape, scale=1), weights + states + [None] * 4, [(*shape[:2], out)], ("UnidirectionalSequenceLSTMOptions", fields))
        weights, out = lstm_weights(**kind)
        add(f"lstm_{name}", "LSTM", normal(BATCH, SIZE, scale=1), weights + [(BATCH, out), (BATCH, HIDDEN)] + [None] * 4, [(BATCH, out)], ("LSTMOptions", {"fusedActivationFunction": TANH}), anew=True)
    sequence = normal(STEPS, BATCH, SIZE, scale=1)
    for name, fields, kind in (("clip", dict(cellClip=0.3, projClip=0.2), dict(projection=True)), ("relu", dict(fusedActivationFunction=RELU), {})):
        weights, out = lstm_weights(**kind)
        add(f"sequence_lstm_{name}", "UNIDIRECTIONAL_SEQUENCE_LSTM", sequence, weights + [(BATCH, out), (BATCH, HIDDEN)] + [None] * 4, [(STEPS, BATCH, out)], ("UnidirectionalSequenceLSTMOptions", {"timeMajor": True, "fusedActivationFunction": TANH, **fields}))
    for coupled in (False, True):
        weights, out = lstm_weights(coupled=coupled, peephole=True, projection=True)
        norms = [None if coupled else normal(HIDDEN, scale=1)] + [normal(HIDDEN, scale=1) for _ in range(3)]
        add(f"sequence_lstm_normalized{'_coupled' if coupled else ''}", "UNIDIRECTIONAL_SEQUENCE_LSTM", sequence, weights + [(BATCH, out), (BATCH, HIDDEN)] + norms, [(STEPS, BATCH, out)], ("UnidirectionalSequenceLSTMOptions", {"timeMajor": True, "fusedActivationFunction": TANH}))
    weights, out = lstm_weights()
    add("sequence_lstm_anew", "UNIDIRECTIONAL_SEQUENCE_LSTM", sequence, weights + [(BATCH, out), (BATCH, HIDDEN)] + [None] * 4, [(STEPS, BATCH, out)], ("UnidirectionalSequenceLSTMOptions", {"timeMajor": True, "fusedActivationFunction": TANH}), anew=True)
    basic = [[normal(BATCH, HIDDEN)], normal(4 * HIDDEN, SIZE + HIDDEN), normal(4 * HIDDEN), [normal(BATCH, HIDDEN)]]
    add("lstm_basic", "LSTM", normal(BATCH, SIZE, scale=1), basic, [(BATCH, HIDDEN), (BATCH, HIDDEN), (BATCH, SIZE + HIDDEN), (BATCH, 4 * HIDDEN)], ("LSTMOptions", {"fusedActivationFunction": TANH, "kernelType": schema.LSTMKernelType.BASIC}), version=2)


def both_ways():
    for name, kind, merge, major in (("merged", {}, True, True), ("apart", {}, False, True), ("apart_batch_major", {}, False, False), ("projection", dict(projection=True), True, True), ("peephole", dict(peephole=True), False, True), ("coupled", dict(coupled=True), True, True)):
        (forward, out), (back, _) = lstm_weights(**kind), lstm_weights(**kind)
        shape = (STEPS, BATCH, SIZE) if major else (BATCH, STEPS, SIZE)
        shapes = [(*shape[:2], 2 * out)] if merge else [(*shape[:2], out)] * 2
        states = [(BATCH, out), (BATCH, HIDDEN)] * 2
        add(f"both_ways_lstm_{name}", "BIDIRECTIONAL_SEQUENCE_LSTM", normal(*shape, scale=1), forward + back + states + [None] * 9, shapes, ("BidirectionalSequenceLSTMOptions", {"timeMajor": major, "mergeOutputs": merge, "fusedActivationFunction": TANH}))
    for linked in (False, True):
        (forward, out), (back, _) = lstm_weights(), lstm_weights()
        auxiliary = [normal(STEPS, BATCH, SIZE)] + ([normal(HIDDEN, SIZE) for _ in range(8)] if linked else [None] * 8)
        add(f"both_ways_lstm_{'linked' if linked else 'parallel'}", "BIDIRECTIONAL_SEQUENCE_LSTM", normal(STEPS, BATCH, SIZE, scale=1), forward + back + [(BATCH, out), (BATCH, HIDDEN)] * 2 + auxiliary, [(STEPS, BATCH, out)] * 2, ("BidirectionalSequenceLSTMOptions", {"timeMajor": True, "mergeOutputs": False, "fusedActivationFunction": TANH}))


def plain():
    one = lambda: [normal(HIDDEN, SIZE), normal(HIDDEN, HIDDEN), normal(HIDDEN), (BATCH, HIDDEN)]
    for name, function in (("tanh", TANH), ("relu", RELU), ("relu6", schema.ActivationFunctionType.RELU6), ("none", 0)):
        for major in (0, 1):
            shape = (STEPS, BATCH, SIZE) if major else (BATCH, STEPS, SIZE)
            add(f"sequence_rnn_{name}_{'time' if major else 'batch'}_major", "UNIDIRECTIONAL_SEQUENCE_RNN", normal(*shape, scale=1), one(), [(*shape[:2], HIDDEN)], ("SequenceRNNOptions", {"timeMajor": bool(major), "fusedActivationFunction": function}))
        add(f"rnn_{name}", "RNN", normal(BATCH, SIZE, scale=1), one(), [(BATCH, HIDDEN)], ("RNNOptions", {"fusedActivationFunction": function}), anew=True)
    for name, merge, major in (("merged", True, True), ("apart", False, True), ("apart_batch_major", False, False)):
        shape = (STEPS, BATCH, SIZE) if major else (BATCH, STEPS, SIZE)
        shapes = [(*shape[:2], 2 * HIDDEN)] if merge else [(*shape[:2], HIDDEN)] * 2
        add(f"both_ways_rnn_{name}", "BIDIRECTIONAL_SEQUENCE_RNN", normal(*shape, scale=1), one() + one() + [None] * 3, shapes, ("BidirectionalSequenceRNNOptions", {"timeMajor": major, "mergeOutputs": merge, "fusedActivationFunction": TANH}))
    for linked in (False, True):
        auxiliary = [normal(STEPS, BATCH, SIZE)] + ([normal(HIDDEN, SIZE), normal(HIDDEN, SIZE)] if linked else [None, None])
        add(f"both_ways_rnn_{'linked' if linked else 'parallel'}", "BIDIRECTIONAL_SEQUENCE_RNN", normal(STEPS, BATCH, SIZE, scale=1), one() + one() + auxiliary, [(STEPS, BATCH, HIDDEN)] * 2, ("BidirectionalSequenceRNNOptions", {"timeMajor": True, "mergeOutputs": False, "fusedActivationFunction": TANH}))
    for rank, memory, bias, function in ((1, 4, True, 0), (2, 3, False, RELU), (2, 1, True, 0)):
        filters = 6
        add(f"svdf_{rank}_{memory}", "SVDF", normal(BATCH, SIZE, scale=1), [normal(filters, SIZE), normal(filters, memory), normal(filters // rank) if bias else None, (BATCH, filters * memory)], [(BATCH, filters // rank)], ("SVDFOptions", {"rank": rank, "fusedActivationFunction": function}), anew=True)


def main():
    for group in (lstms, both_ways, plain):
        group()
    pack = Pack()
    for fields, model, sets in sorted(cases, key=lambda c: c[0]["name"]):
        pack.add(fields, model, sets)
    pack.write("tflite-recurrent", {}, "operators of TensorFlow Lite with states, one a file, written with the schema's Python classes; outputs by LiteRT's own kernels (ai-edge-litert)", "make_recurrent_vectors.py")
    print(len(cases), "cases", file=sys.stderr)


if __name__ == "__main__":
    main()
