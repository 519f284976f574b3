"""Holds every model that rewrite_models.mjs wrote again against onnx.checker (with full shape inference) and onnxruntime (optimizations
off): what they accept of the original they must accept of ours, and it must compute the same. Prints the counts; exits 1 when not."""
import glob
import os
import sys

import numpy as np
import onnx

from run_conformance import RANDOM, Runtime, decode, differs, load

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), ".cache", "again")
WAYS = ("own", "optimized", "opset21")


def refusal(path):
    try:
        onnx.checker.check_model(path, full_check=True)
    except Exception as error:  # the checker's own kinds are many
        return (str(error).strip().splitlines() or [type(error).__name__])[0]
    return None


def outputs(runtime, path, inputs):
    with open(path, "rb") as f:
        data = f.read()
    try:
        return runtime.run(data, inputs)
    except Exception as error:
        return (str(error).strip().splitlines() or [type(error).__name__])[0]


def main():
    np.seterr(all="ignore")
    runtime = Runtime(optimize=False)
    wrong, models = [], 0
    accepted, same = dict.fromkeys(WAYS, 0), dict.fromkeys(WAYS, 0)
    for name in sorted(os.listdir(FOLDER)):
        tests, cut = load(name)
        for test in tests:
            models += 1
            here = os.path.join(FOLDER, name, test["name"])
            before = os.path.join(here, "before.onnx")
            known = refusal(before)
            inputs = [decode(cut(p), p[2]) for p in test["sets"][0]["inputs"]]
            expected = outputs(runtime, before, inputs)
            for way in WAYS:
                path = os.path.join(here, f"{way}.onnx")
                if not os.path.exists(path):
                    continue
                found = refusal(path)
                accepted[way] += found is None
                if found and not known:
                    wrong.append(f"{name} {test['name']} {way}: {found}")
                if isinstance(expected, str):
                    continue
                actual = outputs(runtime, path, inputs)
                if isinstance(actual, str):
                    wrong.append(f"{name} {test['name']} {way}: onnxruntime: {actual}")
                    continue
                random = "training_dropout" in test["name"] or any(test["name"] in (r, f"{r}_expanded") for r in RANDOM)
                # a written file is the same graph; an optimized one rounds elsewhere
                rtol, atol = (1e-5, 1e-6) if way == "own" else (max(test["rtol"], 1e-4), max(test["atol"], 1e-5))
                compare = lambda wanted: next((d for e, a in zip(wanted, actual) if (d := differs(e, a, rtol, atol, random))), None)
                # where onnxruntime itself is wrong, what the test expects holds
                how = compare(expected) and compare([decode(cut(p), p[2]) for p in test["sets"][0]["outputs"]])
                same[way] += how is None
                if how:
                    wrong.append(f"{name} {test['name']} {way}: onnxruntime gives {how}")
    print("\n".join(wrong))
    print(f"{models} models written again; onnx.checker accepts " + ", ".join(f"{accepted[w]} {w}" for w in WAYS)
          + "; onnxruntime gives the same for " + ", ".join(f"{same[w]} {w}" for w in WAYS))
    sys.exit(bool(wrong) or models < 2965)


main()
