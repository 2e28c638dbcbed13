#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Events lost, against their rate and the size of the buffers."""
import bench
import bench_trace

RATES_PER_S = 1000000, 4000000, 8000000
SIZES = "256K", "1M", "4M"
SECONDS = 1


def measure(rounds):
    with bench.folder() as folder:
        trace = folder / "gil.trace"

        def flood(rate_per_s, size):
            """(percent lost, emitted, reached million events/s)"""
            emitted, lost, reached = bench_trace.flood(trace, rate_per_s, SECONDS, ("--buffer-size", size))
            return 100 * lost / emitted, emitted, reached

        pairs = [(rate, size) for rate in bench.sized(RATES_PER_S, RATES_PER_S[1:2])
                 for size in bench.sized(SIZES, SIZES[::2])]
        results = bench.alternate(rounds, *(lambda pair=pair: flood(*pair) for pair in pairs))
        for (rate, size), runs in zip(pairs, results):
            lost, emitted, reached = zip(*runs)
            bench.verdict(bench.LOSS_AT, lost, f"{emitted[0]:,} events, {min(reached):.2f} million/s reached at least",
                          f", {rate / 1e6:.0f} million/s, {size}iB per CPU")


if __name__ == "__main__":
    bench.main(measure, rounds=3)
