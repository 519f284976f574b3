"""usage: node_tests.py write | onnx2tf | run lapidary|onnx2tf [REGEXP]

ONNX's 1,884 node tests, converted to TensorFlow Lite by lapidary (convert_node_tests.mjs) and by onnx2tf, and run by the real runtime.
Each in two forms: `open`, as ONNX gives it, and `held`, where all tensor inputs but the first are constants, as weights, shapes and axes are.

write      .cache/node-tests/FORM/NAME.onnx, and index.json
onnx2tf    converts all of them in its own environment (setup-onnx2tf.sh must have run; needs root), a process and a minute for each: `onnx2tf.FORM.json`
run TOOL   runs TOOL's files in LiteRT's interpreter without delegates against the tests' first data set: `TOOL.FORM.ran.json`; files that agree
           give "", others why not

A file agrees when every output is within the test's tolerances (1e-6 absolute at least), integers and booleans exactly. Inputs and outputs
are taken in either order of axes where the shape fits, axes of size 1 may come and go, and outputs may stand in any order.
"""
import glob
import json
import multiprocessing
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(HERE, ".cache", "node-tests")
ROOT = os.path.join(HERE, ".onnx2tf")
FORMS = ("open", "held")
# runs in onnx2tf's environment
WORKER = '''
import glob, json, multiprocessing, os, subprocess, sys, time
import onnx2tf.onnx2tf as tool
import onnxsim

def simplify(command):
    sys.argv = command
    sys.exit(onnxsim.main())

def check_output(command, **options):
    """onnxsim in a fork of this process, which has it loaded."""
    if command[0] != "onnxsim":
        return called(command, **options)
    child = multiprocessing.get_context("fork").Process(target=simplify, args=(command,))
    child.start()
    child.join()
    if child.exitcode:
        raise subprocess.CalledProcessError(child.exitcode, command)
    return b""

called, subprocess.check_output = subprocess.check_output, check_output

def one(path, out):
    os.dup2(os.open(out + ".log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    os.dup2(1, 2)
    tool.convert(input_onnx_file_path=path, output_folder_path=out, verbosity="error")

form = sys.argv[1]
# what its first conversion imports, every process then has
tool.convert(input_onnx_file_path="open/test_abs.onnx", output_folder_path="warm", verbosity="error")
done = f"{form}.json"
result = json.load(open(done)) if os.path.exists(done) else {}
for n, path in enumerate(sorted(glob.glob(f"{form}/*.onnx"))):
    name = os.path.basename(path)[:-5]
    if name in result:
        continue
    out = f"out-{form}/{name}"
    os.makedirs(f"out-{form}", exist_ok=True)
    start = time.monotonic()
    child = multiprocessing.get_context("fork").Process(target=one, args=(path, out))
    child.start()
    child.join(60)
    if child.is_alive():
        child.kill()
        child.join()
        why = "more than a minute"
    elif glob.glob(f"{out}/*_float32.tflite"):
        why = ""
    else:
        lines = [l.strip() for l in open(out + ".log", errors="replace") if l.strip()]
        why = (lines or [f"exit {child.exitcode}"])[-1][:200]
    for extra in glob.glob(f"{out}/schema*") + glob.glob(f"{out}/*float16.tflite"):
        os.remove(extra)
    result[name] = {"seconds": round(time.monotonic() - start, 2), "why": why}
    if n % 20 == 0:
        json.dump(result, open(done, "w"))
json.dump(result, open(done, "w"))
'''


def write():
    import onnx
    from onnx import numpy_helper

    from run_conformance import decode, load, names

    shutil.rmtree(CACHE, ignore_errors=True)
    tests, cut = load("node")
    index = []
    for form in FORMS:
        os.makedirs(os.path.join(CACHE, form))
    for test in tests:
        model = onnx.load_from_string(cut(test["model"]))
        with open(os.path.join(CACHE, "open", f"{test['name']}.onnx"), "wb") as f:
            f.write(cut(test["model"]))
        given, free = names(model.graph), []
        for i, (name, place) in enumerate(zip(given, test["sets"][0]["inputs"])):
            if i == 0 or place[2] != "tensor":
                free.append(i)
                continue
            held = onnx.TensorProto.FromString(cut(place))
            held.name = name
            model.graph.initializer.append(held)
        inputs = [v for v in model.graph.input if v.name not in given or given.index(v.name) in free]
        del model.graph.input[:]
        model.graph.input.extend(inputs)
        if len(free) < len(given):
            with open(os.path.join(CACHE, "held", f"{test['name']}.onnx"), "wb") as f:
                f.write(model.SerializeToString())
        index.append({"name": test["name"], "operator": model.graph.node[0].op_type if model.graph.node else "", "inputs": given, "free": free})
    with open(os.path.join(CACHE, "index.json"), "w") as f:
        json.dump(index, f)
    print(len(tests), "tests,", len(glob.glob(os.path.join(CACHE, "held", "*"))), "with inputs to hold")


def onnx2tf():
    io = os.path.join(ROOT, "io", "node-tests")
    os.makedirs(io, exist_ok=True)
    for form in FORMS:
        shutil.copytree(os.path.join(CACHE, form), os.path.join(io, form), dirs_exist_ok=True)
        with open(os.path.join(io, "worker.py"), "w") as f:
            f.write(WORKER)
        subprocess.run([os.path.join(ROOT, "enter"), "sh", "-c", f"cd /io/node-tests && python worker.py {form}"], check=True,
                       env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
        shutil.copyfile(os.path.join(io, f"{form}.json"), os.path.join(CACHE, f"onnx2tf.{form}.json"))


def squeezed(shape):
    return [n for n in shape if n != 1]


def last(a):
    return a.transpose(0, *range(2, a.ndim), 1) if a.ndim > 2 else a


def plain(array):
    """In a type that numpy reckons with, and whether that is exact."""
    import numpy as np

    if array.dtype.kind in "biu" and array.dtype.name not in ("int4", "uint4", "int2", "uint2"):
        return array.astype(np.int64) if array.dtype.name != "uint64" else array.astype(object), True
    if array.dtype.kind == "c":
        return array.astype(np.complex128), False
    return array.astype(np.float64), array.dtype.name.startswith(("int", "uint"))


def agrees(made, want, test):
    import numpy as np

    wanted, exact = plain(want)
    got, _ = plain(made)
    rtol = max(test["rtol"], 2**-6) if want.dtype.name == "bfloat16" else test["rtol"]
    for w in (wanted, last(wanted)):
        if squeezed(got.shape) != squeezed(w.shape):
            continue
        g = got.reshape(w.shape)
        if np.array_equal(g, w) if exact else np.allclose(g, w, rtol=rtol, atol=max(test["atol"], 1e-6), equal_nan=True):
            return True
    return False


def feed_orders(details, feeds):
    """Every way to give the feeds: as they are or with channels last, as the shapes allow; open sizes take both."""
    ways = []
    for change in (lambda a: a, last):
        given = []
        for d, a in zip(details, feeds):
            fits = [b for b in (change(a), a, last(a)) if squeezed(d["shape"]) == squeezed(b.shape)]
            given.append(fits[0].reshape(d["shape"]) if fits else change(a))
        if not any(all(x.shape == y.shape and (x == y).all() for x, y in zip(given, w)) for w in ways):
            ways.append(given)
    return ways


def judge(path, entry, test, cut, form):
    """Why a file does not agree, or ""."""
    import numpy as np
    from ai_edge_litert import interpreter as module

    from run_conformance import decode
    from run_tflite import cast

    data = test["sets"][0]
    places = data["inputs"] if form == "open" else [data["inputs"][i] for i in entry["free"]]
    given = entry["inputs"] if form == "open" else [entry["inputs"][i] for i in entry["free"]]
    if any(p[2] != "tensor" for p in [*places, *data["outputs"]]):
        return "its inputs or outputs are no tensors"
    feeds = [np.asarray(decode(cut(p), p[2])) for p in places]
    wants = [np.asarray(decode(cut(p), p[2])) for p in data["outputs"]]
    interpreter = module.Interpreter(model_path=path, experimental_op_resolver_type=module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, num_threads=1)
    details = interpreter.get_input_details()
    shown = [d["name"].removeprefix("serving_default_").split(":")[0] for d in details]
    if all(n in given for n in shown):
        feeds = [feeds[given.index(n)] for n in shown]
    elif len(details) != len(feeds):
        return f"{len(details)} inputs instead of {len(feeds)}"
    why = "other values"
    for way in feed_orders(details, feeds):
        try:
            for d, a in zip(details, way):
                if list(d["shape"]) != list(a.shape):
                    interpreter.resize_tensor_input(d["index"], a.shape)
            interpreter.allocate_tensors()
            for d, a in zip(details, way):
                interpreter.set_tensor(d["index"], a if d["dtype"] == np.bytes_ else cast(a, d["dtype"], d["name"]))
            interpreter.invoke()
            made = [interpreter.get_tensor(o["index"]) if 0 not in o["shape"] else np.zeros(o["shape"], o["dtype"]) for o in interpreter.get_output_details()]
        except (SystemExit, Exception) as error:
            why = f"{error}".strip().replace(path, "")[:200] or type(error).__name__
            continue
        left = list(range(len(made)))
        for want in wants:
            found = next((i for i in left if agrees(made[i], want, test)), None)
            if found is None:
                break
            left.remove(found)
        else:
            return ""
        why = "other values" if sorted(squeezed(m.shape) for m in made) == sorted(squeezed(w.shape) for w in wants) else "other shapes"
    return why


def ran(tool, pattern):
    import importlib
    import re

    for name in ("ai_edge_litert.interpreter", "onnx", "numpy"):
        importlib.import_module(name)
    from run_conformance import load

    tests, cut = load("node")
    with open(os.path.join(CACHE, "index.json")) as f:
        index = {e["name"]: e for e in json.load(f)}
    fork = multiprocessing.get_context("fork")
    place = lambda form, name: (os.path.join(CACHE, form, f"{name}.tflite") if tool == "lapidary"
                                else os.path.join(ROOT, "io", "node-tests", f"out-{form}", name, f"{name}_float32.tflite"))

    def work(todo, form, pipe):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        for test in todo:
            try:
                pipe.send(judge(place(form, test["name"]), index[test["name"]], test, cut, form))
            except Exception as error:
                pipe.send(f"{type(error).__name__}: {error}"[:200])

    for form in FORMS:
        todo = [t for t in tests if os.path.exists(place(form, t["name"])) and re.search(pattern, t["name"])]
        result = {}
        while todo:
            here, there = fork.Pipe(False)
            child = fork.Process(target=work, args=(todo, form, there))
            child.start()
            there.close()
            # a crash ends the process: the next one goes on behind the file that did it
            try:
                while todo:
                    why = here.recv() if here.poll(60) else None
                    result[todo.pop(0)["name"]] = why if why is not None else "more than a minute"
                    if why is None:
                        break
            except EOFError:
                result[todo.pop(0)["name"]] = "the runtime crashed"
            child.kill()
            child.join()
        if pattern == ".":
            with open(os.path.join(CACHE, f"{tool}.{form}.ran.json"), "w") as f:
                json.dump(result, f)
        else:
            print("\n".join(f"{form} {k}: {v}" for k, v in result.items() if v))
        print(form, len(result), "ran,", sum(v == "" for v in result.values()), "agree")


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write()
    elif sys.argv[1] == "onnx2tf":
        onnx2tf()
    elif sys.argv[1] == "run":
        ran(sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else ".")
