"""usage: serve_tflite.py   (requests on stdin, answers on stdout)

Runs .tflite files one after the other in the interpreters for Python, LiteRT's or TensorFlow's. A request is a line of JSON,
{"size": bytes of the file, "runtime": litert | tf, "kernels": builtin | reference | xnnpack, "feeds": [{"name", "dtype", "shape", "size"}, ...]}, then the file, then
the feeds' bytes. The answer is a line of JSON, {"outputs": [{"name", "dtype", "shape", "size"}, ...]} and their bytes, or {"error": "..."}.
"""
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np  # noqa: E402

from run_tflite import open_interpreter  # noqa: E402


def answer(content, feeds, runtime, kernels):
    interpreter = open_interpreter(content, runtime, kernels)
    (signature,) = interpreter.get_signature_list()
    runner = interpreter.get_signature_runner(signature)
    inputs, outputs = runner.get_input_details(), runner.get_output_details()
    # what holds on to the interpreter keeps it from running
    del runner
    for name, value in feeds.items():
        if list(inputs[name]["shape"]) != list(value.shape):
            interpreter.resize_tensor_input(inputs[name]["index"], value.shape, strict=False)
    interpreter.allocate_tensors()
    for name, value in feeds.items():
        interpreter.set_tensor(inputs[name]["index"], value)
    interpreter.invoke()
    return {name: interpreter.get_tensor(detail["index"]) for name, detail in outputs.items()}


def main():
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while line := source.readline():
        request = json.loads(line)
        content = source.read(request["size"])
        feeds = {f["name"]: np.frombuffer(source.read(f["size"]), f["dtype"]).reshape(f["shape"]) for f in request["feeds"]}
        try:
            outputs = answer(content, feeds, request["runtime"], request["kernels"])
            head = {"outputs": [{"name": k, "dtype": v.dtype.name, "shape": list(v.shape), "size": v.nbytes} for k, v in outputs.items()]}
            body = b"".join(v.tobytes() for v in outputs.values())
        except (RuntimeError, ValueError) as error:
            head, body = {"error": str(error)}, b""
        sink.write(json.dumps(head).encode() + b"\n" + body)
        sink.flush()


main()
