"""Prints, for each .tflite file of MediaPipe's packages, how far the CPU executor, the file written again and the file as ONNX are from the runtime:
TensorFlow Lite's interpreter, or MediaPipe's own where there are custom operators. convert.mjs has made the files. Fails when one does not hold.

The weights are the same numbers on all sides, but sums differ in their order: an error may be a few times as large as the runtime's own, which is how
far it is from the same in doubles. Neither the executor nor a file that we wrote may be much further from that than the runtime is. An error is a relative L2 norm, the greatest of all outputs; an output's norm counts as 0.01 an element at least, since onnxruntime's logistic is off
by up to 6e-8, which is much of a probability near 0.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402

here = Path(__file__).parent
sys.path.insert(0, str(here.parent / "peers"))
from run_tflite import open_interpreter  # noqa: E402

LIMIT = 2e-5
# XNNPACK's kernels
LIMIT_WASM = 2e-4
# the same kernels run again
LIMIT_AGAIN = 1e-6
TIMES_OWN = 4
# from the same in doubles
TIMES_EXACT = 1.5
COLUMNS = ["executor", "again", "onnx", "wasm"]


def run_interpreter(model, feeds):
    interpreter = open_interpreter(str(model), "tf", "builtin")
    interpreter.allocate_tensors()
    for i, detail in enumerate(interpreter.get_input_details()):
        interpreter.set_tensor(detail["index"], feeds[f"input{i}"])
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def outputs_of(path):
    stored = np.load(path)
    return [stored[f"output{i}"] for i in range(len(stored.files))]


def run_mediapipe(folder, names):
    triples = [str(folder / part) for name in names for part in (name, "feeds.npz", f"{name}.npz")]
    subprocess.run([here / ".venv/bin/python", here / "run_mediapipe.py", *triples], check=True, stderr=subprocess.DEVNULL)
    return [outputs_of(folder / f"{name}.npz") for name in names]


def run_onnx(model, feeds):
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    return session.run(None, {v.name: feeds[f"input{i}"] for i, v in enumerate(session.get_inputs())})


def error(found, expected):
    if len(found) != len(expected):
        return float("inf")
    worst = 0.0
    for a, b in zip(found, expected):
        if a.size != b.size:
            return float("inf")
        a, b = a.astype(np.float64).ravel(), b.astype(np.float64).ravel()
        worst = max(worst, float(np.linalg.norm(a - b) / max(np.linalg.norm(b), 0.01 * np.sqrt(b.size))))
    return worst if np.isfinite(worst) else float("inf")


def main():
    rows = json.loads((here / ".cache/files.json").read_text())
    heads = " ".join(f"{key:>8}" for key in COLUMNS)
    print(f"{'':106}{'from the runtime':<38}from the same in doubles")
    print(f"{'file':62} {'ops':>4} {'again':>5} {'fp16':>4} {'sparse':>6} {'kB':>6} {'again':>6} {'onnx':>6}  {heads}   {'own':>8} {heads}  custom operators")
    failed = 0
    for row in rows:
        folder = here / ".cache" / row["folder"]
        faults = list(row["faults"])
        errors, exact, own = {}, {}, 0.0
        if "operators" in row:
            feeds = np.load(folder / "feeds.npz")
            models = [name for name in ("source.tflite", "again.tflite") if (folder / name).exists()]
            real = run_mediapipe(folder, models) if row["custom"] else [run_interpreter(folder / name, feeds) for name in models]
            expected = real[0]
            found = {name: outputs_of(folder / f"{name}.npz") for name in ("executor", "wasm") if (folder / f"{name}.npz").exists()}
            if len(real) > 1:
                found["again"] = real[1]
            if (folder / "again.onnx").exists():
                found["onnx"] = run_onnx(folder / "again.onnx", feeds)
            errors = {name: error(outputs, expected) for name, outputs in found.items()}
            if (folder / "exact.npz").exists():
                doubles = outputs_of(folder / "exact.npz")
                own = error(expected, doubles)
                exact = {name: error(outputs, doubles) for name, outputs in found.items()}
            limits = {"again": LIMIT_AGAIN, "wasm": LIMIT_WASM}
            faults += [f"{name}: {value:.1e}" for name, value in errors.items() if not value <= limits.get(name, max(LIMIT, TIMES_OWN * own))]
            faults += [f"{name}, from exact: {exact[name]:.1e}" for name in ("executor", "again") if name in exact and not exact[name] <= max(LIMIT, TIMES_EXACT * own)]
        kilobytes = lambda key: f"{row[key] / 1000:.0f}" if key in row else "-"  # noqa: E731
        shown = lambda of: " ".join(f"{of[key]:>8.1e}" if key in of else f"{'-':>8}" for key in COLUMNS)  # noqa: E731
        name = f"{row['package']}/{row['name']}{' (packed)' if row['packed'] else ''}{' =' if row['again'] else ''}"
        print(f"{name:62} {row.get('operators', '-'):>4} {row.get('operatorsAgain', '-'):>5} {row.get('halves', 0):>4} {row.get('densify', 0):>6} {kilobytes('bytes'):>6} {kilobytes('tfliteBytes'):>6} "
              f"{kilobytes('onnxBytes'):>6}  {shown(errors)}   {own:>8.1e} {shown(exact)}  {', '.join(row.get('custom', []))}")
        for fault in faults:
            print(f"    {fault}")
        failed += bool(faults)
    print(f"{len(rows)} files, {len(rows) - failed} hold")
    sys.exit(1 if failed or len(rows) != 22 else 0)


if __name__ == "__main__":
    main()
