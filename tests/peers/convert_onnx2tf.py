"""usage: convert_onnx2tf.py MODEL.onnx [OUT.tflite] [--runs N] [--figures FILE.json]

Converts with onnx2tf in its own environment (setup-onnx2tf.sh must have run; needs root) and prints JSON: median wall seconds
over the runs, peak RSS in MB of the largest process, bytes, operator counts, and how many are TRANSPOSE in the float32 .tflite. Where MODEL.npz
lies beside the model, also the largest difference from its outputs, relative to the largest output (TensorFlow's kernels, no delegate);
`runError` and not ok when the interpreter can't run what was written.
With --figures, every model given is converted and the result is written to FILE.json: convert_onnx2tf.py A.onnx B.onnx --figures F.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, ".onnx2tf")
RUN = [os.path.join(ROOT, "enter")]


def convert(model, out, runs):
    name = os.path.splitext(os.path.basename(model))[0]
    folder = os.path.join(ROOT, "io", name)
    walls, peak, log = [], 0, ""
    for _ in range(runs):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        shutil.copyfile(model, os.path.join(folder, f"{name}.onnx"))
        with open(os.path.join(folder, "log"), "w") as f:
            start = time.monotonic()
            # timeout: a converter that hangs is a failure too
            child = subprocess.Popen([*RUN, "timeout", "900", "sh", "-c", f"cd /io/{name} && onnx2tf -i {name}.onnx -o out"],
                                     stdout=f, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(child.pid, 0)
            walls.append(time.monotonic() - start)
        child.returncode = os.waitstatus_to_exitcode(status)
        peak = max(peak, usage.ru_maxrss / 1024)
        with open(os.path.join(folder, "log"), errors="replace") as f:
            log = f.read()
        if child.returncode:
            break
    result = {"seconds": round(statistics.median(walls), 2), "peakRssMB": round(peak), "onnxBytes": os.path.getsize(model)}
    made = os.path.join(folder, "out", f"{name}_float32.tflite")
    if child.returncode or not os.path.exists(made):
        return {"ok": False, "exit": child.returncode, **result, "why": log.strip().splitlines()[-3:]}
    from run_tflite import count_ops

    ops = count_ops(made)
    result = {"ok": True, **result, "tfliteBytes": os.path.getsize(made), "transposes": ops.get("TRANSPOSE", 0), "operators": sum(ops.values()), "ops": ops}
    data = os.path.splitext(model)[0] + ".npz"
    if os.path.exists(data):
        # in a process of its own: a child's peak RSS starts from its parent's, so this process must stay small
        check = subprocess.run([sys.executable, __file__, "--difference", made, data], capture_output=True, text=True)
        if check.returncode == 0:
            result["maxRelativeError"] = json.loads(check.stdout)
        else:
            result["ok"], result["runError"] = False, check.stderr.strip().splitlines()[-1]
    if out:
        shutil.copyfile(made, out)
    shutil.rmtree(folder)
    return result


def difference(model, data):
    import numpy as np

    from run_tflite import run

    data, worst = np.load(data), 0.0
    for i in range(2):
        got = run(model, {"input0": data[f"input{i}"].transpose(0, 2, 3, 1)})["output0"]
        want = data[f"output{i}"]
        if got.shape != want.shape:
            return f"shape {list(got.shape)} instead of {list(want.shape)}"
        worst = max(worst, float(np.abs(got - want).max() / np.abs(want).max()))
    return float(f"{worst:.2g}")


def versions():
    shown = subprocess.run([*RUN, "pip", "list", "--format=json"], capture_output=True, text=True, check=True).stdout
    wanted = {"onnx2tf", "onnx", "onnxruntime", "onnxsim", "onnxoptimizer", "ai-edge-litert", "numpy", "protobuf", "flatbuffers"}
    python = subprocess.run([*RUN, "python", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    return {"python": python, **{p["name"]: p["version"] for p in json.loads(shown) if p["name"] in wanted}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--figures")
    parser.add_argument("--difference", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.difference:
        print(json.dumps(difference(*args.paths)))
        return
    if not args.figures:
        print(json.dumps(convert(args.paths[0], args.paths[1] if len(args.paths) > 1 else None, args.runs)))
        return
    head = {"versions": versions(), "cores": os.cpu_count(), "runs": args.runs, "command": "onnx2tf -i MODEL.onnx -o out"}
    rows = []
    for path in args.paths:
        name = os.path.splitext(os.path.basename(path))[0]
        row = convert(path, None, args.runs)
        rows.append(f"{json.dumps(name)}: {json.dumps(row)}")
        print(rows[-1], flush=True)
    with open(args.figures, "w") as f:
        f.write("{\n" + "".join(f"{json.dumps(k)}: {json.dumps(v)},\n" for k, v in head.items()) + '"models": {\n' + ",\n".join(rows) + "\n}}\n")


main()
