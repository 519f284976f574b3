"""usage: run_tflite.py MODEL.tflite FEEDS.npz OUT.npz [--runtime tf|litert] [--kernels builtin|reference|xnnpack] [--signature NAME]
       run_tflite.py MODEL.tflite --count-ops

Runs a model; inputs are resized where a feed's shape differs. Feeds are matched by name, or as `inputN` / `N` for the N-th input.
OUT.npz holds each output twice: under its tensor name and as `outputN`. builtin (the default) and reference run without delegates.
With --signature, feeds and outputs go by the signature's names.
--count-ops prints the model's operators over all subgraphs as JSON, {"CONV_2D": 3, ...}, read from the file itself.
"""
import argparse
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np  # noqa: E402

from run_onnx import match  # noqa: E402


def count_ops(path):
    from ai_edge_litert import schema_py_generated as schema

    names = {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
    with open(path, "rb") as f:
        model = schema.ModelT.InitFromPackedBuf(f.read(), 0)
    count = {}
    for graph in model.subgraphs:
        for op in graph.operators or []:
            code = model.operatorCodes[op.opcodeIndex]
            builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
            name = f"CUSTOM:{code.customCode.decode()}" if names[builtin] == "CUSTOM" else names[builtin]
            count[name] = count.get(name, 0) + 1
    return dict(sorted(count.items()))


def open_interpreter(model, runtime, kernels):
    """Of a file's path or bytes."""
    if runtime == "tf":
        from tensorflow.lite.python import interpreter as module
    else:
        from ai_edge_litert import interpreter as module
    kind = {"builtin": "BUILTIN_WITHOUT_DEFAULT_DELEGATES", "reference": "BUILTIN_REF", "xnnpack": "AUTO"}[kernels]
    given = {"model_content" if isinstance(model, bytes) else "model_path": model}
    return module.Interpreter(**given, experimental_op_resolver_type=getattr(module.OpResolverType, kind), num_threads=1)


def cast(array, dtype, name):
    if array.dtype == dtype:
        return array
    if np.issubdtype(array.dtype, np.integer) and np.issubdtype(dtype, np.integer):
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        if array.size == 0 or (array.min() >= low and array.max() <= high):
            return array.astype(dtype)
    # numbers of 8 bits and less that the file carries in a wider type
    if array.dtype.name.startswith(("float8", "float4", "int4", "int2", "uint4", "uint2")) and np.array_equal(array.astype(np.float64), array.astype(dtype).astype(np.float64), equal_nan=True):
        return array.astype(dtype)
    raise SystemExit(f"{name} wants {np.dtype(dtype)}, the feed is {array.dtype}")


def run(path, feeds, runtime="tf", kernels="builtin", signature=None):
    interpreter = open_interpreter(path, runtime, kernels)
    if signature is not None:
        runner = interpreter.get_signature_runner(signature)
        details = runner.get_input_details()
        feeds = match(list(details), feeds)
        return {k: np.array(v) for k, v in runner(**{k: cast(v, details[k]["dtype"], k) for k, v in feeds.items()}).items()}
    inputs = interpreter.get_input_details()
    feeds = match([i["name"] for i in inputs], feeds)
    for i in inputs:
        if list(i["shape"]) != list(feeds[i["name"]].shape):
            interpreter.resize_tensor_input(i["index"], feeds[i["name"]].shape, strict=False)
    interpreter.allocate_tensors()
    for i in inputs:
        interpreter.set_tensor(i["index"], cast(feeds[i["name"]], i["dtype"], i["name"]))
    interpreter.invoke()
    out = {}
    for n, o in enumerate(interpreter.get_output_details()):
        out[f"output{n}"] = out[o["name"]] = interpreter.get_tensor(o["index"])
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("feeds", nargs="?")
    parser.add_argument("out", nargs="?")
    parser.add_argument("--runtime", choices=["tf", "litert"], default="tf")
    parser.add_argument("--kernels", choices=["builtin", "reference", "xnnpack"], default="builtin")
    parser.add_argument("--signature")
    parser.add_argument("--count-ops", action="store_true")
    args = parser.parse_args()
    if args.count_ops:
        print(json.dumps(count_ops(args.model)))
    if args.feeds:
        out = run(args.model, dict(np.load(args.feeds)), args.runtime, args.kernels, args.signature)
        np.savez(args.out, **out)
        for name, value in out.items():
            print(name, value.dtype, list(value.shape))


if __name__ == "__main__":
    main()
