"""usage: convert_onnx2tf.py MODEL.onnx [OUT.tflite] [--runs N] [--figures FILE.json]

Converts with onnx2tf in its own environment (setup-onnx2tf.sh must have run; needs root) and prints JSON: median wall seconds
over the runs, peak RSS in MB of the largest process, bytes, operator counts, and how many are TRANSPOSE in the float32 .tflite. Where MODEL.npz
lies beside the model, also the largest difference from its outputs, relative to the largest output (TensorFlow's kernels, no delegate; for
make_zoo.py's files the relative L2 error, with inputs and outputs turned to channels last where the shapes ask for it);
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
    if "sample0/input0" in data:
        return float(f"{max(zoo_error(model, data, s) for s in range(2)):.2g}")
    for i in range(2):
        got = run(model, {"input0": data[f"input{i}"].transpose(0, 2, 3, 1)})["output0"]
        want = data[f"output{i}"]
        if got.shape != want.shape:
            return f"shape {list(got.shape)} instead of {list(want.shape)}"
        worst = max(worst, float(np.abs(got - want).max() / np.abs(want).max()))
    return float(f"{worst:.2g}")


def zoo_error(model, data, sample):
    """Relative L2 error of the worst output; each is compared with what was made of its shape that comes nearest, in either layout."""
    import numpy as np

    from run_tflite import cast, open_interpreter

    def last(a):
        return a.transpose(0, *range(2, a.ndim), 1) if a.ndim > 2 else a

    interpreter = open_interpreter(model, "tf", "builtin")
    feeds = [data[f"sample{sample}/input{i}"] for i in range(9) if f"sample{sample}/input{i}" in data]
    details = interpreter.get_input_details()
    if len(details) > 1:
        import onnx

        names = [v.name for v in onnx.load(os.path.splitext(data.fid.name)[0] + ".onnx", load_external_data=False).graph.input]
        plain = [d["name"].removeprefix("serving_default_").split(":")[0] for d in details]
        feeds = [feeds[names.index(n)] for n in plain]
    given = []
    for d, a in zip(details, feeds, strict=True):
        a = a if list(a.shape) == list(d["shape"]) else last(a)
        if list(a.shape) != list(d["shape"]):
            interpreter.resize_tensor_input(d["index"], a.shape)
        given.append(a)
    interpreter.allocate_tensors()
    for d, a in zip(details, given):
        interpreter.set_tensor(d["index"], cast(a, d["dtype"], d["name"]))
    interpreter.invoke()
    made = [interpreter.get_tensor(o["index"]).astype(np.float64) for o in interpreter.get_output_details()]
    worst = 0.0
    for i in range(9):
        if f"sample{sample}/output{i}" not in data:
            break
        want = data[f"sample{sample}/output{i}"].astype(np.float64)
        errors = [float(np.linalg.norm(m - w) / max(np.linalg.norm(w), 1e-30)) for m in made for w in (want, last(want)) if m.shape == w.shape]
        worst = max(worst, min(errors, default=float("inf")))
    return worst


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
