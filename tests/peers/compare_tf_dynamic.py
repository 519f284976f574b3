"""usage: compare_tf_dynamic.py [NAME ...] [--cli PATH] [--figures FILE.json]

TensorFlow's own post-training dynamic-range and float16 quantization beside lapidary's, on the same networks: Keras models with seeded weights are
converted by TensorFlow's converter to float32, dynamic-range and float16 files, and lapidary makes its own two out of the float32 file. For each: size
as a share of float32, and relative L2 error of the outputs against the float32 file, in LiteRT's interpreter without and with XNNPACK.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def encoder(keras, x, layers, width, heads, causal):
    for _ in range(layers):
        a = keras.layers.LayerNormalization()(x)
        x = keras.layers.Add()([x, keras.layers.MultiHeadAttention(heads, width // heads)(a, a, use_causal_mask=causal)])
        a = keras.layers.Dense(width)(keras.layers.Dense(4 * width, activation="gelu")(keras.layers.LayerNormalization()(x)))
        x = keras.layers.Add()([x, a])
    return keras.layers.LayerNormalization()(x)


def text(keras, causal):
    ids = keras.Input((24,), batch_size=1, dtype="int32", name="ids")
    x = encoder(keras, keras.layers.Embedding(400, 192)(ids), 6, 192, 6, causal)
    return keras.Model(ids, keras.layers.Dense(400)(x) if causal else x)


def picture(keras):
    x = keras.Input((96, 96, 3), batch_size=1, name="picture")
    y = keras.layers.Reshape((36, 192))(keras.layers.Conv2D(192, 16, 16)(x))
    return keras.Model(x, keras.layers.Dense(1000)(keras.layers.GlobalAveragePooling1D()(encoder(keras, y, 6, 192, 6, False))))


models = {
    "mobilenet_v2": lambda k: k.applications.MobileNetV2(weights=None, input_shape=(224, 192, 3), classifier_activation=None),
    "resnet50": lambda k: k.applications.ResNet50(weights=None, input_shape=(224, 192, 3), classifier_activation=None),
    "bert": lambda k: text(k, False),
    "gpt2": lambda k: text(k, True),
    "vit": picture,
}


def build(name):
    """The model, with batch normalization that matters: the moments of noise, and then some."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(1)
    model = models[name](keras)
    shape = model.input_shape
    rng = np.random.default_rng(1)
    draw = lambda: rng.integers(0, 400, (1, *shape[1:])).astype(np.int32) if name in ("bert", "gpt2") else rng.uniform(-1, 1, (1, *shape[1:])).astype(np.float32)
    norms = [l for l in model.layers if isinstance(l, keras.layers.BatchNormalization)]
    for l in norms:
        l.momentum = 0.0
        l.gamma.assign(rng.uniform(0.6, 1.4, l.gamma.shape))
        l.beta.assign(rng.normal(0, 0.2, l.beta.shape))
    if norms:
        model(np.concatenate([draw() for _ in range(4)]), training=True)
    return tf, model, [draw() for _ in range(2)]


def outputs(path, samples, kernels):
    from run_tflite import run

    return [run(path, {"input0": s}, "litert", kernels)["output0"].astype(np.float64) for s in samples]


def row(name, cli):
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    tf, model, samples = build(name)
    with tempfile.TemporaryDirectory() as folder:
        at = lambda n: os.path.join(folder, f"{n}.tflite")
        call = tf.function(lambda x: model(x, training=False), input_signature=[tf.TensorSpec(samples[0].shape, samples[0].dtype)]).get_concrete_function()
        call = convert_variables_to_constants_v2(call)
        for kind in ("float32", "dynamic", "float16"):
            converter = tf.lite.TFLiteConverter.from_concrete_functions([call])
            converter.optimizations = [] if kind == "float32" else [tf.lite.Optimize.DEFAULT]
            if kind == "float16":
                converter.target_spec.supported_types = [tf.float16]
            open(at(kind if kind == "float32" else f"tf {kind}"), "wb").write(converter.convert())
        for kind in ("dynamic", "float16"):
            done = subprocess.run(["node", cli, "convert", at("float32"), at(f"lapidary {kind}"), "--quantize", kind], capture_output=True, text=True)
            if done.returncode:
                sys.exit(done.stderr)
        result = {}
        for kernels in ("builtin", "xnnpack"):
            want = outputs(at("float32"), samples, kernels)
            for kind in ("tf dynamic", "lapidary dynamic", "tf float16", "lapidary float16"):
                entry = result.setdefault(kind, {"size": round(os.path.getsize(at(kind)) / os.path.getsize(at("float32")), 3)})
                got = outputs(at(kind), samples, kernels)
                entry[kernels] = float(f"{max(np.linalg.norm(a - b) / np.linalg.norm(a) for a, b in zip(want, got)):.2g}")
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--cli", default=os.path.join(ROOT, "dist/cli/lapidary.js"))
    parser.add_argument("--figures")
    args = parser.parse_args()
    rows, worse = {}, []
    for name in args.names or models:
        rows[name] = row(name, args.cli)
        for kind, entry in rows[name].items():
            print(f"{name:14} {kind:18} {entry['size']} of float32, builtin {entry['builtin']}, xnnpack {entry['xnnpack']}", flush=True)
        for kind in ("dynamic", "float16"):
            theirs, ours = rows[name][f"tf {kind}"], rows[name][f"lapidary {kind}"]
            if any(ours[k] > 1.25 * theirs[k] for k in ("builtin", "xnnpack")):
                worse.append(f"{name} {kind}")
    if args.figures:
        with open(args.figures, "w") as f:
            f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in rows.items()) + "\n}\n")
    if worse:
        sys.exit(f"further off than TensorFlow's: {', '.join(worse)}")


if __name__ == "__main__":
    main()
