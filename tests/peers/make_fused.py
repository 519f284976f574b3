"""Writes fixtures/onnx-microsoft: a small BERT encoder as PyTorch exports it, and as onnxruntime's transformers optimizer fuses it.

Weights are random (seed 1): what counts is the graph. Both files are opset 14 with open batch and length.
"""
import math
import os

import torch
from onnxruntime.transformers import optimizer
from torch import nn

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../fixtures/onnx-microsoft")
HIDDEN, HEADS, LAYERS, WORDS, PLACES = 16, 2, 2, 50, 32


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(HIDDEN, HIDDEN) for _ in range(4))
        self.wide, self.narrow = nn.Linear(HIDDEN, 4 * HIDDEN), nn.Linear(4 * HIDDEN, HIDDEN)
        self.first, self.second = nn.LayerNorm(HIDDEN), nn.LayerNorm(HIDDEN)

    def heads(self, x):
        return x.view(x.size(0), x.size(1), HEADS, HIDDEN // HEADS).permute(0, 2, 1, 3)

    def forward(self, x, mask):
        q, k, v = self.heads(self.query(x)), self.heads(self.key(x)), self.heads(self.value(x))
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(HIDDEN // HEADS) + mask
        context = torch.matmul(torch.softmax(scores, -1), v).permute(0, 2, 1, 3).contiguous()
        x = self.first(self.out(context.view(context.size(0), context.size(1), HIDDEN)) + x)
        h = self.wide(x)
        return self.second(self.narrow(h * 0.5 * (1.0 + torch.erf(h / math.sqrt(2.0)))) + x)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.places, self.types = nn.Embedding(WORDS, HIDDEN), nn.Embedding(PLACES, HIDDEN), nn.Embedding(2, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN)
        self.layers = nn.ModuleList([Layer() for _ in range(LAYERS)])
        self.register_buffer("order", torch.arange(PLACES).expand(1, -1))

    def forward(self, ids, mask, types):
        added = (1.0 - mask[:, None, None, :].to(torch.float32)) * -10000.0
        x = self.norm(self.words(ids) + self.types(types) + self.places(self.order[:, : ids.size(1)]))
        for layer in self.layers:
            x = layer(x, added)
        return x


def main():
    torch.manual_seed(1)
    os.makedirs(OUT, exist_ok=True)
    plain = os.path.join(OUT, "bert.onnx")
    names = ["input_ids", "attention_mask", "token_type_ids"]
    sample = (torch.randint(0, WORDS, (2, 7)), torch.ones(2, 7, dtype=torch.long), torch.zeros(2, 7, dtype=torch.long))
    axes = {name: {0: "batch", 1: "length"} for name in [*names, "y"]}
    torch.onnx.export(Encoder().eval(), sample, plain, opset_version=14, dynamo=False, input_names=names, output_names=["y"], dynamic_axes=axes)
    fused = optimizer.optimize_model(plain, model_type="bert", num_heads=HEADS, hidden_size=HIDDEN, opt_level=0)
    fused.save_model_to_file(os.path.join(OUT, "bert-fused.onnx"))
    print(fused.get_operator_statistics())


main()
