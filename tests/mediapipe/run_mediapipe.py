"""usage: run_mediapipe.py MODEL.tflite FEEDS.npz OUT.npz [MODEL FEEDS OUT ...]

Runs models of float32 inputs in MediaPipe's own runtime (its InferenceCalculator without delegates, its custom operators known).
FEEDS.npz holds inputs as input0, input1, ... in the file's order, and as outputs how many it has; OUT.npz gets output0, output1, ... flat.
"""
import os
import sys
import types

import numpy as np

# the package's own entry loads its solutions, with OpenCV and matplotlib
site = next(p for p in sys.path if os.path.isdir(os.path.join(p, "mediapipe", "python")))
for name in ("mediapipe", "mediapipe.python"):
    module = types.ModuleType(name)
    module.__path__ = [os.path.join(site, *name.split("."))]
    sys.modules[name] = module

from google.protobuf import text_format  # noqa: E402
from mediapipe.calculators.core import split_vector_calculator_pb2  # noqa: E402, F401
from mediapipe.calculators.tensor import inference_calculator_pb2, tensor_converter_calculator_pb2  # noqa: E402, F401
from mediapipe.framework import calculator_pb2  # noqa: E402
from mediapipe.python import _framework_bindings as bindings  # noqa: E402

ANY = "type.googleapis.com/mediapipe"


def run(path, feeds, outputs):
    inputs = [f"t{i}" for i in range(len(feeds))]
    ranges = " ".join(f"ranges {{ begin: {i} end: {i + 1} }}" for i in range(outputs))
    named = lambda key, prefix, count: " ".join(f'{key}: "{prefix}{i}"' for i in range(count))  # noqa: E731
    lines = [named("input_stream", "x", len(feeds)), named("output_stream", "y", outputs)]
    for i in range(len(feeds)):
        lines.append(f'node {{ calculator: "TensorConverterCalculator" input_stream: "MATRIX:x{i}" output_stream: "TENSORS:t{i}" '
                     f"node_options {{ [{ANY}.TensorConverterCalculatorOptions] {{ row_major_matrix: true }} }} }}")
    if len(inputs) > 1:
        lines.append(f'node {{ calculator: "ConcatenateTensorVectorCalculator" {named("input_stream", "t", len(feeds))} output_stream: "all" }}')
    all_inputs = "all" if len(inputs) > 1 else "t0"
    lines.append('node { calculator: "TfLiteCustomOpResolverCalculator" output_side_packet: "OP_RESOLVER:kernels" }')
    lines.append(f'node {{ calculator: "InferenceCalculator" input_side_packet: "OP_RESOLVER:kernels" input_stream: "TENSORS:{all_inputs}" output_stream: "TENSORS:results" '
                 f'node_options {{ [{ANY}.InferenceCalculatorOptions] {{ model_path: "{os.path.abspath(path)}" delegate {{ tflite {{}} }} }} }} }}')
    lines.append(f'node {{ calculator: "SplitTensorVectorCalculator" input_stream: "results" {named("output_stream", "r", outputs)} '
                 f"node_options {{ [{ANY}.SplitVectorCalculatorOptions] {{ {ranges} }} }} }}")
    lines += [f'node {{ calculator: "TensorsToFloatsCalculator" input_stream: "TENSORS:r{i}" output_stream: "FLOATS:y{i}" }}' for i in range(outputs)]
    graph = bindings.calculator_graph.CalculatorGraph(graph_config=text_format.Parse("\n".join(lines), calculator_pb2.CalculatorGraphConfig()))
    got = {}
    for i in range(outputs):
        graph.observe_output_stream(f"y{i}", lambda stream, packet: got.__setitem__(stream, np.array(bindings._packet_getter.get_float_list(packet), np.float32)))
    graph.start_run({})
    for i, x in enumerate(feeds):
        # a matrix has two axes: the elements count, in their order
        packet = bindings._packet_creator.create_matrix(np.ascontiguousarray(x.reshape(1, -1)))
        graph.add_packet_to_input_stream(f"x{i}", packet.at(bindings.timestamp.Timestamp(1)))
    graph.close_all_packet_sources()
    graph.wait_until_done()
    return [got[f"y{i}"] for i in range(outputs)]


def main():
    for model, feeds, out in zip(*[iter(sys.argv[1:])] * 3):
        given = np.load(feeds)
        outputs = int(given["outputs"])
        results = run(model, [given[f"input{i}"] for i in range(len(given.files) - 1)], outputs)
        np.savez(out, **{f"output{i}": r for i, r in enumerate(results)})


if __name__ == "__main__":
    main()
