"""The ten workloads in JAX, the whole step under jit: forward, loss, backward, Adam on fixed random inputs."""
import os

from common import BATCH, CLASSES, HIDDEN, TIME, WIDTHS, arguments, report_all, report_ready, row, timed

options = arguments(__doc__, ["jax"])
threading = "false" if options.threads == 1 else "true"
os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={threading} intra_op_parallelism_threads={options.threads}"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, set(range(options.threads)))

import jax  # noqa: E402  (the flags above must be set first)
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402

generator = np.random.default_rng(0)
relu, softmax = jax.nn.relu, jax.nn.softmax


def normal(*shape):
    return jnp.asarray(generator.normal(size=shape), jnp.float32)


def linear(inputs, outputs):
    return {"w": normal(inputs, outputs) / np.sqrt(inputs), "b": jnp.zeros(outputs)}


def apply(layer, x):
    return x @ layer["w"] + layer["b"]


def norm_parameters(width):
    return {"gain": jnp.ones(width), "bias": jnp.zeros(width)}


def norm(layer, x):
    centred = x - x.mean(-1, keepdims=True)
    return centred / jnp.sqrt(x.var(-1, keepdims=True) + 1e-5) * layer["gain"] + layer["bias"]


def with_one(x):
    return jnp.concatenate([jnp.ones((x.shape[0], 1)), x], 1)


def head(width):
    return [linear(width, 64), linear(64, CLASSES)]


def run_head(layers, x):
    return apply(layers[1], relu(apply(layers[0], x)))


def encoders():
    return [[linear(d, h), linear(h, h)] for d, h in zip(WIDTHS, HIDDEN)]


def encode(layers, inputs):
    return [relu(apply(e[1], relu(apply(e[0], x)))) for e, x in zip(layers, inputs)]


def vectors(parameters, fuse, width):
    """A vector workload: encoders, the fusion, the head."""
    parameters = dict(parameters, encoders=encoders(), head=head(width))
    return parameters, lambda p, inputs: run_head(p["head"], fuse(p, encode(p["encoders"], inputs)))


def concat():
    return vectors({}, lambda p, xs: jnp.concatenate(xs, -1), sum(HIDDEN))


def gated(width=128):
    def fuse(p, xs):
        joined = jnp.concatenate(xs, -1)
        pairs = zip(p["gate"], p["value"], xs)
        return sum(jax.nn.sigmoid(apply(g, joined)) * jnp.tanh(apply(v, x)) for g, v, x in pairs)

    gate, value = [linear(sum(HIDDEN), width) for _ in HIDDEN], [linear(h, width) for h in HIDDEN]
    return vectors({"gate": gate, "value": value}, fuse, width)


def lmf(rank=8, width=128):
    def fuse(p, xs):
        product = 1
        for x, factor in zip(xs, p["factors"]):
            product = product * jnp.einsum("bi,rio->rbo", with_one(x), factor)
        return jnp.einsum("r,rbo->bo", p["weights"], product) + p["bias"]

    factors = [normal(rank, h + 1, width) * 0.05 for h in HIDDEN]
    return vectors({"factors": factors, "weights": normal(rank), "bias": jnp.zeros(width)}, fuse, width)


def tfn(width=128):
    def fuse(p, xs):
        x, y, z = (with_one(v) for v in xs)
        return relu(apply(p["project"], jnp.einsum("bi,bj,bk->bijk", x, y, z).reshape(x.shape[0], -1)))

    return vectors({"project": linear(129 * 33 * 33, width)}, fuse, width)


def attention_parameters(width):
    return {name: linear(width, width) for name in "qkvo"}


def self_attention(p, x, heads=4):
    batch, time, width = x.shape
    q, k, v = (apply(p[n], x).reshape(batch, time, heads, -1).transpose(0, 2, 1, 3) for n in "qkv")
    weights = softmax(q @ k.swapaxes(-1, -2) / np.sqrt(width // heads))
    return apply(p["o"], (weights @ v).transpose(0, 2, 1, 3).reshape(batch, time, width))


def attention(width=128):
    def fuse(p, xs):
        x = jnp.stack([apply(t, v) for t, v in zip(p["tokens"], xs)], 1)
        return norm(p["norm"], x + self_attention(p["attention"], x)).mean(1)

    tokens = [linear(h, width) for h in HIDDEN]
    return vectors({"tokens": tokens, "attention": attention_parameters(width), "norm": norm_parameters(width)}, fuse, width)


def coattention(steps=3, d=64):
    def forward(p, inputs):
        q, v = apply(p["queries"], inputs[0]), apply(p["keys"], inputs[1])
        for _ in range(steps):
            scores = q @ v.swapaxes(1, 2) / 8
            to_q, to_v = softmax(scores) @ v, softmax(scores.swapaxes(1, 2)) @ q
            q = norm(p["query_norm"], q + apply(p["query_map"], to_q))
            v = norm(p["key_norm"], v + apply(p["key_map"], to_v))
        return run_head(p["head"], jnp.concatenate([q.mean(1), v.mean(1)], -1))

    parameters = {"queries": linear(WIDTHS[0], d), "keys": linear(WIDTHS[1], d), "head": head(2 * d)}
    parameters |= {"query_map": linear(d, d), "key_map": linear(d, d)}
    return parameters | {"query_norm": norm_parameters(d), "key_norm": norm_parameters(d)}, forward


def lenet():
    def conv(p, x):
        layout = ("NHWC", "HWIO", "NHWC")
        return jax.lax.conv_general_dilated(x, p["w"], (1, 1), "SAME", dimension_numbers=layout) + p["b"]

    def pool(x):
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def forward(p, inputs):
        x = pool(relu(conv(p["second"], pool(relu(conv(p["first"], inputs[0]))))))
        return apply(p["last"], relu(apply(p["hidden"], x.reshape(x.shape[0], -1))))

    def conv_parameters(inputs, outputs):
        return {"w": normal(5, 5, inputs, outputs) / np.sqrt(25 * inputs), "b": jnp.zeros(outputs)}

    return {
        "first": conv_parameters(1, 32),
        "second": conv_parameters(32, 64),
        "hidden": linear(3136, 128),
        "last": linear(128, CLASSES),
    }, forward


def lstm(width=128):
    def forward(p, inputs):
        x = (inputs[0] @ p["input"] + p["bias"]).swapaxes(0, 1)

        def cell(state, step):
            h, c = state
            i, f, g, o = jnp.split(step + h @ p["recurrent"], 4, -1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zero = jnp.zeros((inputs[0].shape[0], width))
        return apply(p["last"], jax.lax.scan(cell, (zero, zero), x)[0][0])

    return {
        "input": normal(WIDTHS[0], 4 * width) * 0.05,
        "recurrent": normal(width, 4 * width) * 0.05,
        "bias": jnp.zeros(4 * width),
        "last": linear(width, CLASSES),
    }, forward


def transformer(width=128, hidden=512):
    def forward(p, inputs):
        x = apply(p["project"], inputs[0])
        for layer in p["layers"]:
            x = x + self_attention(layer["attention"], norm(layer["norm1"], x))
            x = x + apply(layer["second"], relu(apply(layer["first"], norm(layer["norm2"], x))))
        return apply(p["last"], x.mean(1))

    def layer():
        norms = {"norm1": norm_parameters(width), "norm2": norm_parameters(width)}
        maps = {"first": linear(width, hidden), "second": linear(hidden, width)}
        return {"attention": attention_parameters(width)} | norms | maps

    return {"project": linear(WIDTHS[0], width), "layers": [layer(), layer()], "last": linear(width, CLASSES)}, forward


def contrastive():
    def forward(p, inputs):
        x, y = (apply(tower[1], relu(apply(tower[0], v))) for tower, v in zip(p, inputs))
        x, y = (v / jnp.linalg.norm(v, axis=-1, keepdims=True) for v in (x, y))
        scores, label = x @ y.T / 0.07, jnp.arange(x.shape[0])
        loss = optax.softmax_cross_entropy_with_integer_labels
        return (loss(scores, label).mean() + loss(scores.T, label).mean()) / 2

    return [[linear(d, 128), linear(128, 64)] for d in WIDTHS[:2]], forward


def main():
    def product():
        a, b = normal(1024, 1024), normal(1024, 1024)
        multiply = jax.jit(lambda a, b: a @ b)
        return timed(lambda: multiply(a, b).block_until_ready())[0]

    rows = []
    kinds = {
        "vectors": [normal(BATCH, d) for d in WIDTHS],
        "sequences": [normal(BATCH, TIME, d) for d in WIDTHS],
        "wide": [normal(256, d) for d in WIDTHS],
        "image": [normal(BATCH, 28, 28, 1)],
    }
    uses = {"coattention": "sequences", "lstm": "sequences", "transformer": "sequences", "lenet": "image", "contrastive": "wide"}
    labels = jnp.asarray(generator.integers(0, CLASSES, BATCH))
    for name in options.chosen:
        parameters, forward = globals()[name]()
        inputs = kinds[uses.get(name, "vectors")]
        optimizer = optax.adam(1e-3)
        count = sum(x.size for x in jax.tree.leaves(parameters))

        def loss(p, xs):
            output = forward(p, xs)
            return output if output.ndim == 0 else optax.softmax_cross_entropy_with_integer_labels(output, labels).mean()

        def update(p, state, xs):
            value, gradients = jax.value_and_grad(loss)(p, xs)
            updates, state = optimizer.update(gradients, state)
            return optax.apply_updates(p, updates), state, value

        if options.evaluate:
            compiled = jax.jit(forward)
            last = [None]

            def step():
                last[0] = compiled(parameters, inputs)

            finish = lambda: last[0].block_until_ready()  # noqa: E731
        else:
            compiled = jax.jit(update, donate_argnums=(0, 1))
            state = [parameters, optimizer.init(parameters), None]

            def step():
                state[0], state[1], state[2] = compiled(state[0], state[1], inputs)

            finish = lambda: state[2].block_until_ready()  # noqa: E731
        report_ready()
        rows.append(row(name, options, timed(step, finish, turns=options.turns), count))
    report_all(rows, product)


main()
