"""Holds every model that rewrite_node_models.mjs wrote again against onnx.checker (with full shape inference): what it accepts of the
original it must accept of ours. Prints the counts; exits 1 when one is newly refused."""
import glob
import os
import sys

import onnx

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), ".cache", "onnx-node")


def refusal(path):
    try:
        onnx.checker.check_model(path, full_check=True)
    except Exception as error:  # the checker's own kinds are many
        return str(error).strip().splitlines()[0]
    return None


names = sorted(os.path.basename(p) for p in glob.glob(os.path.join(FOLDER, "before", "*.onnx")))
known = [n for n in names if refusal(os.path.join(FOLDER, "before", n))]
newly = [(n, why) for n in names if n not in known and (why := refusal(os.path.join(FOLDER, "after", n)))]
for name, why in newly:
    print(f"{name}: {why}")
print(f"{len(names)} models: {len(known)} refused as ONNX ships them, {len(newly)} refused only when written again")
sys.exit(bool(newly) or len(names) < 1884)
