"""Cases of TFLite's STABLEHLO_* operators. The runtime has kernels for a dozen; the others' outputs are XLA's, which defines them."""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from flatbuffers import flexbuffers  # noqa: E402
from tensorflow.compiler.tf2xla.python import xla  # noqa: E402
from tensorflow.compiler.xla import xla_data_pb2 as pb  # noqa: E402

from tflite_file import Const, Graph  # noqa: E402

f32, f64, i32, i64 = np.float32, np.float64, np.int32, np.int64


def by_xla(function, *arrays):
    result = tf.function(function, jit_compile=True)(*[tf.constant(a) for a in arrays])
    return [np.asarray(r) for r in (result if isinstance(result, (list, tuple)) else [result])]


def body(op, dtype, options=None, outputs=None):
    """A subgraph of one operator on two scalars."""
    def make(file):
        graph = Graph(file, "body")
        a, b = graph.input(dtype, []), graph.input(dtype, [])
        graph.table.outputs = graph.op(op, [a, b], [(outputs or dtype, [])], options)
    return make


def second(dtype):
    """A subgraph that gives its second input."""
    def make(file):
        graph = Graph(file, "body")
        graph.input(dtype, [])
        graph.table.outputs = [graph.input(dtype, [])]
    return make


def elementwise(add, rng):
    x, y = rng.standard_normal((2, 3, 4)).astype(f32)[:, 0], rng.standard_normal((2, 4)).astype(f32)
    for name, function in (("ABS", xla.abs), ("COSINE", xla.cos), ("EXPONENTIAL", xla.exp), ("FLOOR", xla.floor), ("NEGATE", xla.neg), ("TANH", xla.tanh), ("LOGISTIC", tf.math.sigmoid)):
        add(name, [x], [f32], expected=by_xla(function, x))
    for name, function in (("LOG", xla.log), ("RSQRT", tf.math.rsqrt)):
        add(name, [np.abs(x)], [f32], expected=by_xla(function, np.abs(x)))
    add("CBRT", [x], [f32], expected=[np.cbrt(x)])
    for name, function in (("DIVIDE", xla.div), ("SUBTRACT", xla.sub), ("REMAINDER", xla.rem)):
        a, b = rng.integers(-9, 10, (2, 4)).astype(i32), rng.integers(1, 4, (2, 4)).astype(i32) * i32(-1)
        add(name, [x, y], [f32], expected=by_xla(function, x, y))
        add(name, [a, b], [i32], label="int32", expected=by_xla(function, a, b))
    add("POWER", [np.abs(x), y], [f32], expected=by_xla(xla.pow, np.abs(x), y))
    for name in ("ADD", "MULTIPLY", "MAXIMUM", "MINIMUM"):
        for dtype in (f32, i32, i64, np.int16):
            add(name, [(x * 9).astype(dtype), (y * 9).astype(dtype)], [dtype], label=np.dtype(dtype).name)
    flags, others = np.array([True, True, False, False]), np.array([True, False, True, False])
    for name, function in (("ADD", np.logical_or), ("MULTIPLY", np.logical_and), ("MAXIMUM", np.logical_or), ("MINIMUM", np.logical_and), ("OR", np.logical_or)):
        add(name, [flags, others], [np.bool_], label="bool", expected=[function(flags, others)])
    add("AND", [flags, others], [np.bool_], label="bool")
    for dtype in (np.int8, np.int16, i32):
        a, b = rng.integers(-99, 99, (2, 5)).astype(dtype)
        add("AND", [a, b], [dtype], label=np.dtype(dtype).name)
        add("OR", [a, b], [dtype], label=np.dtype(dtype).name, expected=[a | b])
        add("SHIFT_LEFT", [a, np.arange(5).astype(dtype)], [dtype], ("StablehloShiftLeftOptions", {}), label=np.dtype(dtype).name)
    for code, direction in enumerate((xla.eq, xla.ne, xla.ge, xla.gt, xla.le, xla.lt)):
        a, b = rng.integers(0, 3, (2, 6)).astype(f32)
        add("COMPARE", [a, b], [np.bool_], ("StablehloCompareOptions", {"comparisonDirection": code, "compareType": 1}), label=direction.__name__, expected=by_xla(direction, a, b))
    for a, b in ((f32, i32), (i32, f32), (f32, np.bool_), (np.bool_, f32), (i64, i32), (f32, np.float16)):
        value = (x * 3).astype(a)
        add("CONVERT", [value], [b], label=f"{np.dtype(a).name}_{np.dtype(b).name}", expected=[value.astype(b)])
    add("SELECT", [flags, x[0], y[0]], [f32], expected=by_xla(xla.select, flags, x[0], y[0]))
    add("SELECT", [np.array(False), x, y], [f32], label="scalar", expected=by_xla(xla.select, np.array(False), x, y))
    low, high = np.array(-0.5, f32), np.array(0.25, f32)
    add("CLAMP", [low, x, high], [f32], expected=by_xla(xla.clamp, low, x, high))
    add("CLAMP", [x - f32(0.1), y, x + f32(0.1)], [f32], label="each", expected=by_xla(xla.clamp, x - f32(0.1), y, x + f32(0.1)))


def movement(add, rng):
    x, y = rng.standard_normal((2, 3, 4)).astype(f32), rng.standard_normal((2, 1, 4)).astype(f32)
    add("RESHAPE", [x], [f32], expected=[x.reshape(4, 6)])
    add("CONCATENATE", [x, y], [f32], ("StablehloConcatenateOptions", {"dimension": 1}), expected=[np.concatenate([x, y], 1)])
    for label, shape, axes, out in (("middle", (3,), [1], (2, 3, 4)), ("ones", (2, 1), [0, 2], (2, 3, 4)), ("turned", (4, 2), [2, 0], (2, 3, 4)), ("scalar", (), [], (2, 2))):
        a = rng.standard_normal(shape).astype(f32)
        sizes = [1] * len(out)
        order = np.argsort(axes)
        for i in axes:
            sizes[i] = shape[axes.index(i)]
        add("BROADCAST_IN_DIM", [a], [f32], ("StablehloBroadcastInDimOptions", {"broadcastDimensions": axes}), label=label,
            expected=[np.ascontiguousarray(np.broadcast_to(a.transpose(order).reshape(sizes), out))])
    add("SLICE", [x], [f32], ("StablehloSliceOptions", {"startIndices": [0, 1, 0], "limitIndices": [2, 3, 4], "strides": [1, 1, 3]}), expected=by_xla(lambda v: xla.slice(v, [0, 1, 0], [2, 3, 4], [1, 1, 3]), x))
    add("TRANSPOSE", [x], [f32], ("StablehloTransposeOptions", {"permutation": [2, 0, 1]}), expected=by_xla(lambda v: xla.transpose(v, [2, 0, 1]), x))
    for dtype in (f32, i32):
        add("IOTA", [], [dtype], ("StablehloIotaOptions", {"iotaDimension": 1}), label=np.dtype(dtype).name, expected=[np.broadcast_to(np.arange(3, dtype=dtype)[:, None], (2, 3, 2)).copy()])
    for label, low, high, interior in (("edges", [1, 0, 2], [0, 3, 1], [0, 0, 0]), ("interior", [0, 0, 0], [0, 0, 0], [2, 0, 1]), ("all", [1, 2, 0], [1, 0, 0], [1, 1, 3]), ("less", [-1, 1, -2], [0, -2, 1], [0, 1, 2])):
        add("PAD", [x, np.array(7, f32)], [f32], ("StablehloPadOptions", {"edgePaddingLow": low, "edgePaddingHigh": high, "interiorPadding": interior}), label=label)
    for label, starts in (("within", [1, 0, 2]), ("past", [0, 9, -3])):
        at = [np.array(s, i32) for s in starts]
        add("DYNAMIC_SLICE", [x, *at], [f32], ("StablehloDynamicSliceOptions", {"sliceSizes": [1, 3, 2]}), label=label, expected=by_xla(lambda v, *s: xla.dynamic_slice(v, tf.stack(s), [1, 3, 2]), x, *at))
        u = rng.standard_normal((1, 2, 4)).astype(f32)
        add("DYNAMIC_UPDATE_SLICE", [x, u, *at], [f32], label=label, expected=by_xla(lambda v, w, *s: xla.dynamic_update_slice(v, w, tf.stack(s)), x, u, *at))


def products(add, rng):
    for label, left, right, batch, summed in (
        ("matrix", (3, 4), (4, 5), ([], []), ([1], [0])),
        ("batches", (2, 3, 4), (2, 5, 4), ([0], [0]), ([2], [2])),
        ("two_sums", (2, 3, 4, 5), (4, 6, 2, 3), ([0], [2]), ([1, 2], [3, 0])),
        ("outer", (2, 3), (4,), ([], []), ([], [])),
    ):
        x, y = rng.standard_normal(left).astype(f32), rng.standard_normal(right).astype(f32)
        numbers = xla.DotDimensionNumbers(lhs_batch_dimensions=batch[0], rhs_batch_dimensions=batch[1], lhs_contracting_dimensions=summed[0], rhs_contracting_dimensions=summed[1])
        options = {"lhsBatchingDimensions": batch[0], "rhsBatchingDimensions": batch[1], "lhsContractingDimensions": summed[0], "rhsContractingDimensions": summed[1]}
        add("DOT_GENERAL", [x, y], [f32], ("StablehloDotGeneralOptions", options), label=label, expected=by_xla(lambda a, b: xla.dot_general(a, b, numbers), x, y))
    nhwc = dict(input=(0, 3, [1, 2]), kernel=(2, 3, [0, 1]), output=(0, 3, [1, 2]))
    odd = dict(input=(2, 0, [3, 1]), kernel=(1, 0, [3, 2]), output=(1, 3, [0, 2]))
    for label, form, shape, kernel, fields in (
        ("plain", nhwc, (2, 5, 6, 3), (3, 2, 3, 4), {}),
        ("strides", nhwc, (1, 7, 6, 2), (3, 2, 2, 4), dict(strides=[2, 1], pads=[1, 1, 0, 2], rhs=[2, 1])),
        ("groups", nhwc, (1, 5, 5, 4), (2, 2, 2, 6), dict(group=2)),
        ("transposed", nhwc, (1, 3, 4, 2), (3, 3, 2, 3), dict(pads=[1, 2, 2, 1], lhs=[2, 3])),
        ("cut", nhwc, (1, 6, 6, 2), (2, 2, 2, 3), dict(pads=[-1, 0, 1, -2])),
        ("odd_axes", odd, (3, 6, 2, 5), (4, 3, 2, 3), {}),
    ):
        x, w = rng.standard_normal(shape).astype(f32), rng.standard_normal(kernel).astype(f32)
        (ib, if_, isp), (kin, kout, ksp), (ob, of, osp) = form["input"], form["kernel"], form["output"]
        if form is odd:
            kin, kout = 1, 0
        numbers = pb.ConvolutionDimensionNumbers(input_batch_dimension=ib, input_feature_dimension=if_, input_spatial_dimensions=isp, kernel_input_feature_dimension=kin,
                                                 kernel_output_feature_dimension=kout, kernel_spatial_dimensions=ksp, output_batch_dimension=ob, output_feature_dimension=of, output_spatial_dimensions=osp)
        strides, pads, lhs, rhs, group = (fields.get(k, d) for k, d in (("strides", [1, 1]), ("pads", [0, 0, 0, 0]), ("lhs", [1, 1]), ("rhs", [1, 1]), ("group", 1)))
        options = {"windowStrides": strides, "padding": pads, "lhsDilation": lhs, "rhsDilation": rhs, "windowReversal": [False, False], "inputBatchDimension": ib, "inputFeatureDimension": if_,
                   "inputSpatialDimensions": isp, "kernelInputFeatureDimension": kin, "kernelOutputFeatureDimension": kout, "kernelSpatialDimensions": ksp, "outputBatchDimension": ob,
                   "outputFeatureDimension": of, "outputSpatialDimensions": osp, "featureGroupCount": group, "batchGroupCount": 1}
        add("CONVOLUTION", [x, w], [f32], ("StablehloConvolutionOptions", options), label=label,
            expected=by_xla(lambda a, b: xla.conv(a, b, strides, np.reshape(pads, (2, 2)), lhs, rhs, numbers, feature_group_count=group), x, w))
        if label == "plain":
            add("CONVOLUTION", [x, w], [f32], ("StablehloConvolutionOptions", {**options, "windowReversal": [True, False]}), label="reversed",
                expected=by_xla(lambda a, b: xla.conv(a, b[::-1], strides, np.reshape(pads, (2, 2)), lhs, rhs, numbers), x, w))


def reductions(add, rng):
    x, flags = rng.standard_normal((3, 4, 5)).astype(f32), rng.random((3, 4)) > 0.3
    for op, function, start in (("STABLEHLO_ADD", np.sum, 0.5), ("STABLEHLO_MULTIPLY", np.prod, 2), ("STABLEHLO_MAXIMUM", np.max, 0.1), ("STABLEHLO_MINIMUM", np.min, -0.1)):
        joined = {"STABLEHLO_ADD": np.add, "STABLEHLO_MULTIPLY": np.multiply, "STABLEHLO_MAXIMUM": np.maximum, "STABLEHLO_MINIMUM": np.minimum}[op]
        add("REDUCE", [x, Const(start, f32)], [f32], ("StablehloReduceOptions", {"dimensions": [0, 2], "bodySubgraphIndex": 1}), label=op.split("_")[1].lower(), subgraphs=[body(op, f32)],
            expected=[joined(function(x, (0, 2)), f32(start))])
    for op, function, start in (("STABLEHLO_AND", np.all, True), ("STABLEHLO_OR", np.any, False)):
        add("REDUCE", [flags, Const(start, np.bool_)], [np.bool_], ("StablehloReduceOptions", {"dimensions": [1], "bodySubgraphIndex": 1}), label=op.split("_")[1].lower(), subgraphs=[body(op, np.bool_)],
            expected=[function(flags, 1)])
    windows = (("sums", "STABLEHLO_ADD", 0, dict(windowDimensions=[1, 2, 3])), ("steps", "STABLEHLO_MAXIMUM", -9, dict(windowDimensions=[2, 2, 1], windowStrides=[1, 2, 3])),
               ("apart", "STABLEHLO_MINIMUM", 9, dict(windowDimensions=[1, 2, 2], windowDilations=[1, 3, 2])), ("between", "STABLEHLO_ADD", 0, dict(windowDimensions=[2, 1, 3], baseDilations=[2, 1, 3])),
               ("padded", "STABLEHLO_ADD", 1, dict(windowDimensions=[1, 3, 2], padding=[0, 0, 1, 2, 3, 0])), ("cut", "STABLEHLO_MULTIPLY", 1, dict(windowDimensions=[1, 2, 2], padding=[0, 0, -1, 0, 0, -2])),
               ("up_to_here", "STABLEHLO_ADD", 0, dict(windowDimensions=[1, 1, 5], padding=[0, 0, 0, 0, 4, 0])))
    for label, op, start, fields in windows:
        full = {"windowDimensions": [1, 1, 1], "windowStrides": [1, 1, 1], "baseDilations": [1, 1, 1], "windowDilations": [1, 1, 1], "padding": [0] * 6, **fields, "bodySubgraphIndex": 1}
        add("REDUCE_WINDOW", [x, Const(start, f32)], [f32], ("StablehloReduceWindowOptions", full), label=label, subgraphs=[body(op, f32)])
    add("REDUCE_WINDOW", [rng.integers(-9, 9, (4, 6)).astype(i32), Const(0, i32)], [i32], ("StablehloReduceWindowOptions", {
        "windowDimensions": [2, 3], "windowStrides": [2, 1], "baseDilations": [1, 1], "windowDilations": [1, 1], "padding": [0] * 4, "bodySubgraphIndex": 1}), label="int32", subgraphs=[body("STABLEHLO_ADD", i32)])
    for code, name in ((1, "add"), (2, "mul"), (3, "min"), (4, "max")):
        add("REDUCE_WINDOW", [x, Const(1, f32), Const([1, 2, 3], i64), Const([1, 1, 2], i64), Const([1, 2, 1], i64)], [f32], ("ReduceWindowOptions", {"reduceFunction": code}), label=name, prefix="")
    for code, name in ((5, "all"), (6, "any")):
        add("REDUCE_WINDOW", [flags, Const(code == 5, np.bool_), Const([2, 2], i64), Const([1, 1], i64), Const([1, 1], i64)], [np.bool_], ("ReduceWindowOptions", {"reduceFunction": code}), label=name, prefix="")
    for dtype in (f32, i32, np.int8):
        add("DILATE", [rng.integers(-9, 9, (2, 3, 2)).astype(dtype), Const([2, 1, 3], i32), Const(5, dtype)], [dtype], ("DilateOptions", {}), label=np.dtype(dtype).name, prefix="")
    for label, code, dtype in (("rising", 5, f32), ("falling", 3, f32), ("rising_int32", 5, i32)):
        values = rng.permutation(20).reshape(4, 5).astype(dtype)
        compare = body("STABLEHLO_COMPARE", dtype, ("StablehloCompareOptions", {"comparisonDirection": code, "compareType": 1}), np.bool_)
        add("SORT", [values], [dtype], ("StablehloSortOptions", {"dimension": 1, "isStable": True, "comparatorSubgraphIndex": 1}), label=label, subgraphs=[compare],
            expected=[np.sort(values, 1) if code == 5 else -np.sort(-values, 1)])

    def by_second_key(file):
        graph = Graph(file, "comparator")
        _, _, c, d = (graph.input(t, []) for t in (f32, f32, i32, i32))
        graph.table.outputs = graph.op("STABLEHLO_COMPARE", [c, d], [(np.bool_, [])], ("StablehloCompareOptions", {"comparisonDirection": 5, "compareType": 3}))

    keys, carried = np.array([3, 1, 3, 0, 1, 2], i32), np.arange(6, dtype=f32)
    order = np.argsort(keys, kind="stable")
    add("SORT", [carried, keys], [f32, i32], ("StablehloSortOptions", {"dimension": 0, "isStable": True, "comparatorSubgraphIndex": 1}), label="carried", subgraphs=[by_second_key], expected=[carried[order], keys[order]])


def places(add, rng):
    x = rng.standard_normal((4, 5, 6)).astype(f32)
    gathers = (
        ("rows", [[2], [0], [3]], (3, 5, 6), dict(offsetDims=[1, 2], collapsedSliceDims=[0], startIndexMap=[0], indexVectorDim=1, sliceSizes=[1, 5, 6])),
        ("columns", [[2, 0], [4, 7]], (4, 2, 2, 6), dict(offsetDims=[0, 3], collapsedSliceDims=[1], startIndexMap=[1], indexVectorDim=2, sliceSizes=[4, 1, 6])),
        ("points", [[1, 2, 3], [3, -4, 9]], (2,), dict(offsetDims=[], collapsedSliceDims=[0, 1, 2], startIndexMap=[0, 1, 2], indexVectorDim=1, sliceSizes=[1, 1, 1])),
        ("windows", [[1, 2, 9], [3, 4, 0]], (3, 2, 3), dict(offsetDims=[1, 2], collapsedSliceDims=[0], startIndexMap=[2, 1], indexVectorDim=0, sliceSizes=[1, 2, 3])),
    )
    for label, starts, shape, fields in gathers:
        for dtype in (i32, i64):
            add("GATHER", [x, np.array(starts, dtype)], [f32], ("StablehloGatherOptions", {**fields, "indicesAreSorted": False}), label=f"{label}_{np.dtype(dtype).name}", shapes=[shape],
                # whole axes before the one that is picked from crash the kernel
                **({"expected": [x[:, np.clip(starts, 0, 4)]]} if label == "columns" else {}))
    scatters = (
        ("rows", [[2], [0], [2]], (3, 5, 6), dict(updateWindowDims=[1, 2], insertedWindowDims=[0], scatterDimsToOperandDims=[0], indexVectorDim=1)),
        ("points", [[1, 2, 3], [3, 0, 0], [9, 0, 0]], (3,), dict(updateWindowDims=[], insertedWindowDims=[0, 1, 2], scatterDimsToOperandDims=[0, 1, 2], indexVectorDim=1)),
        ("windows", [[1, 3], [0, 5]], (2, 3, 2), dict(updateWindowDims=[1, 2], insertedWindowDims=[0], scatterDimsToOperandDims=[0, 2], indexVectorDim=1)),
    )
    for label, starts, shape, fields in scatters:
        u = rng.standard_normal(shape).astype(f32)
        options = ("StablehloScatterOptions", {**fields, "indicesAreSorted": False, "uniqueIndices": False, "updateComputationSubgraphIndex": 1})
        for op in ("ADD", "MULTIPLY", "MAXIMUM", "MINIMUM"):
            add("SCATTER", [x, np.array(starts, i32), u], [f32], options, label=f"{label}_{op.lower()}", subgraphs=[body(f"STABLEHLO_{op}", f32)])
    starts, u = np.array([[3], [1]], i64), rng.standard_normal((2, 5, 6)).astype(f32)
    add("SCATTER", [x, starts, u], [f32], ("StablehloScatterOptions", {"updateWindowDims": [1, 2], "insertedWindowDims": [0], "scatterDimsToOperandDims": [0], "indexVectorDim": 1,
                                                                     "updateComputationSubgraphIndex": 1}), label="put", subgraphs=[second(f32)])


def control(add, rng):
    x, y = rng.standard_normal((2, 3)).astype(f32)

    def branch(op):
        def make(file):
            graph = Graph(file, op.lower())
            a, b = graph.input(f32, [3]), graph.input(f32, [3])
            graph.table.outputs = graph.op(op, [a, b], [(f32, [3])])
        return make

    for i in (0, 1, 2, 7, -1):
        add("CASE", [np.array(i, i32), x, y], [f32], ("StablehloCaseOptions", {"branchSubgraphIndices": [1, 2, 3]}), label=f"{i}".replace("-", "minus_"), subgraphs=[branch(f"STABLEHLO_{op}") for op in ("ADD", "MULTIPLY", "MAXIMUM")],
            **({} if 0 <= i < 3 else {"expected": [np.maximum(x, y)]}))
    add("COMPOSITE", [x, y], [f32], ("StableHLOCompositeOptions", {"name": "odd.sum", "decompositionSubgraphIndex": 1, "compositeAttributes": list(flexbuffers.Dumps({})), "version": 3}), subgraphs=[branch("STABLEHLO_ADD")])

    def condition(file):
        graph = Graph(file, "condition")
        n, _ = graph.input(i32, []), graph.input(f32, [3])
        graph.table.outputs = graph.op("STABLEHLO_COMPARE", [n, graph.const(np.array(4, i32))], [(np.bool_, [])], ("StablehloCompareOptions", {"comparisonDirection": 5}))

    def step(file):
        graph = Graph(file, "step")
        n, v = graph.input(i32, []), graph.input(f32, [3])
        graph.table.outputs = [graph.op("STABLEHLO_ADD", [n, graph.const(np.array(1, i32))], [(i32, [])])[0], graph.op("STABLEHLO_MULTIPLY", [v, v], [(f32, [3])])[0]]

    add("WHILE", [np.array(2, i32), x], [i32, f32], ("StablehloWhileOptions", {"condSubgraphIndex": 1, "bodySubgraphIndex": 2}), subgraphs=[condition, step], expected=[np.array(4, i32), x ** 4])


def cases(add):
    rng = np.random.default_rng(11)

    def one(op, values, outputs, options=None, label="", prefix="STABLEHLO_", **more):
        add("_".join(filter(None, [(prefix + op).lower(), label])), prefix + op, values, outputs, options, **more)

    for group in (elementwise, movement, products, reductions, places, control):
        group(one, rng)
