"""The ten workloads in PyTorch, eager or compiled: forward, loss, backward, Adam on fixed random inputs."""
import torch
import torch.nn as nn
import torch.nn.functional as F

from common import BATCH, CLASSES, HIDDEN, TIME, WIDTHS, arguments, report_all, report_ready, row, timed


def head(width):
    return nn.Sequential(nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, CLASSES))


class Vectors(nn.Module):
    """Three vector encoders, a fusion, the head."""

    def __init__(self, fusion, width):
        super().__init__()
        self.encoders = nn.ModuleList(
            nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU()) for d, h in zip(WIDTHS, HIDDEN)
        )
        self.fusion, self.head = fusion, head(width)

    def forward(self, inputs):
        return self.head(self.fusion([encoder(x) for encoder, x in zip(self.encoders, inputs)]))


class Concat(nn.Module):
    def forward(self, features):
        return torch.cat(features, -1)


class Gated(nn.Module):
    def __init__(self, width=128):
        super().__init__()
        self.value = nn.ModuleList(nn.Linear(h, width) for h in HIDDEN)
        self.gate = nn.ModuleList(nn.Linear(sum(HIDDEN), width) for _ in HIDDEN)

    def forward(self, features):
        joined = torch.cat(features, -1)
        return sum(torch.sigmoid(g(joined)) * torch.tanh(v(x)) for g, v, x in zip(self.gate, self.value, features))


def with_one(x):
    return torch.cat([torch.ones(x.shape[0], 1), x], 1)


class LowRank(nn.Module):
    def __init__(self, rank=8, width=128):
        super().__init__()
        self.factors = nn.ParameterList(nn.Parameter(torch.randn(rank, h + 1, width) * 0.05) for h in HIDDEN)
        self.weights, self.bias = nn.Parameter(torch.randn(rank)), nn.Parameter(torch.zeros(width))

    def forward(self, features):
        product = 1
        for x, factor in zip(features, self.factors):
            product = product * torch.matmul(with_one(x), factor)
        return torch.einsum("r,rbo->bo", self.weights, product) + self.bias


class FullTensor(nn.Module):
    def __init__(self, width=128):
        super().__init__()
        self.project = nn.Linear(129 * 33 * 33, width)

    def forward(self, features):
        x, y, z = (with_one(v) for v in features)
        product = torch.bmm(x.unsqueeze(2), y.unsqueeze(1)).view(BATCH, -1, 1)
        return F.relu(self.project(torch.bmm(product, z.unsqueeze(1)).view(BATCH, -1)))


class Tokens(nn.Module):
    def __init__(self, width=128):
        super().__init__()
        self.project = nn.ModuleList(nn.Linear(h, width) for h in HIDDEN)
        self.attention, self.norm = nn.MultiheadAttention(width, 4, batch_first=True), nn.LayerNorm(width)

    def forward(self, features):
        x = torch.stack([p(v) for p, v in zip(self.project, features)], 1)
        return self.norm(x + self.attention(x, x, x, need_weights=False)[0]).mean(1)


class CoAttention(nn.Module):
    def __init__(self, steps=3, d=64):
        super().__init__()
        self.steps, self.queries, self.keys = steps, nn.Linear(WIDTHS[0], d), nn.Linear(WIDTHS[1], d)
        self.query_map, self.key_map = nn.Linear(d, d), nn.Linear(d, d)
        self.query_norm, self.key_norm, self.head = nn.LayerNorm(d), nn.LayerNorm(d), head(2 * d)

    def forward(self, inputs):
        q, v = self.queries(inputs[0]), self.keys(inputs[1])
        for _ in range(self.steps):
            scores = torch.bmm(q, v.transpose(1, 2)) / 8
            to_q, to_v = torch.bmm(scores.softmax(-1), v), torch.bmm(scores.transpose(1, 2).softmax(-1), q)
            q, v = self.query_norm(q + self.query_map(to_q)), self.key_norm(v + self.key_map(to_v))
        return self.head(torch.cat([q.mean(1), v.mean(1)], -1))


class First(nn.Module):
    """A model of the first input only."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, inputs):
        return self.body(inputs[0])


class LSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.out = nn.LSTM(WIDTHS[0], 128, batch_first=True), nn.Linear(128, CLASSES)

    def forward(self, x):
        return self.out(self.lstm(x)[1][0][0])


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.project, self.out = nn.Linear(WIDTHS[0], 128), nn.Linear(128, CLASSES)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0, batch_first=True, norm_first=True) for _ in range(2)
        )

    def forward(self, x):
        x = self.project(x)
        for layer in self.layers:
            x = layer(x)
        return self.out(x.mean(1))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, CLASSES),
    )  # fmt: skip


class Contrastive(nn.Module):
    """Returns the symmetric InfoNCE loss itself."""

    def __init__(self):
        super().__init__()
        self.towers = nn.ModuleList(nn.Sequential(nn.Linear(d, 128), nn.ReLU(), nn.Linear(128, 64)) for d in WIDTHS[:2])

    def forward(self, inputs):
        x, y = (F.normalize(tower(v), dim=-1) for tower, v in zip(self.towers, inputs))
        scores = x @ y.T / 0.07
        label = torch.arange(scores.shape[0])
        return (F.cross_entropy(scores, label) + F.cross_entropy(scores.T, label)) / 2


def main():
    options = arguments(__doc__, ["torch", "torch-compile"])
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    torch.set_flush_denormal(True)  # as JAX does by itself: the models soon know their 64 samples by heart

    def product():
        a, b = torch.rand(1024, 1024), torch.rand(1024, 1024)
        with torch.no_grad():
            return timed(lambda: a @ b)[0]

    rows = []
    vectors = [torch.randn(BATCH, d) for d in WIDTHS]
    sequences = [torch.randn(BATCH, TIME, d) for d in WIDTHS]
    wide = [torch.randn(256, d) for d in WIDTHS]
    labels = torch.randint(0, CLASSES, (BATCH,))
    make = {
        "concat": (lambda: Vectors(Concat(), 192), vectors),
        "gated": (lambda: Vectors(Gated(), 128), vectors),
        "lmf": (lambda: Vectors(LowRank(), 128), vectors),
        "tfn": (lambda: Vectors(FullTensor(), 128), vectors),
        "attention": (lambda: Vectors(Tokens(), 128), vectors),
        "coattention": (CoAttention, sequences),
        "lenet": (lambda: First(lenet()), [torch.randn(BATCH, 1, 28, 28)]),
        "lstm": (lambda: First(LSTM()), sequences),
        "transformer": (lambda: First(Transformer()), sequences),
        "contrastive": (Contrastive, wide),
    }
    for name in options.chosen:
        build, inputs = make[name]
        model = build()
        optimizer = torch.optim.Adam(model.parameters(), 1e-3)
        call = torch.compile(model) if options.engine == "torch-compile" else model

        def train():
            optimizer.zero_grad(set_to_none=True)
            output = call(inputs)
            (output if output.dim() == 0 else F.cross_entropy(output, labels)).backward()
            optimizer.step()

        def evaluate():
            with torch.inference_mode():
                call(inputs)

        if options.evaluate:
            model.eval()
        step = evaluate if options.evaluate else train
        report_ready()
        rows.append(row(name, options, timed(step, turns=options.turns), sum(p.numel() for p in model.parameters())))
    report_all(rows, product)


main()
