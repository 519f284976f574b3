"""Exports the models of zoo.py with seeded random weights to tests/peers/.cache/zoo/NAME.onnx and NAME.npz.

Norms have weights, biases and statistics that matter and stay unfolded in the file. NAME.npz holds two seeded samples, input I of sample S as
`sampleS/inputI`, and torch's own outputs, computed in double precision, as `sampleS/outputI`.
resnet50_qdq is the torchvision resnet50, static int8 by onnxruntime's quantizer on random images. Its outputs are onnxruntime's, and `noise` is how
far onnxruntime's own integer kernels (graph optimizations on) are from these: random weights amplify what rounding does at ties.

usage: make_zoo.py [NAME ...] [--exporter script|dynamo] [--opset N] [--full]
--exporter dynamo writes NAME-dynamo.*; --full makes the models of published.py, NAME-full.*
"""
import argparse
import copy
import os
import subprocess
import sys
import time
import traceback
import warnings
import zlib

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn as nn

from published import PUBLISHED
from zoo import ZOO

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, ".cache", "zoo")
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def season(model, example):
    """Gives norms weights, and batch norms statistics of the example, perturbed; residual branches of ResNets weigh less, as in trained ones.

    Linear layers and embeddings that start next to nothing, so that attention would be the same everywhere, are drawn anew.
    """
    norms = [m for m in model.modules() if isinstance(m, BATCH_NORMS)]
    with torch.no_grad():
        for m in model.modules():
            if isinstance(m, nn.Linear) or type(m).__name__ == "Conv1D":  # GPT-2's own layer
                m.weight.normal_(0, (m.weight.numel() / (m.bias.numel() if m.bias is not None else m.weight.shape[0])) ** -0.5)
                if m.bias is not None:
                    m.bias.normal_(0, 0.2)
        for name, p in model.named_parameters():
            if "position" in name or "pos_embedding" in name or "class_" in name:
                p.normal_(0, 0.5)
        for m in model.modules():
            if isinstance(getattr(m, "weight", None), nn.Parameter) and "Norm" in type(m).__name__:
                m.weight.uniform_(0.6, 1.4)
                if getattr(m, "bias", None) is not None:
                    m.bias.normal_(0, 0.2)
        for m in norms:
            m.momentum = None
        for m in model.modules():
            last = getattr(m, "bn3", getattr(m, "bn2", None))
            if isinstance(last, BATCH_NORMS):
                last.weight.uniform_(0.2, 0.6)
        if norms:
            model.train()
            for _ in range(2):
                model(*[torch.randn(4, *x.shape[1:]) for x in example])
        for m in norms:
            deviation = m.running_var.sqrt()
            m.running_mean += 0.1 * deviation * torch.randn_like(deviation)
            m.running_var *= torch.empty_like(deviation).uniform_(0.7, 1.4)
            m.momentum = 0.1
    return model.eval()


def export(model, example, path, names, outputs, args):
    kwargs = {"opset_version": args.opset, "input_names": names, "output_names": outputs}
    if args.exporter == "script":
        # as users export; where there are batch norms the exporter would fold them
        normed = any(isinstance(m, BATCH_NORMS) for m in model.modules())
        kwargs |= {"dynamo": False, "training": torch.onnx.TrainingMode.PRESERVE if normed else torch.onnx.TrainingMode.EVAL}
        if isinstance(model, torch.jit.ScriptModule):
            kwargs["dynamic_axes"] = {outputs[-1]: {1: "length"}}
    else:
        kwargs |= {"dynamo": True, "external_data": False, "optimize": False, "verbose": False}
    torch.onnx.export(model, example, path, **kwargs)


def listed(value):
    return list(value) if isinstance(value, (tuple, list)) else [value]


def session_of(path, level="DISABLE_ALL"):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, f"ORT_{level}")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def save(stem, samples, results, **more):
    data = {f"sample{s}/{side}{i}": np.asarray(x) for s, (xs, ys) in enumerate(zip(samples, results)) for side, part in (("input", xs), ("output", ys)) for i, x in enumerate(part)}
    np.savez(os.path.join(OUT, stem + ".npz"), **data, **more)


def make(name, args):
    torch.manual_seed(zlib.crc32(name.encode()))
    model, samples, names = (PUBLISHED if args.full else ZOO)[name]()
    model = season(model, samples[0])
    stem = name + ("-full" if args.full else "") + ("-dynamo" if args.exporter == "dynamo" else "")
    path = os.path.join(OUT, stem + ".onnx")
    with torch.no_grad():
        precise = copy.deepcopy(model).double()
        results = [[y.float() if y.is_floating_point() else y for y in listed(precise(*[x.double() if x.is_floating_point() else x for x in s]))] for s in samples]
        del precise
        export(model, samples[0], path, names, [f"output{i}" for i in range(len(results[0]))], args)
    save(stem, samples, results)
    session, worst = session_of(path), 0.0
    for xs, ys in zip(samples, results):
        given = [i.name for i in session.get_inputs()]
        got = session.run(None, {n: x.numpy() for n, x in zip(names, xs) if n in given})
        worst = max(worst, *[float(np.linalg.norm(g - y.numpy()) / max(np.linalg.norm(y.numpy()), 1e-30)) if g.shape == tuple(y.shape) else float("inf") for g, y in zip(got, ys)])
    norms = sum(isinstance(m, BATCH_NORMS) for m in model.modules())
    return path, worst, norms, f"output std {results[0][0].float().std():.3f}"


class Images:
    """What the quantizer calibrates on."""

    def __init__(self, name, images):
        self.name, self.left = name, iter(images)

    def get_next(self):
        image = next(self.left, None)
        return None if image is None else {self.name: image}


def quantized(name, float_model, feed, pictures):
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    path = os.path.join(OUT, f"{name}.onnx")
    quantize_static(float_model, path, Images(feed, pictures[2:]), quant_format=QuantFormat.QDQ, activation_type=QuantType.QInt8, weight_type=QuantType.QInt8, per_channel=True)
    run = lambda model, level: [session_of(model, level).run(None, {feed: x})[0] for x in pictures[:2]]
    results, expected, integers = run(path, "DISABLE_ALL"), run(float_model, "DISABLE_ALL"), run(path, "ENABLE_ALL")
    worst = lambda others: max(float(np.linalg.norm(a - b) / np.linalg.norm(b)) for a, b in zip(others, results))
    save(name, [[x] for x in pictures[:2]], [[y] for y in results], noise=worst(integers))
    return path, 0.0, None, f"float32 differs by {worst(expected):.1e}, onnxruntime's integer kernels by {worst(integers):.1e}"


def resnet50_qdq():
    float_model = os.path.join(HERE, ".cache", "torchvision", "resnet50-folded.onnx")
    if not os.path.exists(float_model):
        subprocess.run([sys.executable, os.path.join(HERE, "make_torchvision.py"), "resnet50", "--folded"], check=True)
    random = np.random.default_rng(50)
    return quantized("resnet50_qdq", float_model, "input", [random.standard_normal((1, 3, 224, 192), dtype=np.float32) for _ in range(6)])


QUANTIZED = {"resnet50_qdq": resnet50_qdq}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--exporter", choices=["script", "dynamo"], default="script")
    parser.add_argument("--opset", type=int)
    parser.add_argument("--full", action="store_true")
    args = parser.parse_args()
    args.opset = args.opset or (17 if args.exporter == "script" else 18)
    warnings.simplefilter("ignore")
    torch.backends.mha.set_fastpath_enabled(False)  # a kernel of its own that no exporter knows
    onnxruntime.set_default_logger_severity(3)
    os.makedirs(OUT, exist_ok=True)
    failed = []
    for name in args.names or (PUBLISHED if args.full else [*ZOO, *(QUANTIZED if args.exporter == "script" else [])]):
        start = time.time()
        try:
            path, worst, norms, more = QUANTIZED[name]() if name in QUANTIZED else make(name, args)
        except Exception as error:  # one model that an exporter can't write must not hide the others
            traceback.print_exc(limit=-4)
            print(f"BAD {name:30} {type(error).__name__}: {str(error).strip().splitlines()[0][:160]}", flush=True)
            failed.append(name)
            continue
        nodes = onnx.load(path, load_external_data=False).graph.node
        found = sum(n.op_type == "BatchNormalization" for n in nodes)
        ok = worst < 1e-4 and norms in (None, found)
        if not ok:
            failed.append(name)
        print(f"{'ok ' if ok else 'BAD'} {os.path.basename(path)[:-5]:30} {os.path.getsize(path):>10} bytes {len(nodes):>5} nodes {found:>3} of {norms or 0:>3} BatchNormalization  "
              f"{more}  onnxruntime - torch {worst:.1e}  {time.time() - start:.0f} s", flush=True)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


main()
