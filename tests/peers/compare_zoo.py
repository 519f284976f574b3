"""usage: compare_zoo.py [NAME ...] [--runtimes tf,litert] [--cli PATH] [--figures FILE.json] [--onnx2tf FILE.json]

Converts the models of make_zoo.py with lapidary's command line (dist/cli/lapidary.js unless --cli names another) and runs the files in TensorFlow's and
LiteRT's interpreters, without delegates, against the outputs beside the models. For each: what `lapidary check` has to say, or the relative L2 error of
the worst output, operators, TRANSPOSEs, file size, and the command's wall time and peak memory. Of a quantized model the share of all values within
one step counts, or that it is not further off than twice what onnxruntime's own integer kernels are, with the kernels that LiteRT takes when left alone
(XNNPACK's: the others round twice). --onnx2tf puts the figures of convert_onnx2tf.py beside these; --figures writes all down. Exits 1 when a model fails that does not stand in
`refused` below, or when one that stands there converts.
"""
import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ZOO = os.path.join(HERE, ".cache", "zoo")
LIMIT, STEPS = 1e-5, 0.99
refused = {}


def command(*args):
    """Exit code, output, messages, seconds and peak memory in MB of one run of the command line."""
    start = time.monotonic()
    child = subprocess.Popen(["node", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = child.stdout.read(), child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, out, err, round(time.monotonic() - start, 2), round(usage.ru_maxrss / 1024)


def samples_of(name):
    data = np.load(os.path.join(ZOO, f"{name}.npz"))
    pick = lambda s, side: [data[f"sample{s}/{side}{i}"] for i in range(99) if f"sample{s}/{side}{i}" in data]
    return [(pick(s, "input"), pick(s, "output")) for s in range(len({key.split("/")[0] for key in data if "/" in key}))]


def turned(arrays, names, changes, back):
    """Arrays in the axis order of the converted model, or back from it; `changes` tells of those that changed, by name."""
    perms = {c["name"]: c["perm"] for c in changes if "perm" in c}
    return [np.ascontiguousarray(np.transpose(a, np.argsort(perms[n]) if back else perms[n])) if n in perms else a for a, n in zip(arrays, names, strict=True)]


def step_of(graph, output):
    """The step of an output that is dequantized last."""
    import onnx

    scale = next(n.input[1] for n in graph.node if n.op_type == "DequantizeLinear" and output in n.output)
    return float(onnx.numpy_helper.to_array(next(t for t in graph.initializer if t.name == scale)).item())


def errors_of(path, changes, name, runtime, quantized):
    import onnx

    from run_tflite import run

    graph = onnx.load(os.path.join(ZOO, f"{name}.onnx"), load_external_data=False).graph
    takes, gives = [v.name for v in graph.input], [v.name for v in graph.output]
    worst, within, count = 0.0, 0, 0
    for inputs, outputs in samples_of(name):
        made = run(path, dict(zip(takes, turned(inputs, takes, changes["inputs"], False))), runtime, "xnnpack" if quantized and runtime == "litert" else "builtin", signature="serving_default")
        for gave, expected, actual in zip(gives, outputs, turned([made[n] for n in gives], gives, changes["outputs"], True), strict=True):
            if expected.shape != actual.shape:
                return {"shape": f"{list(actual.shape)} instead of {list(expected.shape)}"}
            a, b = expected.astype(np.float64), actual.astype(np.float64)
            worst = max(worst, float(np.linalg.norm(b - a) / max(np.linalg.norm(a), 1e-30)))
            if quantized:
                within, count = within + int((np.abs(b - a) < 1.5 * step_of(graph, gave)).sum()), count + a.size
    return {"error": float(f"{worst:.2g}"), **({"withinOneStep": round(within / count, 4)} if quantized else {})}


def row(name, cli, runtimes):
    from run_tflite import count_ops

    model, out = os.path.join(ZOO, f"{name}.onnx"), os.path.join(ZOO, f"{name}.tflite")
    code, made, err, seconds, memory = command(cli, "convert", model, out, "--json")
    result = {"ok": code == 0, "seconds": seconds, "peakRssMB": memory, "onnxBytes": os.path.getsize(model)}
    if code != 0:
        problems = json.loads(command(cli, "check", model, "--to", "tflite", "--json")[1] or "{}").get("problems", [])
        count = {}
        for p in problems:
            said = " | ".join(p["notes"][:3]) or p["message"]
            key = f"{p['message'].split()[0]}: {said}" if p["code"] == "legalize.unsupported" else p["message"]
            count[key] = count.get(key, 0) + 1
        return {**result, "problems": count or {err.strip().splitlines()[0]: 1}}
    ops = count_ops(out)
    result |= {"tfliteBytes": os.path.getsize(out), "operators": sum(ops.values()), "transposes": ops.get("TRANSPOSE", 0), "ops": ops}
    quantized = name.endswith("_qdq")
    for runtime in runtimes:
        try:
            result[runtime] = errors_of(out, json.loads(made)["changes"], name, runtime, quantized)
        except (Exception, SystemExit) as error:
            result[runtime] = {"runError": str(error).strip().splitlines()[-1][:300]}
        close = result[runtime].get("error", 1) < (2 * float(np.load(model[:-5] + ".npz")["noise"]) if quantized else LIMIT)
        within = quantized and (runtime == "tf" or result[runtime].get("withinOneStep", 0) >= STEPS)
        result["ok"] &= "runError" not in result[runtime] and (close or within)
    return result


def shown(name, r, runtimes, other):
    text = f"{name:30} {'ok  ' if r['ok'] else 'FAIL'}"
    if "operators" in r:
        text += f" {r['operators']:5} ops {r['transposes']:3} TRANSPOSE {r['tfliteBytes'] / 1e6:6.2f} MB {r['seconds']:5.2f} s {r['peakRssMB']:4} MB "
        text += " ".join(f"{k} {' '.join(str(v) for v in r[k].values())}" for k in runtimes)
    else:
        text += "".join(f"\n    {n} x {p[:240]}" for p, n in sorted(r["problems"].items(), key=lambda i: -i[1]))
    if other:
        error = other.get("maxRelativeError")
        fine = other["ok"] and (error < LIMIT or "withinOneStep" in r.get(runtimes[0], {}))
        said = f"error {other.get('runError', error)}" if "operators" in other else " ".join(other.get("why", [])[-1:])[:120]
        text += f"\n{'onnx2tf':>30} {'ok  ' if fine else 'FAIL'}"
        text += f" {other['operators']:5} ops {other['transposes']:3} TRANSPOSE {other['tfliteBytes'] / 1e6:6.2f} MB" if "operators" in other else ""
        text += f" {other['seconds']:5.2f} s {other['peakRssMB']:4} MB {said}"
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--runtimes", default="tf,litert")
    parser.add_argument("--cli", default=os.path.join(ROOT, "dist/cli/lapidary.js"))
    parser.add_argument("--figures")
    parser.add_argument("--onnx2tf")
    parser.add_argument("--row", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    runtimes = args.runtimes.split(",")
    if args.row:
        print(json.dumps(row(args.names[0], args.cli, runtimes)))
        return
    names = args.names or sorted(f[:-5] for f in os.listdir(ZOO) if f.endswith(".onnx") and not f.startswith("."))
    others = json.load(open(args.onnx2tf))["models"] if args.onnx2tf else {}
    rows, wrong = {}, []
    for name in names:
        # in a process of its own: an interpreter that dies takes one model with it
        child = subprocess.run([sys.executable, __file__, name, "--row", "--cli", args.cli, "--runtimes", args.runtimes], capture_output=True, text=True)
        last = child.stdout.strip().splitlines()[-1:]
        rows[name] = json.loads(last[0]) if child.returncode == 0 and last else {"ok": False, "problems": {f"died: {child.returncode} {child.stderr[-300:]}": 1}, "seconds": 0, "peakRssMB": 0}
        if rows[name]["ok"] == (name in refused):
            wrong.append(name)
        print(shown(name, rows[name], runtimes, others.get(name)), flush=True)
    print(f"{sum(r['ok'] for r in rows.values())} of {len(rows)} agree")
    if args.figures:
        with open(args.figures, "w") as f:
            f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in rows.items()) + "\n}\n")
    if wrong:
        sys.exit(f"not as expected: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
