"""What both baselines share: sizes, timing as the Swift program times, and the JSON lines they print.

With --turns a program times a group of steps for every line that it reads, so that whoever compares several can let them
take turns of a quarter of a second: the speed of a shared machine changes within a minute by more than what is compared.
"""
import argparse
import json
import resource
import statistics
import sys
import time

BATCH, TIME, WIDTHS, HIDDEN, CLASSES = 64, 50, (300, 74, 35), (128, 32, 32), 7
WORKLOADS = ("concat", "gated", "lmf", "tfn", "attention", "coattention", "lenet", "lstm", "transformer", "contrastive")


def arguments(description, engines):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--engine", choices=engines, default=engines[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="", help="workload names separated by commas")
    parser.add_argument("--evaluate", action="store_true", help="time the forward pass only, no gradients kept")
    parser.add_argument("--turns", action="store_true", help="time a group of steps for every line of the standard input")
    options = parser.parse_args()
    options.only = [name for name in options.only.split(",") if name]
    for name in options.only:
        if name not in WORKLOADS:
            parser.error(f"no workload is called {name!r}; known: {', '.join(WORKLOADS)}")
    options.chosen = [name for name in WORKLOADS if not options.only or name in options.only]
    if options.turns and len(options.chosen) != 1:
        parser.error("--turns is of one workload: name it with --only")
    return options


def timed(step, finish=lambda: None, groups=7, budget=0.25, turns=False):
    """Median and minimum milliseconds of a call, over groups long enough to measure; with `turns` one for each line read."""
    def seconds(count):
        start = time.perf_counter()
        for _ in range(count):
            step()
        finish()
        return time.perf_counter() - start

    seconds(5)
    count = max(1, int(budget / max(seconds(1), 1e-5)))
    times = []
    if turns:
        say(turn="begins")
    for _ in sys.stdin if turns else range(groups):
        if turns:
            seconds(max(1, count // 10))  # what the others pushed out of the caches
        times.append(seconds(count) / count * 1e3)
        if turns:
            say(turn=round(times[-1], 4))
    return statistics.median(times), min(times)


def say(**what):
    print(json.dumps(what), flush=True)


def peak_megabytes():
    """The most memory the process has held so far."""
    if sys.platform.startswith("linux"):
        # of this program alone: what getrusage says includes the parent's until exec
        with open("/proc/self/status") as status:
            return round(next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1048576, 1)  # bytes


def report_ready():
    """Says that the next thing is the first step, by the clock that every process of the machine shares."""
    say(ready=time.monotonic_ns())


def report_rate(milliseconds):
    say(sgemm_gflops=round(2 * 1024**3 / milliseconds / 1e6, 1))


def row(workload, options, result, parameters):
    """What a measured workload prints."""
    return {
        "workload": workload,
        "engine": options.engine,
        "threads": options.threads,
        "milliseconds": round(result[0], 4),
        "minimum": round(result[1], 4),
        "parameters": parameters,
        "peak_megabytes": peak_megabytes(),
    }


def report_all(rows, product):
    """The machine's rate as the engine multiplies, measured last so that its matrices are in no workload's memory;
    then the rows."""
    if rows:
        report_rate(product())
    for each in rows:
        say(**each)
