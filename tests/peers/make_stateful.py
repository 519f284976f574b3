"""Writes fixtures/tflite-stateful/: a model with resource variables as TensorFlow's converter makes it, and what the interpreter gives in three runs after each other."""
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../fixtures/tflite-stateful")


class Smoother(tf.Module):
    """Halves what it holds, adds what comes, and multiplies by the count of runs and a gain that stays."""

    def __init__(self):
        self.hidden = tf.Variable(np.full((1, 3), 2, np.float32), name="hidden")
        self.count, self.gain = tf.Variable(0.0, name="count"), tf.Variable(3.0, name="gain")

    @tf.function(input_signature=[tf.TensorSpec([1, 3], tf.float32)])
    def step(self, x):
        self.count.assign_add(1.0)
        self.hidden.assign(self.hidden * 0.5 + x)
        return {"y": self.hidden * self.count * self.gain}


def main():
    model = Smoother()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([model.step.get_concrete_function()], model)
    converter.experimental_enable_resource_variables = True
    data = converter.convert()
    interpreter = tf.lite.Interpreter(model_content=data)
    interpreter.allocate_tensors()
    runs = []
    for k in range(3):
        x = np.array([[k + 1, -k, 0.5]], np.float32)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        runs.append({"x": x.ravel().tolist(), "y": np.array(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])).ravel().tolist()})
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "model.tflite"), "wb") as f:
        f.write(data)
    with open(os.path.join(FOLDER, "runs.json"), "w") as f:
        json.dump(runs, f)
        f.write("\n")


if __name__ == "__main__":
    main()
