"""usage: node_tests.py write | onnx2tf [JOBS] | run lapidary|onnx2tf [REGEXP] | table [FIGURES.json]

ONNX's 1,884 node tests, converted to TensorFlow Lite by lapidary (convert_node_tests.mjs) and by onnx2tf, and run by the real runtime.
Each in two forms: `open`, as ONNX gives it, and `held`, where all tensor inputs but the first are constants, as weights, shapes and axes are.

write      .cache/node-tests/FORM/NAME.onnx, and index.json
onnx2tf    converts and runs them in its own environment (setup-onnx2tf.sh must have run; needs root), a process and a minute for each, held
           ones where the open one does not agree: `onnx2tf.FORM.json` (what it says of those it does not convert), `onnx2tf.FORM.ran.json`
run TOOL   runs TOOL's files in LiteRT's interpreter without delegates against the tests' first data set: `TOOL.FORM.ran.json`; files that agree
           give "", others why not
table      by operator, expanded tests with those that they expand: tests, what lapidary converts / what of that agrees, onnx2tf's, our reason. A test counts as
           it is given or else with inputs held. FIGURES.json gets the same, the totals, and every test that is refused or does not agree

A file agrees when every output is within the test's tolerances (1e-6 absolute at least), integers and booleans exactly. Inputs and outputs
are taken in either order of axes where the shape fits, axes of size 1 may come and go, and outputs may stand in any order. What is drawn at random is judged by how often it is 1.
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

form, shard, shards = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
# what its first conversion imports, every process then has
tool.convert(input_onnx_file_path="warm.onnx", output_folder_path=f"warm{shard}", verbosity="error")
done = f"{form}.{shard}.json"
result = json.load(open(done)) if os.path.exists(done) else {}
known = {k for path in glob.glob(f"{form}.*.json") for k in json.load(open(path))}
os.makedirs(f"out-{form}", exist_ok=True)
for n, name in enumerate([n for n in open(f"{form}.todo").read().split() if n not in known][shard::shards]):
    out = f"out-{form}/{name}"
    start = time.monotonic()
    child = multiprocessing.get_context("fork").Process(target=one, args=(f"{form}/{name}.onnx", out))
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


def onnx2tf(jobs):
    """Interrupted, it goes on where it was."""
    io = os.path.join(ROOT, "io", "node-tests")
    os.makedirs(io, exist_ok=True)
    with open(os.path.join(io, "worker.py"), "w") as f:
        f.write(WORKER)
    shutil.copyfile(os.path.join(CACHE, "open", "test_abs.onnx"), os.path.join(io, "warm.onnx"))
    for form in FORMS:
        names = sorted(os.path.basename(p)[:-5] for p in glob.glob(os.path.join(CACHE, form, "*.onnx")))
        if form == "held":
            with open(os.path.join(CACHE, "onnx2tf.open.ran.json")) as f:
                agree = {k for k, v in json.load(f).items() if v == ""}
            names = [n for n in names if n not in agree]
        shutil.copytree(os.path.join(CACHE, form), os.path.join(io, form), dirs_exist_ok=True)
        with open(os.path.join(io, f"{form}.todo"), "w") as f:
            f.write("\n".join(names))
        command = [os.path.join(ROOT, "enter"), "sh", "-c", f"cd /io/node-tests && python worker.py {form} $0 {jobs}"]
        children = [subprocess.Popen([*command, str(i)]) for i in range(jobs)]
        if any([c.wait() for c in children]):
            raise SystemExit("a worker failed")
        result = {}
        for path in glob.glob(os.path.join(io, f"{form}.*.json")):
            with open(path) as f:
                result.update(json.load(f))
        with open(os.path.join(CACHE, f"onnx2tf.{form}.json"), "w") as f:
            json.dump({n: result[n] for n in names}, f)
        ran("onnx2tf", ".", [form])


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


def drawn(made, shares):
    """Whether zeros and ones are as many as random ones with these chances are: within six deviations."""
    import numpy as np

    sums = plain(made)[0]
    return made.shape == shares.shape and np.isin(sums, (0, 1)).all() and abs(sums.sum() - shares.sum()) <= 6 * np.sqrt((shares * (1 - shares)).sum()) + 1e-6


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
        if test["name"].startswith("test_bernoulli"):
            # the function's body gives 1 where a uniform number is greater, against the operator's own text
            shares = plain(feeds[0])[0]
            return "" if drawn(made[0], 1 - shares if test["name"].endswith("_expanded") else shares) else "other shares"
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


def ran(tool, pattern, forms=FORMS):
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

    for form in forms:
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


def short(why):
    """One reason of many: what the operator that is left said last."""
    said = why.split("; ")[0].split(" | ")
    return (said[-1] if len(said) > 1 else said[0])[:160]


def table(figures):
    with open(os.path.join(CACHE, "index.json")) as f:
        index = {e["name"]: e["operator"] for e in json.load(f)}
    names = {n: index.get(n.split("_expanded")[0], index[n]) for n in index}

    def held(tool, kind):
        every = {}
        for form in FORMS:
            with open(os.path.join(CACHE, f"{tool}.{form}{kind}.json")) as f:
                every[form] = json.load(f)
        return every

    givable = {os.path.basename(p)[:-5] for p in glob.glob(os.path.join(CACHE, "held", "*.onnx"))}
    rows, totals, refused, differs = {}, {}, {}, {}
    for tool in ("lapidary", "onnx2tf"):
        made, agrees_ = held(tool, ""), held(tool, ".ran")
        total = totals[tool] = {"asGiven": {"converted": 0, "agree": 0}, "orHeld": {"converted": 0, "agree": 0, "tried": 0}}
        for name, operator in names.items():
            row = rows.setdefault(operator, {"tests": 0, "lapidary": [0, 0], "onnx2tf": [0, 0]})
            row["tests"] += tool == "lapidary"
            converted = [made[form].get(name, {"why": "-"})["why"] == "" for form in FORMS]
            agree = [agrees_[form].get(name) == "" for form in FORMS]
            total["asGiven"]["converted"] += converted[0]
            total["asGiven"]["agree"] += agree[0]
            total["orHeld"]["tried"] += agree[0] or name in made["held"] or name not in givable
            total["orHeld"]["converted"] += any(converted)
            total["orHeld"]["agree"] += any(agree)
            row[tool][0] += any(converted)
            row[tool][1] += any(agree)
            if tool == "lapidary" and not any(converted):
                refused[name] = short((made["held"].get(name) or made["open"][name])["why"])
                row.setdefault("reason", refused[name])
            elif tool == "lapidary" and not any(agree):
                differs[name] = agrees_["open"].get(name) or agrees_["held"].get(name)
    print(f"{'operator':28} {'tests':>5}  {'lapidary':>9}  {'onnx2tf':>9}  reason")
    for operator, row in sorted(rows.items()):
        print(f"{operator:28} {row['tests']:5}  {row['lapidary'][0]:4}/{row['lapidary'][1]:4}  {row['onnx2tf'][0]:4}/{row['onnx2tf'][1]:4}  {row.get('reason', '')}")
    print(json.dumps(totals))
    if figures:
        line = lambda d: "{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(d.items())) + "\n}"
        with open(figures, "w") as f:
            f.write(f'{{"tests": {len(names)},\n"totals": {json.dumps(totals)},\n"operators": {line(rows)},\n"refused": {line(refused)},\n"differs": {line(differs)}\n}}\n')


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write()
    elif sys.argv[1] == "onnx2tf":
        onnx2tf(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    elif sys.argv[1] == "run":
        ran(sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else ".")
    elif sys.argv[1] == "table":
        table(sys.argv[2] if len(sys.argv) > 2 else None)
