"""Writes fixtures/tflite-builtins/: single builtin operators of TFLite as files, with what LiteRT's kernels give for them.
Cases that LiteRT refuses are not written; their names are printed."""
import sys

import numpy as np
from onnx import numpy_helper

from pack import Pack
from tflite_file import Const, File, Graph, run

cases, refused = [], []
rng = np.random.default_rng(7)
f32, i32, i64 = np.float32, np.int32, np.int64


def normal(*shape):
    return rng.standard_normal(shape).astype(f32)


def ints(low, high, shape, dtype=i32):
    return rng.integers(low, high, shape).astype(dtype)


def serialise(array):
    return numpy_helper.from_array(np.asarray(array)).SerializeToString(deterministic=True), "tensor"


def build(op, values, outputs, shapes, options, version, subgraphs):
    file = File()
    main = Graph(file, "main")
    for make in subgraphs:
        make(file)
    inputs = [-1 if v is None else main.const(v.value) if isinstance(v, Const) else main.input(v.dtype, v.shape, name=f"x{i}") for i, v in enumerate(values)]
    main.table.outputs = main.op(op, inputs, list(zip(outputs, shapes)), options, version)
    for i, t in enumerate(main.table.outputs):
        main.table.tensors[t].name = f"y{i}"
    return file.bytes()


def add(name, op, values, outputs, options=None, version=1, subgraphs=(), rtol=1e-5, atol=1e-6, expected=None):
    """One operator. values: arrays that are fed, `Const` ones, None for those left out; outputs: element types. expected: outputs by hand, where there is no kernel."""
    feeds = [v for v in values if isinstance(v, np.ndarray)]
    try:
        results = expected if expected is not None else run(build(op, values, outputs, [[] for _ in outputs], options, version, subgraphs), feeds)
    except Exception as error:  # noqa: BLE001
        refused.append(f"{name}: {str(error).strip().splitlines()[-1][:200]}")
        return
    model = build(op, values, outputs, [r.shape for r in results], options, version, subgraphs)
    for r, dtype in zip(results, outputs, strict=True):
        if r.dtype != np.dtype(dtype):
            raise SystemExit(f"{name}: {r.dtype}, not {np.dtype(dtype)}")
    fields = {"name": name, "op": op, "rtol": rtol, "atol": atol, "kernel": expected is None}
    cases.append((fields, model, [{"inputs": [serialise(v) for v in feeds], "outputs": [serialise(r) for r in results]}]))


def bits():
    for dtype in (np.int8, np.int16, np.int32, np.uint8, np.uint32):
        low = 0 if np.dtype(dtype).kind == "u" else -100
        x, y = ints(low, 100, (2, 3, 4), dtype), ints(low, 100, (4,), dtype)
        kind = np.dtype(dtype).name
        add(f"bitwise_xor_{kind}", "BITWISE_XOR", [x, y], [dtype], ("BitwiseXorOptions", {}))
        add(f"right_shift_{kind}", "RIGHT_SHIFT", [x, ints(max(low, -2), 40, (3, 1), dtype)], [dtype], ("RightShiftOptions", {}))
    for a, b, shape in ((f32, i32, (2, 3)), (f32, np.uint8, (2, 3)), (np.uint8, f32, (3, 4)), (i64, i32, (3,)), (np.int16, i32, (2, 3, 2)), (np.uint8, np.int16, (5, 2)),
                        (np.int16, np.int8, (4,)), (f32, i64, (3, 2)), (i64, np.float64, (2,))):
        x = normal(*shape) if a is f32 else ints(0, 120, shape, a)
        add(f"bitcast_{np.dtype(a).name}_{np.dtype(b).name}", "BITCAST", [x], [b], ("BitcastOptions", {}))


def segments():
    for name in ("MAX", "MIN", "PROD", "SUM"):
        for dtype in (f32, i32):
            options = (f"UnsortedSegment{name.capitalize()}Options", {})
            kind = np.dtype(dtype).name
            data = normal(6, 2, 3) if dtype is f32 else ints(-5, 6, (6, 2, 3))
            low = name.lower()
            add(f"unsorted_segment_{low}_{kind}", f"UNSORTED_SEGMENT_{name}", [data, np.array([3, 0, 3, 1, 0, 3], i32), Const(5, i32)], [dtype], options)
            add(f"unsorted_segment_{low}_{kind}_negative", f"UNSORTED_SEGMENT_{name}", [data, np.array([2, -1, 0, 2, -3, 0], i32), np.array(4, i32)], [dtype], options)
            add(f"unsorted_segment_{low}_{kind}_pairs", f"UNSORTED_SEGMENT_{name}", [data, Const([[0, 1], [2, 2], [1, 0], [0, 0], [2, 1], [-1, 0]], i32), Const([3], i32)], [dtype], options)
    for dtype in (f32, i32):
        data = normal(5, 3) if dtype is f32 else ints(-5, 6, (5, 3))
        kind = np.dtype(dtype).name
        add(f"segment_sum_{kind}", "SEGMENT_SUM", [data, np.array([0, 0, 1, 2, 2], i32)], [dtype], ("SegmentSumOptions", {}))
        add(f"segment_sum_{kind}_constant", "SEGMENT_SUM", [data, Const([0, 1, 1, 2, 3], i32)], [dtype], ("SegmentSumOptions", {}))


def shapes():
    for dtype in (i32, i64):
        kind = np.dtype(dtype).name
        add(f"broadcast_args_{kind}", "BROADCAST_ARGS", [np.array([2, 1, 5], dtype), np.array([3, 1], dtype)], [dtype])
    add("broadcast_args_equal", "BROADCAST_ARGS", [np.array([1, 4], i32), np.array([7, 4], i32)], [i32])
    for dtype in (f32, i32, i64, np.int8, np.uint8, np.int16):
        add(f"unique_{np.dtype(dtype).name}", "UNIQUE", [np.array([5, 2, 5, 9, 2, 0, 5], dtype)], [dtype, i32], ("UniqueOptions", {"idxOutType": 2}))
    add("unique_wide", "UNIQUE", [np.array([5, 2, 5, 9, 2, 0, 5], f32)], [f32, i64], ("UniqueOptions", {"idxOutType": 4}))
    for dtype, version in ((f32, 1), (i32, 1), (i64, 1), (np.int8, 1), (np.bool_, 1), (np.int16, 4), (np.float16, 3)):
        x, update = ints(0, 2, (4, 5), dtype), ints(0, 2, (2, 3), dtype)
        add(f"dynamic_update_slice_{np.dtype(dtype).name}", "DYNAMIC_UPDATE_SLICE", [x, update, np.array([1, 2], i32)], [dtype], ("DynamicUpdateSliceOptions", {}), version)
    for name, start in (("past_end", [3, -2]), ("far", [-9, 9])):
        add(f"dynamic_update_slice_{name}", "DYNAMIC_UPDATE_SLICE", [normal(4, 5), normal(2, 3), np.array(start, i32)], [f32], ("DynamicUpdateSliceOptions", {}))
    add("dynamic_update_slice_whole", "DYNAMIC_UPDATE_SLICE", [normal(4, 5), normal(4, 5), np.array([1, 1], i32)], [f32], ("DynamicUpdateSliceOptions", {}))
    add("dynamic_update_slice_cache", "DYNAMIC_UPDATE_SLICE", [normal(1, 8, 2, 3), normal(1, 1, 2, 3), np.array([0, 5, 0, 0], i64)], [f32], ("DynamicUpdateSliceOptions", {}), 2)


def boxes():
    corners = rng.random((24, 2)).astype(f32)
    sizes = (rng.random((24, 2)) * 0.4 + 0.05).astype(f32)
    at = np.concatenate([corners, corners + sizes], 1)
    at[::5] = at[::5][:, [2, 3, 0, 1]]
    scores = rng.permutation(24).astype(f32) / 24
    exact = np.array([[0, 0, 1, 2], [0, 0, 1, 1], [0, 0, 1, 0.5], [2, 2, 3, 3]], f32)
    for name, most, overlap, least in (("", 8, 0.3, 0.2), ("_all", 30, 0.9, -1), ("_none", 3, 0.5, 2), ("_zero", 6, 0.0, 0.1), ("_no_room", 0, 0.5, 0.1)):
        limits = [Const(most, i32), Const(overlap, f32), Const(least, f32)]
        add(f"non_max_suppression_v4{name}", "NON_MAX_SUPPRESSION_V4", [at, scores, *limits], [i32, i32], ("NonMaxSuppressionV4Options", {}))
        add(f"non_max_suppression_v5{name}", "NON_MAX_SUPPRESSION_V5", [at, scores, *limits, Const(0, f32)], [i32, f32, i32], ("NonMaxSuppressionV5Options", {}))
        add(f"non_max_suppression_v5{name}_soft", "NON_MAX_SUPPRESSION_V5", [at, scores, *limits, Const(0.4, f32)], [i32, f32, i32], ("NonMaxSuppressionV5Options", {}))
    add("non_max_suppression_v4_tie", "NON_MAX_SUPPRESSION_V4", [exact, np.array([0.9, 0.8, 0.7, 0.6], f32), Const(4, i32), Const(0.5, f32), Const(0, f32)], [i32, i32], ("NonMaxSuppressionV4Options", {}))
    add("non_max_suppression_v4_fed", "NON_MAX_SUPPRESSION_V4", [at, scores, np.array(6, i32), np.array(0.4, f32), np.array(0.3, f32)], [i32, i32], ("NonMaxSuppressionV4Options", {}))


def convolutions():
    for name, fields, shape, kernel, out in (
        ("same", dict(padding=0, strideD=2, strideH=1, strideW=2), (1, 2, 3, 4, 2), (3, 2, 3, 3, 2), (1, 4, 3, 7, 3)),
        ("valid", dict(padding=1, strideD=1, strideH=2, strideW=3), (2, 2, 3, 2, 2), (2, 3, 2, 4, 2), (2, 3, 7, 6, 4)),
        ("dilated", dict(padding=1, strideD=1, strideH=1, strideW=2, dilationDFactor=1, dilationHFactor=2, dilationWFactor=1), (1, 2, 3, 2, 1), (2, 2, 2, 2, 1), (1, 3, 5, 4, 2)),
    ):
        values = [Const(out, i32), normal(*kernel), normal(*shape)]
        add(f"conv_3d_transpose_{name}", "CONV_3D_TRANSPOSE", values, [f32], ("Conv3DOptions", fields))
        add(f"conv_3d_transpose_{name}_bias_relu", "CONV_3D_TRANSPOSE", [*values, normal(kernel[3])], [f32], ("Conv3DOptions", {**fields, "fusedActivationFunction": 1}))


def main():
    for group in (bits, segments, shapes, boxes, convolutions):
        group()
    pack = Pack()
    for fields, model, sets in sorted(cases, key=lambda c: c[0]["name"]):
        pack.add(fields, model, sets)
    pack.write("tflite-builtins", {}, "builtin operators of TensorFlow Lite, one a file, written with the schema's Python classes; outputs by LiteRT's own kernels (ai-edge-litert)", "make_tflite_vectors.py")
    for line in refused:
        print("refused", line, file=sys.stderr)


if __name__ == "__main__":
    main()
