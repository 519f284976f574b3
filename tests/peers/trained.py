"""Torchvision's classifiers trained on scikit-learn's handwritten digits, since quantization is at home in trained nets: random weights amplify what
rounding does. The 1,797 digits of 8x8 lie in scikit-learn's wheel, read without importing it; here they are drawn at 48x48, moved about, in colours,
with noise. The last 297 are held out, and 16 of the others are what a quantizer calibrates on.

usage: trained.py [NAME ...]
writes .cache/trained/NAME.onnx, BatchNorm folded by the exporter, and prints the accuracy on the digits held out; a few minutes a model.
"""
import argparse
import gzip
import importlib.util
import os
import time
import warnings
import zlib

import numpy as np
import torch
import torch.nn.functional as F

import torchvision_cpu  # noqa: F401
from torchvision import models

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, ".cache", "trained")
SIZE, HELD_OUT, BATCH = 48, 297, 30
EPOCHS = {"resnet50": 6, "mobilenet_v2": 12, "efficientnet_b0": 12}


def digits():
    """Ink from 0 to 1, [1797, 1, 8, 8], and labels."""
    (folder,) = importlib.util.find_spec("sklearn").submodule_search_locations
    with gzip.open(os.path.join(folder, "datasets", "data", "digits.csv.gz")) as f:
        table = np.loadtxt(f, delimiter=",", dtype=np.float32)
    return torch.from_numpy(table[:, :64].reshape(-1, 1, 8, 8) / 16), torch.from_numpy(table[:, 64].astype(np.int64))


def drawn(ink, random):
    """Pictures as [n, 3, SIZE, SIZE] with about zero mean and unit deviation."""
    n, uniform = len(ink), lambda low, high, *shape: torch.rand(shape, generator=random) * (high - low) + low
    scale, angle = uniform(0.9, 1.3, n), uniform(-0.25, 0.25, n)
    cos, sin, moved = angle.cos() * scale, angle.sin() * scale, uniform(-0.15, 0.15, n, 2)
    affine = torch.stack([torch.stack([cos, -sin, moved[:, 0]], 1), torch.stack([sin, cos, moved[:, 1]], 1)], 1)
    large = F.interpolate(ink, size=(SIZE, SIZE), mode="bicubic", align_corners=False)
    large = F.grid_sample(large, F.affine_grid(affine, list(large.shape), align_corners=False), align_corners=False)
    paper, pen = uniform(0.6, 1, n, 3, 1, 1), uniform(0, 0.4, n, 3, 1, 1)
    picture = paper + (pen - paper) * large + 0.05 * torch.randn(n, 3, SIZE, SIZE, generator=random)
    return (picture - 0.65) / 0.25


def held_out(count=HELD_OUT):
    """Pictures [count, 3, SIZE, SIZE] that no model was trained on, and their labels, as numpy arrays."""
    ink, labels = digits()
    return drawn(ink[-HELD_OUT:], torch.Generator().manual_seed(2))[:count].numpy(), labels[-HELD_OUT:][:count].numpy()


def calibration(count=16):
    ink, _ = digits()
    return drawn(ink[:count], torch.Generator().manual_seed(3)).numpy()


def accuracy(model, pictures, labels):
    with torch.no_grad():
        return float(np.mean([(model(torch.from_numpy(x)).argmax(1).numpy() == y).mean() for x, y in zip(np.split(pictures, 9), np.split(labels, 9))]))


def trained(name):
    seed = zlib.crc32(name.encode())
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    more = {"zero_init_residual": True} if name.startswith("resnet") else {}
    model = getattr(models, name)(weights=None, num_classes=10, **more).to(memory_format=torch.channels_last)
    ink, labels = (t[:-HELD_OUT] for t in digits())
    steps = EPOCHS[name] * (len(ink) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps, pct_start=0.2)
    # the same sums each time, and no waiting for a second thread on a busy machine
    torch.set_num_threads(1)
    model.train()
    for epoch in range(EPOCHS[name]):
        start, total = time.time(), 0.0
        for rows in torch.randperm(len(ink), generator=random).split(BATCH):
            pictures = drawn(ink[rows], random).contiguous(memory_format=torch.channels_last)
            loss = F.cross_entropy(model(pictures), labels[rows], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(rows)
        print(f"{name} epoch {epoch + 1}: loss {total / len(ink):.3f}, {time.time() - start:.0f} s", flush=True)
    return model.eval().to(memory_format=torch.contiguous_format)


def model_of(name):
    """The model's file, trained if it is not there."""
    path = os.path.join(OUT, f"{name}.onnx")
    if not os.path.exists(path):
        os.makedirs(OUT, exist_ok=True)
        model = trained(name)
        print(f"{name}: {accuracy(model, *held_out()):.3f} of {HELD_OUT} digits held out")
        torch.onnx.export(model, torch.zeros(1, 3, SIZE, SIZE), path, dynamo=False, opset_version=17, input_names=["input"], output_names=["output"])
    return path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    warnings.simplefilter("ignore")
    for name in parser.parse_args().names or EPOCHS:
        print(model_of(name))


if __name__ == "__main__":
    main()
