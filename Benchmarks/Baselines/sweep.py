"""The trainings of Benchmarks/sweep.yaml in PyTorch: one after another in one process, the data in memory.

Prints one JSON line: the seconds all of them took, from the first to the last, with importing, reading and warming up left
out, and each one's accuracy on the test split with the parameters of the epoch that was best on the validation split.
"""
import argparse
import copy
import json
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

WIDTHS = {"face": (35, 32), "voice": (74, 32), "words": (300, 64)}
CLASSES, BATCH, RATE = 7, 32, 1e-3


class Concat(nn.Module):
    width = sum(hidden for _, hidden in WIDTHS.values())

    def forward(self, features):
        return torch.cat(features, 1)


class Perceptron(nn.Module):
    width = 64

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(Concat.width, 64), nn.ReLU(), nn.Linear(64, 64))

    def forward(self, features):
        return self.layers(torch.cat(features, 1))


class Gated(nn.Module):
    width = 64

    def __init__(self):
        super().__init__()
        self.values = nn.ModuleList(nn.Linear(hidden, 64, bias=False) for _, hidden in WIDTHS.values())
        self.gates = nn.ModuleList(nn.Linear(Concat.width, 64, bias=False) for _ in WIDTHS)

    def forward(self, features):
        joined = torch.cat(features, 1)
        each = zip(self.values, self.gates, features)
        return sum(torch.sigmoid(gate(joined)) * torch.tanh(value(x)) for value, gate, x in each)


class Tensor(nn.Module):
    width = 64

    def __init__(self):
        super().__init__()
        self.projections = nn.ModuleList(nn.Linear(hidden, 8) for _, hidden in WIDTHS.values())
        self.out = nn.Linear(9**3, 64)

    def forward(self, features):
        one = features[0].new_ones(features[0].shape[0], 1)
        x, y, z = (torch.cat([one, F.relu(p(f))], 1) for p, f in zip(self.projections, features))
        product = (x[:, :, None] * y[:, None, :]).flatten(1)
        return self.out((product[:, :, None] * z[:, None, :]).flatten(1))


class Attention(nn.Module):
    width = 64

    def __init__(self):
        super().__init__()
        self.tokens = nn.ModuleList(nn.Linear(hidden, 64) for _, hidden in WIDTHS.values())
        self.attention, self.norm = nn.MultiheadAttention(64, 4, batch_first=True), nn.LayerNorm(64)

    def forward(self, features):
        x = torch.stack([token(f) for token, f in zip(self.tokens, features)], 1)
        return self.norm(x + self.attention(x, x, x, need_weights=False)[0]).mean(1)


FUSIONS = {"concat": Concat, "perceptron": Perceptron, "gated": Gated, "tensor": Tensor, "attention": Attention}


class Model(nn.Module):
    def __init__(self, fusion):
        super().__init__()
        self.encoders = nn.ModuleList(
            nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU()) for d, h in WIDTHS.values()
        )
        self.fusion = fusion()
        self.out = nn.Linear(fusion.width, CLASSES)
        for name, parameter in self.named_parameters():  # as Braid begins
            if any(part in name for part in ("encoders", "projections", "layers.0")) and parameter.dim() == 2:
                nn.init.kaiming_uniform_(parameter, nonlinearity="relu")
            elif parameter.dim() == 2:
                nn.init.xavier_uniform_(parameter)
            elif "norm" not in name:
                nn.init.zeros_(parameter)

    def forward(self, inputs):
        return self.out(self.fusion([encoder(x) for encoder, x in zip(self.encoders, inputs)]))


def accuracy(model, inputs, labels):
    model.eval()
    with torch.inference_mode():
        right = sum(
            (model([x[start : start + 256] for x in inputs]).argmax(1) == labels[start : start + 256]).sum().item()
            for start in range(0, len(labels), 256)
        )
    model.train()
    return right / len(labels)


def train(fusion, seed, splits, epochs):
    torch.manual_seed(seed)
    model = Model(fusion)
    optimizer = torch.optim.Adam(model.parameters(), RATE, fused=True)  # the fastest there is
    inputs, labels = splits["train"]
    best, kept = -1, None
    for _ in range(epochs):
        order = torch.randperm(len(labels))
        for start in range(0, len(labels), BATCH):
            batch = order[start : start + BATCH]
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(model([x[batch] for x in inputs]), labels[batch]).backward()
            optimizer.step()
        reached = accuracy(model, *splits["validation"])
        if reached > best:
            best, kept = reached, copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    return accuracy(model, *splits["test"])


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("arrays", help="the .npz file that Benchmarks/sweep writes")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--epochs", type=int, default=30)
parser.add_argument("--seeds", type=int, default=5)
options = parser.parse_args()
torch.set_num_threads(options.threads)
arrays = np.load(options.arrays)
fitted = arrays["split"] == "train"
splits = {}
for split in ("train", "validation", "test"):
    chosen = arrays["split"] == split
    inputs = [(arrays[name] - arrays[name][fitted].mean(0)) / arrays[name][fitted].std(0) for name in WIDTHS]
    splits[split] = [torch.from_numpy(x[chosen]) for x in inputs], torch.from_numpy(arrays["mood"][chosen])
train(Concat, 0, splits, 1)
start = time.perf_counter()
reached = {
    name: [train(fusion, seed, splits, options.epochs) for seed in range(1, options.seeds + 1)]
    for name, fusion in FUSIONS.items()
}
print(json.dumps({"seconds": time.perf_counter() - start, "accuracy": reached}))
