"""Exports torchvision classifiers with seeded random weights to tests/peers/.cache/torchvision/NAME.onnx and NAME.npz.

BatchNorm has statistics that matter (calibrated on random batches, then perturbed) and stays unfolded in the file.
NAME.npz holds input0, output0, input1, output1: two seeded inputs and torch's own outputs, computed in double precision.
The norms that end a ResNet's residual branches weigh less, as in trained ones: else 53 random layers amplify the rounding of float32
to 1e-5 in every runtime, torch's own included, and nothing finer can be told.

usage: make_torchvision.py [NAME ...] [--exporter script|dynamo] [--opset N] [--dynamic] [--folded] [--height H] [--width W]
--dynamic leaves the batch size open and writes NAME-dynamic.*; --exporter dynamo writes NAME-dynamo.*;
--folded lets the script exporter fold BatchNorm into the convolutions, as it does by default, and writes NAME-folded.*
"""
import argparse
import copy
import os
import time
import warnings
import zlib

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn as nn

import torchvision_cpu  # noqa: F401
import torchvision.models as models
from torchvision.models import resnet

NAMES = ["resnet18", "resnet50", "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "densenet121",
         "shufflenet_v2_x1_0", "squeezenet1_1", "regnet_y_400mf", "googlenet"]
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), ".cache", "torchvision")
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def build(name, height, width):
    seed = zlib.crc32(name.encode())
    torch.manual_seed(seed)
    options = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    model = getattr(models, name)(weights=None, **options)
    norms = [m for m in model.modules() if isinstance(m, NORMS)]
    with torch.no_grad():
        for m in norms:
            m.weight.uniform_(0.6, 1.4)
            m.bias.normal_(0, 0.2)
            m.momentum = None  # a plain average over the calibration batches
        for m in model.modules():
            if isinstance(m, (resnet.BasicBlock, resnet.Bottleneck)):
                getattr(m, "bn3", m.bn2).weight.uniform_(0.2, 0.6)
        last = [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv2d))][-1]
        for m in model.modules():
            if isinstance(m, nn.Linear) or m is last:
                m.weight.normal_(0, m.weight[0].numel() ** -0.5)
                m.bias.normal_(0, 0.3)
        if norms:
            model.train()
            for _ in range(2):
                model(torch.randn(4, 3, height, width))
        for m in norms:
            deviation = m.running_var.sqrt()
            m.running_mean += 0.1 * deviation * torch.randn_like(deviation)
            m.running_var *= torch.empty_like(deviation).uniform_(0.7, 1.4)
            m.momentum = 0.1
    return model.eval(), np.random.default_rng(seed)


def export(model, example, path, args):
    kwargs = {"opset_version": args.opset, "input_names": ["input"], "output_names": ["output"]}
    if args.exporter == "script":
        kwargs |= {"dynamo": False, "training": torch.onnx.TrainingMode.EVAL if args.folded else torch.onnx.TrainingMode.PRESERVE}
        if args.dynamic:
            kwargs["dynamic_axes"] = {"input": {0: "batch"}, "output": {0: "batch"}}
    else:
        kwargs |= {"dynamo": True, "external_data": False, "optimize": False, "verbose": False}
        if args.dynamic:
            kwargs["dynamic_shapes"] = ({0: torch.export.Dim("batch")},)
    torch.onnx.export(model, (example,), path, **kwargs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--exporter", choices=["script", "dynamo"], default="script")
    parser.add_argument("--opset", type=int)
    parser.add_argument("--dynamic", action="store_true")
    parser.add_argument("--folded", action="store_true")
    parser.add_argument("--height", type=int, default=224)
    parser.add_argument("--width", type=int, default=192)
    args = parser.parse_args()
    args.opset = args.opset or (17 if args.exporter == "script" else 18)
    warnings.simplefilter("ignore")
    os.makedirs(OUT, exist_ok=True)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    failed = False
    for name in args.names or NAMES:
        start = time.time()
        model, rng = build(name, args.height, args.width)
        stem = name + ("-dynamo" if args.exporter == "dynamo" else "") + ("-folded" if args.folded else "") + ("-dynamic" if args.dynamic else "")
        path = os.path.join(OUT, stem + ".onnx")
        batches = [2, 3] if args.dynamic else [1, 1]
        inputs = [torch.from_numpy(rng.standard_normal((b, 3, args.height, args.width), dtype=np.float32)) for b in batches]
        with torch.no_grad():
            precise = copy.deepcopy(model).double()
            outputs = [precise(x.double()).float() for x in inputs]
            export(model, inputs[0], path, args)
        data = {f"{side}{i}": t.numpy() for side, ts in (("input", inputs), ("output", outputs)) for i, t in enumerate(ts)}
        np.savez(os.path.join(OUT, stem + ".npz"), **data)
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        worst = 0.0
        for i in range(2):
            (got,) = session.run(None, {"input": data[f"input{i}"]})
            worst = max(worst, float(np.abs(got - data[f"output{i}"]).max() / np.abs(data[f"output{i}"]).max()))
        proto = onnx.load(path, load_external_data=False)
        norms = sum(n.op_type == "BatchNormalization" for n in proto.graph.node)
        expected = sum(isinstance(m, NORMS) for m in model.modules())
        out = data["output0"]
        ok = worst < 1e-4 and (norms == expected or args.folded)
        failed |= not ok
        print(f"{'ok ' if ok else 'BAD'} {stem:28} {os.path.getsize(path):>11} bytes  {len(proto.graph.node):>4} nodes  {norms:>3} of {expected:>3} BatchNormalization  "
              f"output std {out.std():.3f} max {np.abs(out).max():.3f}  onnxruntime - torch {worst:.1e}  {time.time() - start:.0f} s", flush=True)
    raise SystemExit(failed)


main()
