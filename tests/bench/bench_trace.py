#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is written: the size of an event, and what is lost of 4 million events a second."""
import json

import bench
import harness

EVENTS_PER_S = 4000000
SECONDS, QUICK_SECONDS = 2, 1


def measure_size(trace):
    """A real program: the two-thread ping-pong has all the common events."""
    bench.record(trace, harness.PYTHON, bench.HERE / "workload.py", "pingpong", 20000)
    with bench.hot_channel(trace) as hot:
        size, events = bench.content_bytes(hot), bench.count_events(hot)
    bench.verdict(bench.EVENT_SIZE, [size / events],
                  f"{size:,.0f} bytes of content (packet headers in, padding out), {events:,} events")


def flood(trace, events_per_s, seconds, options=()):
    """(emitted, lost, million events/s). What is lost is what is missing; the recorder must know it, or that it does not."""
    out = bench.record(trace, bench.BUILT / "flood", harness.PROVIDER, events_per_s, seconds, may_lose=True, options=options)
    emitted, taken_ns = map(int, out.split())
    with bench.hot_channel(trace) as hot:
        lost = emitted - bench.count_events(hot)
    about = json.loads((trace / "gilscope.json").read_text())
    if about["lost_packets"] or lost < about["lost_events"] or about["loss_known"] and lost != about["lost_events"]:
        raise bench.CannotMeasure(f"{lost:,} events are missing, the recorder says {about['lost_events']:,}")
    return emitted, lost, emitted / taken_ns * 1000


def measure_loss(trace, rounds):
    runs = [flood(trace, EVENTS_PER_S, bench.sized(SECONDS, QUICK_SECONDS)) for _ in range(rounds)]
    emitted, losses, rates = zip(*runs)
    bench.verdict(bench.LOSS, [max(losses)],
                  f"{rounds} runs of {emitted[0]:,} events at {min(rates):.2f} to {max(rates):.2f} "
                  f"million/s, lost {', '.join(f'{loss:,}' for loss in losses)}",
                  "" if min(rates) > 0.9 * EVENTS_PER_S / 1e6 else f" (only {min(rates):.2f} million/s were reached)")


def measure(rounds):
    with bench.folder() as folder:
        measure_size(folder / "gil.trace")
        measure_loss(folder / "gil.trace", rounds)


if __name__ == "__main__":
    bench.main(measure, rounds=3)
