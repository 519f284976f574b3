"""usage: check_onnx.py MODEL.onnx [OTHER.onnx] [--size NAME=N ...] [--samples N] [--rtol R] [--atol A]

onnx.checker (with full shape inference) on each model. With two: the same seeded random inputs through onnxruntime (graph
optimizations off) must give the same outputs. Open dimensions take --size, else 2, 3, 4 ... in order of first use.
Prints one line of JSON; exits 1 on any failure.
"""
import argparse
import json

import numpy as np
import onnx

from run_onnx import open_session

KINDS = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16, "tensor(bool)": np.bool_,
         "tensor(int8)": np.int8, "tensor(int16)": np.int16, "tensor(int32)": np.int32, "tensor(int64)": np.int64,
         "tensor(uint8)": np.uint8, "tensor(uint16)": np.uint16, "tensor(uint32)": np.uint32, "tensor(uint64)": np.uint64}


def sample(info, sizes, rng):
    shape = []
    for axis, dim in enumerate(info.shape):
        key = dim if isinstance(dim, str) else f"{info.name}.{axis}"
        shape.append(dim if isinstance(dim, int) else sizes.setdefault(key, 2 + len(sizes)))
    kind = KINDS[info.type]
    if kind == np.bool_:
        return rng.random(shape) < 0.5
    if np.issubdtype(kind, np.integer):
        return rng.integers(0, 4, shape).astype(kind)
    return rng.standard_normal(shape).astype(kind)


def compare(first, second, args):
    sizes = {k: int(v) for k, v in (s.rsplit("=", 1) for s in args.size)}
    a, b = open_session(first), open_session(second)
    names = [[i.name for i in s.get_inputs()] for s in (a, b)]
    if len(names[0]) != len(names[1]) or len(a.get_outputs()) != len(b.get_outputs()):
        return {"ok": False, "error": "different numbers of inputs or outputs"}
    by_name = set(names[0]) == set(names[1])
    worst, ok, where = 0.0, True, None
    for seed in range(args.samples):
        rng = np.random.default_rng(seed)
        feeds = {i.name: sample(i, sizes, rng) for i in a.get_inputs()}
        other = feeds if by_name else dict(zip(names[1], feeds.values()))
        for info, x, y in zip(a.get_outputs(), a.run(None, feeds), b.run(None, other)):
            if x.dtype != y.dtype or x.shape != y.shape:
                return {"ok": False, "error": f"{info.name}: {x.dtype}{list(x.shape)} against {y.dtype}{list(y.shape)}"}
            if x.dtype.kind not in "fiu" or not x.size:
                if not np.array_equal(x, y):
                    ok, where = False, info.name
                continue
            if not np.allclose(x, y, rtol=args.rtol, atol=args.atol, equal_nan=True):
                ok, where = False, where or info.name
            with np.errstate(invalid="ignore"):
                gap = np.abs(x.astype(np.float64) - y.astype(np.float64))
            worst = max(worst, float(np.nanmax(gap)) if not np.isnan(gap).all() else 0.0)
    return {"ok": ok, "maxAbsDiff": worst, **({"firstBad": where} if where else {})}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+")
    parser.add_argument("--size", action="append", default=[])
    parser.add_argument("--samples", type=int, default=3)
    parser.add_argument("--rtol", type=float, default=1e-4)
    parser.add_argument("--atol", type=float, default=1e-5)
    args = parser.parse_args()
    report = {"checked": {}}
    for path in args.models:
        try:
            onnx.checker.check_model(path, full_check=True)
            report["checked"][path] = "ok"
        except Exception as error:  # the checker raises several kinds
            report["checked"][path] = str(error)
    ok = all(v == "ok" for v in report["checked"].values())
    if len(args.models) == 2:
        report["compared"] = compare(*args.models, args)
        ok &= report["compared"]["ok"]
    print(json.dumps({"ok": ok, **report}))
    raise SystemExit(not ok)


if __name__ == "__main__":
    main()
