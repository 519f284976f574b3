"""usage: compare_trained.py [NAME ...] [--cli PATH] [--samples N] [--figures FILE.json]

Quantizes the nets of trained.py with onnxruntime, to int8 and uint8, with weights' scales for each channel and for all, converts them with lapidary's
command line, and runs the files in LiteRT with XNNPACK, its own kernels and, on fewer, its reference kernels, on digits that were held out. Reference is onnxruntime
on the file with graph optimizations off, which computes in float32 between the integers; `onnxruntime` is the same with them on, in its integer kernels. For each: the share
of outputs within one step, the share of pictures with the same likeliest digit, and the share that it is right about. Exits 1 when with XNNPACK fewer
than 99% are within one step, and fewer than with onnxruntime's integer kernels by more than SLACK.
"""
import argparse
import json
import os
import sys
import warnings

import numpy as np
import onnx
import onnxruntime

from compare_zoo import ROOT, command, step_of
from make_zoo import quantize, session_of
from run_tflite import count_ops, open_interpreter
from trained import EPOCHS, OUT, calibration, held_out, model_of

KERNELS = ["xnnpack", "builtin", "reference"]
VARIANTS = {f"{kind.lower()} {'channel' if each else 'tensor'}": (kind, each) for kind in ["QInt8", "QUInt8"] for each in [True, False]}
LIMIT, SLACK = 0.99, 0.005


def in_onnxruntime(path, pictures, level):
    session = session_of(path, level)
    return np.concatenate([session.run(None, {"input": x[None]})[0] for x in pictures])


def in_litert(path, pictures, kernels):
    interpreter = open_interpreter(path, "litert", kernels)
    interpreter.allocate_tensors()
    into, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    made = []
    for x in pictures:
        interpreter.set_tensor(into["index"], np.ascontiguousarray(x.transpose(1, 2, 0)[None] if into["shape"][-1] == 3 else x[None]))
        interpreter.invoke()
        made.append(interpreter.get_tensor(out["index"]).copy())
    return np.concatenate(made)


def compared(made, expected, labels, step):
    return {
        "withinOneStep": round(float((np.abs(made - expected) < 1.5 * step).mean()), 4),
        "sameDigit": round(float((made.argmax(1) == expected.argmax(1)).mean()), 4),
        "right": round(float((made.argmax(1) == labels).mean()), 4),
    }


def row(name, variant, cli, pictures, labels):
    stem = os.path.join(OUT, f"{name}-{variant.replace(' ', '-')}")
    if not os.path.exists(f"{stem}.onnx"):
        quantize(model_of(name), f"{stem}.onnx", list(calibration()[:, None]), *VARIANTS[variant])
    code, _, err, *_ = command(cli, "convert", f"{stem}.onnx", f"{stem}.tflite", "--json")
    if code != 0:
        return {"problem": err.strip().splitlines()[0][:200]}
    ops = count_ops(f"{stem}.tflite")
    graph = onnx.load(f"{stem}.onnx").graph
    step, expected = step_of(graph, graph.output[0].name), in_onnxruntime(f"{stem}.onnx", pictures, "DISABLE_ALL")
    result = {"operators": sum(ops.values()), "dequantized": ops.get("DEQUANTIZE", 0) - 1, "right": round(float((expected.argmax(1) == labels).mean()), 4)}
    result["onnxruntime"] = compared(in_onnxruntime(f"{stem}.onnx", pictures, "ENABLE_ALL"), expected, labels, step)
    for kernels in KERNELS:
        n = len(pictures) // (5 if kernels == "reference" else 1)
        result[kernels] = compared(in_litert(f"{stem}.tflite", pictures[:n], kernels), expected[:n], labels[:n], step)
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--cli", default=os.path.join(ROOT, "dist/cli/lapidary.js"))
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--figures")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    onnxruntime.set_default_logger_severity(3)
    pictures, labels = held_out(args.samples)
    rows, wrong = {}, []
    for name in args.names or EPOCHS:
        exact = in_onnxruntime(model_of(name), pictures, "DISABLE_ALL")
        print(f"{name}: float32 is right about {(exact.argmax(1) == labels).mean():.3f}")
        for variant in VARIANTS:
            r = rows[f"{name} {variant}"] = row(name, variant, args.cli, pictures, labels)
            fine = "problem" not in r and r["xnnpack"]["withinOneStep"] >= min(LIMIT, r["onnxruntime"]["withinOneStep"] - SLACK)
            if not fine:
                wrong.append(f"{name} {variant}")
            said = r.get("problem") or f"{r['operators']} ops {r['right']:.3f} right  " + "  ".join(f"{k} {' '.join(f'{v:.4f}' for v in r[k].values())}" for k in ["onnxruntime", *KERNELS])
            print(f"{name:16} {variant:15} {'ok  ' if fine else 'FAIL'} {said}", flush=True)
    if args.figures:
        with open(args.figures, "w") as f:
            f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in rows.items()) + "\n}\n")
    if wrong:
        sys.exit(f"too few within one step: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
