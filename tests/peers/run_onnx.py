"""usage: run_onnx.py MODEL.onnx FEEDS.npz OUT.npz   (onnxruntime, graph optimizations off)

Feeds are matched by name; a name `inputN` or `N` that is no input of the model stands for its N-th input.
"""
import sys

import numpy as np
import onnxruntime


def open_session(path):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def match(names, feeds):
    """Maps the model's input names to arrays: by name, else by the number in `inputN` or `N`, else by position."""
    keys = list(feeds)
    out = {name: feeds[name] for name in names if name in keys}
    for position, key in enumerate(k for k in keys if k not in names):
        digits = key.removeprefix("input")
        out.setdefault(names[int(digits) if digits.isdigit() else position], feeds[key])
    missing = [n for n in names if n not in out]
    if missing:
        raise SystemExit(f"no feed for {missing}; the feeds are {keys}")
    return out


def main():
    model, feeds, out = sys.argv[1:]
    session = open_session(model)
    feeds = match([i.name for i in session.get_inputs()], dict(np.load(feeds)))
    names = [o.name for o in session.get_outputs()]
    results = session.run(names, feeds)
    np.savez(out, **dict(zip(names, results)))
    for name, value in zip(names, results):
        print(name, value.dtype, list(value.shape))


if __name__ == "__main__":
    main()
