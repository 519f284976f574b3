"""Writes fixtures/tflite-builtins/: single builtin operators of TFLite as files, with what LiteRT's kernels give for them, or
XLA where LiteRT has none.
Cases that LiteRT refuses are not written; their names are printed."""
import sys

import numpy as np
from onnx import numpy_helper

from pack import Pack
from tflite_file import Const, File, Graph, run
from tflite_hlo import cases as hlo_cases

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
    inputs = [-1 if v is None else main.const(v) if isinstance(v, Const) else main.input(v.dtype, v.shape, name=f"x{i}") for i, v in enumerate(values)]
    # a function makes a small graph: of the file's main one, its inputs, and what is to come out
    main.table.outputs = main.op(op, inputs, list(zip(outputs, shapes)), options, version) if isinstance(op, str) else op(main, inputs, list(zip(outputs, shapes)))
    for i, t in enumerate(main.table.outputs):
        main.table.tensors[t].name = f"y{i}"
    return file.bytes()


def add(name, op, values, outputs, options=None, version=1, subgraphs=(), rtol=1e-5, atol=1e-6, expected=None, shapes=None):
    """One operator. values: arrays that are fed, `Const` ones, None for those left out; outputs: element types. shapes: those of the outputs, where a kernel wants them from the file. expected: outputs by hand, where there is no kernel."""
    feeds = [v for v in values if isinstance(v, np.ndarray)]
    try:
        results = expected if expected is not None else run(build(op, values, outputs, shapes or [[] for _ in outputs], options, version, subgraphs), feeds)
    except Exception as error:  # noqa: BLE001
        refused.append(f"{name}: {str(error).strip().splitlines()[-1][:200]}")
        return
    model = build(op, values, outputs, [r.shape for r in results], options, version, subgraphs)
    for r, dtype in zip(results, outputs, strict=True):
        if r.dtype.kind not in "OS" and r.dtype != np.dtype(dtype):
            raise SystemExit(f"{name}: {r.dtype}, not {np.dtype(dtype)}")
    fields = {"name": name, "op": op if isinstance(op, str) else op.__name__, "rtol": rtol, "atol": atol, "kernel": expected is None}
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


def complex_numbers():
    z = (normal(2, 3) + 1j * normal(2, 3)).astype(np.complex64)
    for name in ("REAL", "IMAG", "COMPLEX_ABS"):
        add(name.lower(), name, [z], [f32])

    def spectrum(part):
        def rfft2d(main, inputs, outputs):
            between, = main.op("RFFT2D", inputs, [(np.complex64, [])], ("Rfft2dOptions", {}))
            return main.op(part, [between], outputs)
        return rfft2d

    for name, shape, lengths in (("rank_2", (4, 8), (4, 8)), ("padded", (2, 3, 5), (4, 8)), ("cut", (2, 2, 6, 9), (4, 8)), ("one", (1, 3, 7), (1, 16))):
        add(f"rfft2d_{name}", "RFFT2D", [normal(*shape), Const(lengths, i32)], [np.complex64], ("Rfft2dOptions", {}), rtol=1e-4, atol=1e-5)
        for part in ("REAL", "IMAG", "COMPLEX_ABS"):
            add(f"rfft2d_{name}_{part.lower()}", spectrum(part), [normal(*shape), Const(lengths, i32)], [f32], rtol=1e-4, atol=1e-5)


def lookups():
    for dtype, version in ((f32, 1), (i32, 1), (i64, 2), (np.int8, 3), (np.uint8, 3)):
        kind = np.dtype(dtype).name
        some = ints(1, 100, (3,), dtype)
        options = ("SparseToDenseOptions", {})
        add(f"sparse_to_dense_{kind}", "SPARSE_TO_DENSE", [np.array([[0, 1], [2, 3], [3, 0]], i32), Const([4, 5], i32), some, Const(7, dtype)], [dtype], options, version)
        add(f"sparse_to_dense_{kind}_line", "SPARSE_TO_DENSE", [np.array([1, 3, 4], i64), np.array([6], i64), some, np.array(9, dtype)], [dtype], options, version)
        add(f"sparse_to_dense_{kind}_scalar", "SPARSE_TO_DENSE", [np.array([[0, 1, 1], [1, 0, 2]], i32), np.array([2, 2, 3], i32), np.array(5, dtype), Const(0, dtype)], [dtype], options, version)
    add("sparse_to_dense_one", "SPARSE_TO_DENSE", [np.array(2, i32), Const([4], i32), np.array(5, f32), Const(1, f32)], [f32], ("SparseToDenseOptions", {}))
    for dtype in (f32, i32, i64, np.int16, np.int8, np.uint8):
        kind = np.dtype(dtype).name
        add(f"matrix_diag_{kind}", "MATRIX_DIAG", [ints(1, 100, (2, 3), dtype)], [dtype], ("MatrixDiagOptions", {}))
        for rows, columns in ((3, 3), (2, 4), (4, 2)):
            add(f"matrix_set_diag_{kind}_{rows}_{columns}", "MATRIX_SET_DIAG", [ints(1, 100, (2, rows, columns), dtype), ints(-9, 0, (2, min(rows, columns))).astype(dtype)], [dtype],
                ("MatrixSetDiagOptions", {}))
    add("matrix_diag_line", "MATRIX_DIAG", [normal(4)], [f32], ("MatrixDiagOptions", {}))
    ids = np.array([3, 0, 3], i32)
    add("embedding_lookup", "EMBEDDING_LOOKUP", [ids, normal(5, 2, 3)], [f32])
    add("embedding_lookup_int8", "EMBEDDING_LOOKUP", [ids, ints(-9, 9, (5, 2), np.int8)], [np.int8])
    add("embedding_lookup_hybrid", "EMBEDDING_LOOKUP", [ids, Const(ints(-127, 128, (5, 4)), np.int8, scale=0.03)], [f32])
    add("embedding_lookup_by_row", "EMBEDDING_LOOKUP", [ids, Const(ints(-127, 128, (5, 4, 2)), np.int8, scale=rng.random(5) + 0.1)], [f32], None, 4)
    for combiner, name in enumerate(("sum", "mean", "sqrtn")):
        options = ("EmbeddingLookupSparseOptions", {"combiner": combiner})
        weights = rng.random(5).astype(f32) + f32(0.5)
        add(f"embedding_lookup_sparse_{name}", "EMBEDDING_LOOKUP_SPARSE", [np.array([1, 3, 0, 3, 2], i32), np.array([[0, 0], [0, 2], [2, 0], [2, 1], [2, 2]], i32), np.array([4, 3], i32), weights, normal(4, 3, 2)],
            [f32], options)
        add(f"embedding_lookup_sparse_{name}_deep", "EMBEDDING_LOOKUP_SPARSE", [np.array([1, 3, 0, 3, 2], i32), np.array([[0, 0, 0], [0, 1, 0], [0, 1, 1], [1, 0, 2], [1, 1, 0]], i32), Const([2, 2, 3], i32), weights, normal(4, 3)],
            [f32], options)
    wanted, keys = np.array([5, 2, -1, 9, 4], i32), Const([-1, 2, 4, 8, 9], i32)
    for dtype in (f32, i32, np.int8):
        add(f"hashtable_lookup_{np.dtype(dtype).name}", "HASHTABLE_LOOKUP", [wanted, keys, ints(1, 9, (5, 2), dtype)], [dtype, np.uint8])
    add("hashtable_lookup_line", "HASHTABLE_LOOKUP", [wanted, keys, Const(normal(5))], [f32, np.uint8])
    for dtype in (f32, np.float64, i32, i64):
        add(f"bucketize_{np.dtype(dtype).name}", "BUCKETIZE", [np.array([[-5, 0, 1], [3, 2, 40]], dtype)], [i32], ("BucketizeOptions", {"boundaries": [0.0, 2.5, 3.0, 10.0]}))


def pools():
    image = normal(2, 5, 6, 3)
    for name, fields in (("same", dict(padding=0, strideH=2, strideW=1, filterHeight=3, filterWidth=2)), ("valid", dict(padding=1, strideH=1, strideW=2, filterHeight=2, filterWidth=3))):
        add(f"l2_pool_2d_{name}", "L2_POOL_2D", [image], [f32], ("Pool2DOptions", fields))
        add(f"l2_pool_2d_{name}_relu6", "L2_POOL_2D", [image * 4], [f32], ("Pool2DOptions", {**fields, "fusedActivationFunction": 3}))
    x = normal(3, 20) * 4
    for name, fields in (("", dict(min=-3.0, max=5.0, numBits=8)), ("_4_bits", dict(min=-0.7, max=6.0, numBits=4)), ("_above", dict(min=1.0, max=6.0, numBits=8)), ("_below", dict(min=-6.0, max=-1.0, numBits=8)),
                         ("_16_bits", dict(min=-6.0, max=6.1, numBits=16))):
        add(f"fake_quant{name}", "FAKE_QUANT", [x], [f32], ("FakeQuantOptions", fields))


def opaque():
    """What is read and written, and not computed here."""
    add("opaque_skip_gram", "SKIP_GRAM", [np.array(["the quick brown fox"], object)], [object], ("SkipGramOptions", {"ngramSize": 2, "maxSkipSize": 1, "includeAllNgrams": True}))
    add("opaque_lsh_projection", "LSH_PROJECTION", [Const(normal(3, 2)), ints(0, 9, (5, 2)), normal(5)], [i32], ("LSHProjectionOptions", {"type": 2}))
    add("opaque_concat_embeddings", "CONCAT_EMBEDDINGS", [normal(2, 3)], [f32], ("ConcatEmbeddingsOptions", {"numChannels": 1, "numColumnsPerChannel": [2], "embeddingDimPerChannel": [3]}), expected=[normal(2, 3)])
    add("opaque_rng_bit_generator", "STABLEHLO_RNG_BIT_GENERATOR", [np.array([1, 2], np.uint64)], [np.uint64, i32], ("StablehloRngBitGeneratorOptions", {"algorithm": 2}), shapes=[(2,), (3, 4)])
    add("opaque_custom_call", "STABLEHLO_CUSTOM_CALL", [normal(3)], [f32], ("StablehloCustomCallOptions", {"callTargetName": "there", "backendConfig": "how", "apiVersion": 1, "customAttributes": [1, 2, 3]}), expected=[normal(3)])

    table = ("HashtableOptions", {"tableId": 7, "keyDtype": 4, "valueDtype": 5})

    def hashtable(main, inputs, outputs):
        handle, = main.op("HASHTABLE", [], [("resource", [1])], table)
        main.op("HASHTABLE_IMPORT", [handle, main.const(np.array([3, 5], i64)), main.const(np.array(["three", "five"], object))], [], ("HashtableImportOptions", {}))
        found = main.op("HASHTABLE_FIND", [handle, *inputs], outputs[:1], ("HashtableFindOptions", {}))
        return [*found, *main.op("HASHTABLE_SIZE", [handle], outputs[1:], ("HashtableSizeOptions", {}))]

    add("opaque_hashtable", hashtable, [np.array([5, 4, 3], i64), Const(np.array([""], object))], [object, i64])


def main():
    for group in (bits, segments, shapes, boxes, convolutions, complex_numbers, lookups, pools, opaque):
        group()
    hlo_cases(add)
    pack = Pack()
    for fields, model, sets in sorted(cases, key=lambda c: c[0]["name"]):
        pack.add(fields, model, sets)
    pack.write("tflite-builtins", {}, "builtin operators of TensorFlow Lite, one a file, written with the schema's Python classes; outputs by LiteRT's own kernels (ai-edge-litert), or by XLA and NumPy where it has none (\"kernel\": false)", "make_tflite_vectors.py")
    for line in refused:
        print("refused", line, file=sys.stderr)


if __name__ == "__main__":
    main()
