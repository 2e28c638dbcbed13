#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What recording costs a web server of several threads, at full load.

gunicorn with one worker of four threads, and wrk, which keeps four connections
busy. Start and end of the server are not in it.
"""
import sys

import bench
import harness

sys.path.insert(0, str(bench.HERE.parent / "endurance"))
import web  # noqa: E402


def measure(rounds):
    reason = web.why_not()
    if reason:
        return bench.skip(bench.WEB.what, reason)
    seconds = bench.sized(2, 1)
    lost = []
    with bench.folder() as folder:
        trace = folder / "gil.trace"

        def recorded():
            with web.Server(folder, [harness.GILSCOPE, "record", "-o", trace, "--"]) as server:
                rate = server.load(seconds).requests_per_s
            lost.append(bench.lost_events(trace))
            return rate

        def bare():
            with web.Server(folder) as server:
                return server.load(seconds).requests_per_s

        ours, theirs = bench.alternate(rounds, recorded, bare)
        bench.compare(bench.WEB, ours, theirs, "requests/s", ("recorded", "not"))
        events = bench.count_events(trace)
        bench.verdict(bench.WEB_LOSS, [max(lost)], f"{rounds} runs, the last of {events:,} events")


if __name__ == "__main__":
    bench.main(measure, rounds=4)
