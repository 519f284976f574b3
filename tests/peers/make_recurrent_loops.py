"""Writes fixtures/recurrent-loops/: recurrent nets that exporters write as Loop or Scan, small, with onnxruntime's outputs. PyTorch's script exporter (a Python loop over
a cell, one of PyTorch's or written by hand), its other exporter (the scan operator), and tf2onnx (Keras layers; its own search for LSTM switched off)."""
import io
import os
import sys
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
warnings.filterwarnings("ignore")

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from typing import List, Tuple

from pack import Pack

STEPS, BATCH = 5, 2
SIZE: int = 3
HIDDEN: int = 4
cases = []


class LstmCell(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(3, 4)

    def forward(self, x: Tensor, h: Tensor, c: Tensor):
        out: List[Tensor] = []
        for t in range(x.size(0)):
            h, c = self.cell(x[t], (h, c))
            out.append(h)
        return torch.stack(out), h, c


class Unbound(nn.Module):
    """Gates by chunk, entries by unbind, as PyTorch's own custom LSTMs have it."""

    def __init__(self):
        super().__init__()
        self.ih, self.hh = nn.Parameter(torch.randn(16, 3)), nn.Parameter(torch.randn(16, 4))
        self.bias_ih, self.bias_hh = nn.Parameter(torch.randn(16)), nn.Parameter(torch.randn(16))

    def step(self, x: Tensor, state: Tuple[Tensor, Tensor]) -> Tuple[Tensor, Tuple[Tensor, Tensor]]:
        h, c = state
        i, f, g, o = (torch.mm(x, self.ih.t()) + self.bias_ih + torch.mm(h, self.hh.t()) + self.bias_hh).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, (h, c)

    def forward(self, x: Tensor, h: Tensor, c: Tensor):
        entries = x.unbind(0)
        state = (h, c)
        out: List[Tensor] = []
        for t in range(len(entries)):
            y, state = self.step(entries[t], state)
            out += [y]
        return torch.stack(out), state[0], state[1]


class BatchFirst(nn.Module):
    def __init__(self):
        super().__init__()
        self.ih, self.hh = nn.Linear(3, 16), nn.Linear(4, 16)

    def forward(self, x: Tensor):
        h, c = torch.zeros(x.size(0), 4), torch.zeros(x.size(0), 4)
        out: List[Tensor] = []
        for t in range(x.size(1)):
            i, f, o, g = (self.ih(x[:, t, :]) + self.hh(h)).chunk(4, -1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            out.append(h.unsqueeze(1))
        return torch.cat(out, 1)


class JoinedLstm(nn.Module):
    """A layer for each gate, on the input and the state side by side."""

    def __init__(self):
        super().__init__()
        self.i, self.f, self.o, self.g = (nn.Linear(7, 4) for _ in range(4))

    def forward(self, x: Tensor):
        h, c = torch.zeros(x.size(1), 4), torch.zeros(x.size(1), 4)
        out: List[Tensor] = []
        for t in range(x.size(0)):
            both = torch.cat([x[t], h], 1)
            c = torch.sigmoid(self.f(both)) * c + torch.sigmoid(self.i(both)) * torch.tanh(self.g(both))
            h = torch.sigmoid(self.o(both)) * torch.tanh(c)
            out.append(h)
        return torch.stack(out)


class JoinedGru(nn.Module):
    """As the paper has it: the reset before the product, the update says how much is new. From the end."""

    def __init__(self):
        super().__init__()
        self.r, self.z, self.n = (nn.Linear(7, 4) for _ in range(3))

    def forward(self, x: Tensor):
        h = torch.zeros(x.size(1), 4)
        for t in range(x.size(0)):
            entry = x[x.size(0) - 1 - t]
            both = torch.cat([entry, h], 1)
            r, z = torch.sigmoid(self.r(both)), torch.sigmoid(self.z(both))
            n = torch.tanh(self.n(torch.cat([entry, r * h], 1)))
            h = (1 - z) * h + z * n
        return h


class ScanGru(nn.Module):
    def __init__(self):
        super().__init__()
        self.ih, self.hh = nn.Linear(3, 12), nn.Linear(4, 12)

    def forward(self, x):
        def step(h, entry):
            (ir, iz, i_n), (hr, hz, hn) = self.ih(entry).chunk(3, -1), self.hh(h).chunk(3, -1)
            z = torch.sigmoid(iz + hz)
            h = (1 - z) * torch.tanh(i_n + torch.sigmoid(ir + hr) * hn) + z * h
            return h, h.clone()
        return torch._higher_order_ops.scan(step, torch.zeros(x.size(1), 4), x)


class ScanLstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(3, 4)

    def forward(self, x):
        def step(state, entry):
            h, c = self.cell(entry, state)
            return (h, c), h.clone()
        zeros = torch.zeros(x.size(1), 4)
        return torch._higher_order_ops.scan(step, (zeros, zeros.clone()), x)


def add(name, op, data, feeds):
    """feeds: lists of arrays, one a set."""
    session = onnxruntime.InferenceSession(data)
    names = [i.name for i in session.get_inputs()]
    pack = lambda a: (numpy_helper.from_array(np.ascontiguousarray(a)).SerializeToString(deterministic=True), "tensor")
    sets = [{"inputs": [pack(v) for v in feed], "outputs": [pack(v) for v in session.run(None, dict(zip(names, feed, strict=True)))]} for feed in feeds]
    kinds = {n.op_type for n in onnx.load_from_string(data).graph.node}
    if not kinds & {"Loop", "Scan"}:
        raise SystemExit(f"{name} has no loop")
    cases.append(({"name": name, "op": op, "rtol": 1e-5, "atol": 1e-6}, data, sets))


def normal(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def torch_cases():
    states = [normal(BATCH, 4), normal(BATCH, 4) / 2]
    for name, op, make, axis, given in (("lstm_cell", "LSTM", LstmCell, 0, states), ("unbound", "LSTM", Unbound, 0, states), ("batch_first", "LSTM", BatchFirst, 1, []), ("joined_lstm", "LSTM", JoinedLstm, 0, []), ("joined_gru", "GRU", JoinedGru, 0, [])):
        torch.manual_seed(0)
        model, file = make().eval(), io.BytesIO()
        shape = lambda steps: (steps, BATCH, SIZE) if axis == 0 else (BATCH, steps, SIZE)
        names = ["x", "h", "c"][:1 + len(given)]
        torch.onnx.export(torch.jit.script(model), (torch.zeros(shape(STEPS)), *map(torch.from_numpy, given)), file, dynamo=False, opset_version=17, input_names=names, dynamic_axes={"x": {axis: "steps"}})
        add(f"torch_script_{name}", op, file.getvalue(), [[normal(*shape(steps)), *given] for steps in (STEPS, 3)])
    for name, op, make in (("gru", "GRU", ScanGru), ("lstm", "LSTM", ScanLstm)):
        torch.manual_seed(0)
        program = torch.onnx.export(make().eval(), (torch.zeros(STEPS, BATCH, SIZE),), dynamo=True, dynamic_shapes={"x": {0: torch.export.Dim("steps", min=2, max=100)}}, input_names=["x"], verbose=False)
        model = program.model_proto
        for node in [n for g in (model.graph, *(a.g for n in model.graph.node for a in n.attribute if a.type == onnx.AttributeProto.GRAPH)) for n in g.node]:
            del node.metadata_props[:]
        add(f"torch_scan_{name}", op, model.SerializeToString(deterministic=True), [[normal(steps, BATCH, SIZE)] for steps in (STEPS, 3)])


def keras_cases():
    for name in ("object", "bool"):
        if not hasattr(np, name):
            setattr(np, name, {"object": object, "bool": bool}[name])
    if not hasattr(np, "cast"):
        np.cast = {}
    import tensorflow as tf
    import tf2onnx
    from tf2onnx import tfonnx

    tfonnx.rewriter_lstm_tf2 = lambda graph, ops: ops
    layers = tf.keras.layers
    for name, op, make in (
        ("lstm", "LSTM", lambda: layers.LSTM(HIDDEN, return_sequences=True)),
        ("lstm_hard", "LSTM", lambda: layers.LSTM(HIDDEN, return_sequences=True, recurrent_activation="hard_sigmoid")),
        ("gru", "GRU", lambda: layers.GRU(HIDDEN, return_sequences=True)),
        ("gru_reset_before", "GRU", lambda: layers.GRU(HIDDEN, return_sequences=True, reset_after=False)),
        ("gru_last", "GRU", lambda: layers.GRU(HIDDEN)),
        ("rnn", "RNN", lambda: layers.SimpleRNN(HIDDEN, return_sequences=True)),
        ("rnn_relu", "RNN", lambda: layers.SimpleRNN(HIDDEN, activation="relu")),
        ("bidirectional_gru", "GRU", lambda: layers.Bidirectional(layers.GRU(HIDDEN, return_sequences=True))),
    ):
        tf.keras.utils.set_random_seed(0)
        x = tf.keras.Input(shape=(STEPS, SIZE), batch_size=BATCH, name="x")
        model = tf.keras.Model(x, make()(x))
        signature = [tf.TensorSpec((BATCH, None, SIZE), tf.float32, name="x")]
        proto, _ = tf2onnx.convert.from_function(tf.function(lambda x: model(x), input_signature=signature), input_signature=signature, opset=17)
        add(f"keras_{name}", op, proto.SerializeToString(deterministic=True), [[normal(BATCH, steps, SIZE)] for steps in (STEPS, 3)])


def main():
    onnxruntime.set_default_logger_severity(4)
    torch_cases()
    keras_cases()
    pack = Pack()
    for fields, model, sets in sorted(cases, key=lambda c: c[0]["name"]):
        pack.add(fields, model, sets)
    pack.write("recurrent-loops", {}, "recurrent nets as PyTorch's exporters and tf2onnx write them, as Loop and Scan, with seeded weights; outputs by onnxruntime", "make_recurrent_loops.py")
    print(len(cases), "cases", file=sys.stderr)


if __name__ == "__main__":
    main()
