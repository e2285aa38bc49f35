# make quickstart   from a clean machine with Swift to a report that compares five fusions
# make test         builds and runs every test
# make bench        Braid against PyTorch and JAX (training at 1 and 2 threads, evaluation, a sweep) and Pillow; what 1,000 cells cost
# make instructions the instructions of a training step against the figures kept (Linux)
# make soak         ten minutes of training steps, whose memory must not grow
# make sanitize     every test under the address sanitizer, then under the thread sanitizer
#
# Each target first installs what it needs and is missing (tools/setup).
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help quickstart test bench instructions soak sanitize format-check clean

BRAID := .build/release/braid
PEERS ?= $(or $(BRAID_PEERS),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/braid/peers)
EXPERIMENT ?= experiments/quickstart.yaml

# Homebrew's libraries are not where the compiler looks by itself.
ifeq ($(shell uname -s),Darwin)
  BREW := $(shell brew --prefix 2>/dev/null)
  export CPATH := $(BREW)/include:$(CPATH)
  export LIBRARY_PATH := $(BREW)/lib:$(LIBRARY_PATH)
  export PKG_CONFIG_PATH := $(BREW)/opt/openblas/lib/pkgconfig:$(PKG_CONFIG_PATH)
endif

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -n 8

quickstart:
	@tools/setup build quickstart
	swift build -c release --product braid
	@test -f data/emoji/digest.txt || $(BRAID) data prepare emoji
	$(BRAID) run $(EXPERIMENT)

# The emoji tests check the data set against known counts and sums: they need its sources. Those of the Slurm launcher
# start a cluster on this machine, and one reads event files with TensorBoard's reader. What this machine cannot do is
# skipped, and says so; with BRAID_ALL_TESTS=1, as in .ci/run, it fails.
test:
	@tools/setup build quickstart faults
	@tools/setup slurm || echo "setup: the tests on a Slurm cluster cannot run"
	@tools/setup tensorboard || echo "setup: the test with TensorBoard's reader cannot run"
	tools/test

bench:
	@tools/setup build bench
	Benchmarks/run --python "$(PEERS)/bin/python" --threads 1
	Benchmarks/run --python "$(PEERS)/bin/python" --threads 2 --skip-build
	Benchmarks/run --python "$(PEERS)/bin/python" --threads 1 --evaluate --skip-build
	"$(PEERS)/bin/python" Benchmarks/pictures
	swift build -c release --product braid
	Benchmarks/sweep --python "$(PEERS)/bin/python"
	Benchmarks/cells --cells 1000

instructions:
	@tools/setup build counting
	Benchmarks/instructions

soak:
	@tools/setup build
	Benchmarks/build
	Benchmarks/.build/release/braid-bench --soak 10

sanitize:
	@tools/setup build quickstart
	@tools/setup slurm || echo "setup: the tests on a Slurm cluster will be skipped"
	tools/sanitize address
	tools/sanitize thread

format-check:
	swift format lint --strict --parallel --recursive Package.swift Sources Plugins Tests Examples Benchmarks/Sources

clean:
	rm -rf .build
