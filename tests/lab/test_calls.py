# SPDX-License-Identifier: MIT
"""The pthread calls of the lab's locks, as an independent preload library writes them down."""
import collections
import json
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "probe")]
import check_calls  # noqa: E402
import harness  # noqa: E402

CALLS = harness.BUILD / "tests" / "probe" / "calls.so"


class Calls(harness.TestCase):
    needs_lttng = False

    def run_logged(self, *words):
        """Its truth; the calls are in self.calls."""
        self.calls = self.folder / "calls"
        self.calls.unlink(missing_ok=True)
        truth = self.folder / "truth.json"
        result = harness.run(harness.GILRUN, "--no-trace", "--truth", truth, *words,
                             env={"LD_PRELOAD": str(CALLS), "GILSCOPE_CALLS": str(self.calls)})
        self.assertEqual(result.status, 0, result.err)
        return json.loads(truth.read_text())

    def test_interval_calls_what_cpython_calls_in_its_order(self):
        """CPython's grammar, strictly: each call on the GIL is part of a take, a drop or a switch."""
        for scenario in ("battle", "mixed", "convoy"):
            with self.subTest(scenario=scenario):
                truth = self.run_logged("--gil", "interval", "--switch-interval", "500us", "--set",
                                        "operations=20" if scenario == "convoy" else "count=100000", scenario)
                done = harness.run(harness.PYTHON, TESTS / "probe" / "check_calls.py", self.calls)
                self.assertEqual(done.status, 0, done.out + done.err)
                acquisitions = sum(t["acquisitions"] for t in truth["threads"])
                self.assertIn(f"TAKE {acquisitions}, DROP {acquisitions}, ", done.out)
                self.assertIn("unmatched 0", done.out)

    def test_the_path_of_cond_has_the_calls_of_cpython_2_and_no_other(self):
        """A take locks and unlocks, a drop locks, unlocks and signals, as in 2.x's thread_pthread.h."""
        truth = self.run_logged("--count", "20000", "sequential")
        acquisitions = sum(t["acquisitions"] for t in truth["threads"])
        calls = collections.Counter((obj, letter) for _, _, obj, letter in check_calls.read(self.calls))
        (mutex, _), _ = max(((key, n) for key, n in calls.items() if key[1] == "L"), key=lambda item: item[1])
        (cond, _), _ = max(((key, n) for key, n in calls.items() if key[1] == "S"), key=lambda item: item[1])
        self.assertEqual(calls[mutex, "L"], 2 * acquisitions)
        self.assertEqual(calls[mutex, "U"], 2 * acquisitions)
        self.assertEqual(calls[cond, "S"], acquisitions)
        # The rest starts and joins one thread, once.
        others = sum(n for (obj, _), n in calls.items() if obj not in (mutex, cond))
        self.assertLess(others, 60)


if __name__ == "__main__":
    harness.main()
