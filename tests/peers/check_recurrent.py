"""usage: check_recurrent.py [FILTER] [--cli PATH] [--verbose]

Recurrent operators after conversion: ONNX's node tests of LSTM, GRU and RNN, nodes with every attribute, and modules that torch exports, each converted for
TensorFlow Lite's interpreter (`--to tflite`: the fused kernels) and for LiteRT's loader (`--to litert`: loops). The files run in TensorFlow's and LiteRT's interpreters,
with and without XNNPACK, three times in one interpreter with other inputs (a state must not stay), at several lengths and batches where these are open,
against onnxruntime. Relative L2 error below 1e-5. Exits 1 when one is further off or is not converted.
"""
import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from run_tflite import count_ops, open_interpreter  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 1e-5
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def one_node(kind, steps=6, batch=2, size=5, hidden=4, direction="forward", layout=0, states=None, lengths=False, peepholes=False, outputs=None, open_axes=(), bias=True, **attributes):
    """A model of one node; initial states as inputs ("given"), as constants ("constant") or left out."""
    rng = np.random.default_rng(7)
    ways, gates = 2 if direction == "bidirectional" else 1, GATES[kind]
    count = 3 if kind == "LSTM" else 2
    outputs = outputs or list(range(count))
    wide = lambda *shape: (rng.normal(size=shape) * 0.4).astype(np.float32)
    held = {"W": wide(ways, gates * hidden, size), "R": wide(ways, gates * hidden, hidden)}
    if bias:
        held["B"] = wide(ways, 2 * gates * hidden)
    if lengths:
        held["lens"] = rng.integers(1, steps + 1, batch).astype(np.int32)
    state = (batch, ways, hidden) if layout else (ways, batch, hidden)
    names = ["x", "W", "R", "B" if bias else "", "lens" if lengths else ""]
    shapes = {"x": (batch, steps, size) if layout else (steps, batch, size)}
    for name in ["h0", "c0"][: 2 if kind == "LSTM" else 1]:
        names.append(name if states else "")
        if states == "given":
            shapes[name] = state
        elif states:
            held[name] = wide(*state)
    if peepholes:
        names += [""] * (7 - len(names)) + ["P"]
        held["P"] = wide(ways, 3 * hidden)
    while names[-1] == "":
        names.pop()
    made = [f"y{i}" if i in outputs else "" for i in range(count)]
    node = helper.make_node(kind, names, made, hidden_size=hidden, direction=direction, layout=layout, **attributes)
    sizes = {"steps": "T", "batch": "N"}
    spot = {"steps": layout, "batch": 1 - layout}
    shown = {n: list(s) for n, s in shapes.items()}
    for axis in open_axes:
        shown["x"][spot[axis]] = sizes[axis]
        for name in shapes:
            if name != "x" and axis == "batch":
                shown[name][0 if layout else 1] = "N"
    info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shown.items()]
    out = [helper.make_tensor_value_info(f"y{i}", TensorProto.FLOAT, None) for i in outputs]
    graph = helper.make_graph([node], kind, info, out, [numpy_helper.from_array(a, n) for n, a in held.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def feeds(seed):
        r = np.random.default_rng(seed)
        grow = lambda axis: seed if axis in open_axes else 0
        at = {"steps": steps + 3 * grow("steps"), "batch": batch + grow("batch")}
        x = [at["batch"], at["steps"], size] if layout else [at["steps"], at["batch"], size]
        given = lambda s: [at["batch"] if i == (0 if layout else 1) else d for i, d in enumerate(s)]
        return {n: r.normal(size=x if n == "x" else given(s)).astype(np.float32) for n, s in shapes.items()}

    # onnxruntime's kernels know one layout only
    return model, feeds, "reference" if layout else "onnxruntime"


def nodes():
    ways = ["forward", "reverse", "bidirectional"]
    for kind in GATES:
        for way in ways:
            yield f"{kind} {way}", one_node(kind, direction=way)
            yield f"{kind} {way} batch 1", one_node(kind, direction=way, batch=1, layout=0)
            yield f"{kind} {way} states given", one_node(kind, direction=way, states="given")
            yield f"{kind} {way} states constant", one_node(kind, direction=way, states="constant")
            yield f"{kind} {way} last alone", one_node(kind, direction=way, outputs=[1])
            yield f"{kind} {way} lengths", one_node(kind, direction=way, lengths=True)
            yield f"{kind} {way} batch in front", one_node(kind, direction=way, layout=1, states="given")
            yield f"{kind} {way} open steps", one_node(kind, direction=way, open_axes=("steps",))
            yield f"{kind} {way} open batch", one_node(kind, direction=way, open_axes=("batch",))
            yield f"{kind} {way} open both, states given", one_node(kind, direction=way, states="given", open_axes=("steps", "batch"))
            yield f"{kind} {way} open both", one_node(kind, direction=way, open_axes=("steps", "batch"), outputs=[0])
            yield f"{kind} {way} clip", one_node(kind, direction=way, clip=0.3)
        yield f"{kind} no bias", one_node(kind, bias=False)
        yield f"{kind} one step", one_node(kind, steps=1, states="given")
        yield f"{kind} long", one_node(kind, steps=60)
    for way in ways:
        n = 2 if way == "bidirectional" else 1
        yield f"GRU {way} linear before reset", one_node("GRU", direction=way, linear_before_reset=1)
        yield f"GRU {way} linear before reset, open", one_node("GRU", direction=way, linear_before_reset=1, open_axes=("steps", "batch"))
        yield f"GRU {way} others", one_node("GRU", direction=way, activations=["HardSigmoid", "Softsign"] * n, linear_before_reset=1)
        yield f"LSTM {way} peepholes", one_node("LSTM", direction=way, peepholes=True)
        yield f"LSTM {way} peepholes clip", one_node("LSTM", direction=way, peepholes=True, clip=0.5)
        yield f"LSTM {way} coupled", one_node("LSTM", direction=way, input_forget=1)
        yield f"LSTM {way} Relu", one_node("LSTM", direction=way, activations=["Sigmoid", "Relu", "Relu"] * n)
        yield f"LSTM {way} others", one_node("LSTM", direction=way, activations=["HardSigmoid", "Tanh", "Relu"] * n)
        yield f"LSTM {way} memory alone", one_node("LSTM", direction=way, outputs=[2])
        yield f"RNN {way} Relu", one_node("RNN", direction=way, activations=["Relu"] * n)
        yield f"RNN {way} Sigmoid", one_node("RNN", direction=way, activations=["Sigmoid"] * n)


def vectors():
    """ONNX's own node tests: their models with weights as constants."""
    from onnx.backend.test.case.node import collect_testcases

    for case in collect_testcases(None):
        if case.model is None or not any(n.op_type in GATES for n in case.model.graph.node) or len(case.model.graph.node) > 1:
            continue
        inputs, _ = case.data_sets[0]
        model = onnx.ModelProto()
        model.CopyFrom(case.model)
        for value, array in list(zip(case.model.graph.input, inputs))[1:]:
            model.graph.initializer.append(numpy_helper.from_array(np.asarray(array), value.name))
            model.graph.input.remove(next(v for v in model.graph.input if v.name == value.name))
        first = case.model.graph.input[0].name

        def feeds(seed, array=np.asarray(inputs[0]), name=first):
            return {name: array if seed == 0 else np.random.default_rng(seed).normal(size=array.shape).astype(np.float32)}

        yield case.name, (model, feeds, "reference")


def exported():
    import torch

    class Net(torch.nn.Module):
        def __init__(self, rnn, what, given):
            super().__init__()
            self.rnn, self.what, self.given = rnn, what, given
            self.head = torch.nn.Linear(rnn.hidden_size * (2 if rnn.bidirectional else 1), 3)

        def forward(self, x, *states):
            state = (states if len(states) > 1 else states[0]) if self.given else None
            y, last = self.rnn(x, state)
            if self.what == "sequence":
                return self.head(y)
            if self.what == "last":
                return self.head(y[:, -1] if self.rnn.batch_first else y[-1])
            return (y, *last) if isinstance(last, tuple) else (y, last)

    torch.manual_seed(3)
    kinds = [(torch.nn.LSTM, 2), (torch.nn.GRU, 1), (torch.nn.RNN, 1)]
    for (kind, states), both, layers, first, what in itertools.product(kinds, [False, True], [1, 2], [False, True], ["sequence", "last", "states"]):
        if what == "last" and layers == 2:
            continue
        for given, open_steps in [(False, False), (what == "states", True)]:
            rnn = kind(7, 6, num_layers=layers, bidirectional=both, batch_first=first)
            net = Net(rnn, what, given).eval()
            shape = lambda steps: (2, steps, 7) if first else (steps, 2, 7)
            ways = layers * (2 if both else 1)
            sample = (torch.randn(*shape(9)), *[torch.randn(ways, 2, 6) for _ in range(states if given else 0)])
            file = tempfile.NamedTemporaryFile(suffix=".onnx")
            names = ["x", "h0", "c0"][: len(sample)]
            axes = {"x": {1 if first else 0: "T"}} if open_steps else None
            torch.onnx.export(net, sample, file.name, input_names=names, dynamic_axes=axes, dynamo=False, opset_version=17)

            def feeds(seed, shape=shape, ways=ways, names=tuple(names), open_steps=open_steps):
                r = np.random.default_rng(seed)
                steps = 9 + (4 * seed if open_steps else 0)
                return {n: r.normal(size=shape(steps) if n == "x" else (ways, 2, 6)).astype(np.float32) for n in names}

            title = f"torch {kind.__name__}{' both ways' if both else ''} {layers} layers{' batch first' if first else ''} {what}{' given' if given else ''}{' open' if open_steps else ''}"
            yield title, (onnx.load(file.name), feeds, "onnxruntime")


def wanted(model, feeds, by):
    if by == "reference":
        from onnx.reference import ReferenceEvaluator

        return ReferenceEvaluator(model).run(None, feeds)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"]).run(None, feeds)


def turned(model):
    """The same node with the steps in front between Transposes, which onnxruntime can run."""
    node = model.graph.node[0]
    if not any(a.name == "layout" and a.i for a in node.attribute):
        return model
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    node = copy.graph.node[0]
    for a in [a for a in node.attribute if a.name == "layout"]:
        node.attribute.remove(a)
    before, after = [], []
    for i in (0, 5, 6):
        if i < len(node.input) and node.input[i]:
            before.append(helper.make_node("Transpose", [node.input[i]], [f"{node.input[i]}_turned"], perm=[1, 0, 2]))
            node.input[i] += "_turned"
    for i, name in enumerate(node.output):
        if name:
            after.append(helper.make_node("Transpose", [f"{name}_turned"], [name], perm=[2, 0, 1, 3] if i == 0 else [1, 0, 2]))
            node.output[i] = f"{name}_turned"
    nodes = [*before, *copy.graph.node, *after]
    del copy.graph.node[:]
    copy.graph.node.extend(nodes)
    for v in copy.graph.output:
        v.type.tensor_type.ClearField("shape")
    return copy


def ran(path, runtime, kernels, samples):
    interpreter = open_interpreter(path, runtime, kernels)
    runner = interpreter.get_signature_runner("serving_default")
    takes = {k: v["index"] for k, v in runner.get_input_details().items()}
    gives = {k: v["index"] for k, v in runner.get_output_details().items()}
    # it holds on to the interpreter, which then won't be allocated anew
    del runner
    shapes, out = None, []
    for feeds in samples:
        if shapes != (shapes := {n: a.shape for n, a in feeds.items()}):
            for name, array in feeds.items():
                interpreter.resize_tensor_input(takes[name], array.shape)
            interpreter.allocate_tensors()
        for name, array in feeds.items():
            interpreter.set_tensor(takes[name], array)
        interpreter.invoke()
        out.append({name: np.array(interpreter.get_tensor(index)) for name, index in gives.items()})
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("filter", nargs="?", default="")
    parser.add_argument("--cli", default=os.path.join(os.path.dirname(os.path.dirname(HERE)), "dist/cli/lapidary.js"))
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    wrong, count, worst = [], 0, 0.0
    for title, (model, feeds, by) in itertools.chain(nodes(), vectors(), exported()):
        if args.filter not in title:
            continue
        samples = [feeds(seed) for seed in range(3)]
        oracle = turned(model)
        expected = [wanted(oracle, s, "onnxruntime") for s in samples]
        names = [v.name for v in model.graph.output]
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "m.onnx")
            onnx.save(model, source)
            for form in ("tflite", "litert"):
                path = os.path.join(folder, f"{form}.tflite")
                done = subprocess.run(["node", args.cli, "convert", source, path, "--to", form, "--layout", "keep"], capture_output=True, text=True)
                if done.returncode != 0:
                    wrong.append(f"{title} {form}: {done.stderr.strip()[:300]}")
                    continue
                for runtime, kernels in itertools.product(("tf", "litert"), ("builtin", "xnnpack")):
                    count += 1
                    try:
                        made = ran(path, runtime, kernels, samples)
                        error = max(np.linalg.norm(m[n] - e) / max(np.linalg.norm(e), 1e-30) if m[n].shape == e.shape else np.inf for m, es in zip(made, expected, strict=True) for n, e in zip(names, es, strict=True))
                    except Exception as problem:
                        wrong.append(f"{title} {form} {runtime} {kernels}: {str(problem).strip().splitlines()[-1][:200]}")
                        continue
                    worst = max(worst, error if error < LIMIT else 0)
                    if not error < LIMIT:
                        wrong.append(f"{title} {form} {runtime} {kernels}: {error:.2g} {json.dumps(count_ops(path))}")
                if args.verbose:
                    print(title, form, json.dumps(count_ops(path)), flush=True)
    print(f"{count} runs, {len(wrong)} wrong, worst of the others {worst:.2g}")
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
