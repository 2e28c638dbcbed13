#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The picture: valid XML that asks for nothing, with the report's numbers, whatever the threads are called."""
import re
import sys
import xml.etree.ElementTree as ElementTree

import harness

sys.path.insert(0, str(harness.SOURCE / "tests" / "unit"))
import ctf  # noqa: E402

GIL = 1 << 32 | 1
US = 1000
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ["</text><script>alert(1)</script>", "\x1b[31mred\x07", "two\nlines", "\u202egnp.exe", b"\xff\xfe broken \xc3",
           "&amp; ]]> <!--", "\uffff\ufffe", "x" * 200, "é" * 31, 'a "quoted" one']
STAYS_DRAWN_ONE_BY_ONE = "Each stay and each attempt is drawn."


def thread(tid, name):
    return (2, "gil:thread", GIL, tid, 77, tid, 7 << 40, 0, name)


def hot(at, event, tid, *more, tick=100):
    return (at, "gil:" + event, GIL, tid, tick, 5, *more)


def turns(tids, rounds):
    """Each in turn finds the GIL taken, gets it after 1 us, and keeps it for 3 us."""
    at, holder = 1000, None
    for tid in tids * rounds:
        yield hot(at, "entry", tid)
        if holder:
            yield hot(at + 100, "busy", tid)
            yield hot(at + 900, "release", holder, 1, tick=0)
        yield hot(at + US, "acquire", tid)
        at, holder = at + 4 * US, tid


def spoken(ratio):
    return "-" if ratio is None else f"{100 * ratio:.1f} %"


class Svg(harness.TestCase):
    needs_lttng = False

    def write(self, names, rounds=2, **packet):
        tids = list(range(100, 100 + len(names)))
        rows = [(1, "gil:create", GIL, 77, 1, 7, 100, "", "ticks", "test 1"), *map(thread, tids, names), *turns(tids, rounds)]
        ctf.write(self.trace, [ctf.packet(0, ctf.EVENTS, rows, **packet)])

    def draw(self, *options):
        """The text, and the parsed picture."""
        text = self.gilscope("export", self.trace, "--to", "svg", "-o", "-", *options).out
        return text, ElementTree.fromstring(text)

    def assert_asks_for_nothing(self, text):
        self.assertNotIn("<script", text)
        self.assertEqual(re.findall(r"\w+://[^\"]*", text), ["http://www.w3.org/2000/svg"])
        self.assertNotRegex(text, r"href|\bon\w+=|@import|<foreignObject|url\((?!#)")

    def test_numbers_are_those_of_the_report(self):
        self.write(["one", "two", "three"], rounds=30)
        text, picture = self.draw()
        words = picture.find(SVG + "desc").text
        shown = ["".join(t.itertext()) for t in picture.iter(SVG + "text")]
        report = self.report()
        self.assertEqual(picture.find(SVG + "title").text, report["findings"][0]["verdict"])
        for row in report["threads"]:
            self.assertIn(f"{row['name']}: holds {spoken(row['hold_ratio'])}, waits {spoken(row['wait_ratio'])} of its "
                          f"life, {row['failed_attempts']:,} failed attempt", words)
            self.assertIn(row["name"], shown)
            self.assertIn(spoken(row["hold_ratio"]), shown)
            self.assertIn(spoken(row["wait_ratio"]), shown)
        gil = report["gils"][0]
        self.assertIn(f"held {spoken(gil['utilisation'])} of the time", words)
        self.assertIn(f"{gil['failed_attempts']:,} failed attempts", words)
        self.assertIn(STAYS_DRAWN_ONE_BY_ONE, shown)
        self.assert_asks_for_nothing(text)

    def test_each_failed_attempt_is_a_mark_when_zoomed_in(self):
        self.write(["one", "two"], rounds=5)
        marks = [p.get("d").count("M") for p in self.draw()[1].findall(SVG + "path[@class='f']")]
        self.assertEqual(marks, [row["failed_attempts"] for row in self.report()["threads"] if row["failed_attempts"]])

    def test_holds_of_a_long_trace_fill_their_share(self):
        """The area below the steps is the part of the time that the report says."""
        self.write(["one", "two"], rounds=3000)
        _, picture = self.draw()
        self.assertNotIn(STAYS_DRAWN_ONE_BY_ONE, ["".join(t.itertext()) for t in picture.iter(SVG + "text")])
        report = self.report()
        held = [p for p in picture.findall(SVG + "path[@class='h']")]
        self.assertEqual(len(held), 2)
        for path, row in zip(held, report["threads"]):
            height = area = 0
            for letter, number in re.findall(r"([hv])(-?[\d.]+)", path.get("d")):
                height -= float(number) if letter == "v" else 0
                area += float(number) * height if letter == "h" else 0
            share = row["hold_ns"]["total"] / report["trace"]["duration_ns"]
            self.assertAlmostEqual(area / (730 * 26), share, delta=0.01)
        self.assertEqual(len(picture.findall(SVG + "path[@class='f']")), 2)

    def test_hostile_names_are_text(self):
        self.write(HOSTILE)
        text, picture = self.draw()
        self.assert_asks_for_nothing(text)
        self.assertNotRegex(text, "[\x00-\x08\x0b-\x1f\x7f\u202e\ufffe\uffff]")
        self.assertIn("</text><script>alert(1)</script>: holds", picture.find(SVG + "desc").text)
        self.assertIn(r"\x1b[31mred\x07: holds", picture.find(SVG + "desc").text)

    def test_light_and_dark_and_spoken(self):
        self.write(["one", "two"])
        text, picture = self.draw()
        self.assertIn("@media(prefers-color-scheme:dark)", text)
        self.assertEqual(picture.get("role"), "img")
        ids = picture.get("aria-labelledby").split()
        self.assertEqual([picture.find(f"*[@id='{i}']").tag for i in ids], [SVG + "title", SVG + "desc"])

    def test_width(self):
        self.write(["one", "two"])
        self.assertEqual(self.draw()[1].get("width"), "1000")
        self.assertEqual(self.draw("--width", "640")[1].get("width"), "640")
        for width in ("399", "10001", "99999999999"):
            wrong = self.gilscope("export", self.trace, "--to", "svg", "-o", "-", "--width", width, expect=2)
            self.assert_one_sentence(wrong.err, "400 to 10000 px")

    def test_time(self):
        self.write(["one", "two"], rounds=3000)
        _, picture = self.draw("--time", "+1ms,+1.1ms")
        shown = ["".join(t.itertext()) for t in picture.iter(SVG + "text")]
        self.assertIn(STAYS_DRAWN_ONE_BY_ONE, shown)
        self.assertTrue(any("100 us from +0.001000 s on" in s for s in shown), shown)
        report = self.report(options=["--time", "+1ms,+1.1ms"])
        for row in report["threads"]:
            self.assertIn(f"{row['name']}: holds {spoken(row['hold_ratio'])}", picture.find(SVG + "desc").text)

    def test_what_was_lost_is_hatched(self):
        self.write(["one", "two"])
        self.assertEqual(self.draw()[1].findall(SVG + "rect[@class='l']"), [])
        self.trace += "-lossy"
        self.write(["one", "two"], discarded=5)
        text, picture = self.draw()
        self.assertEqual(len(picture.findall(SVG + "rect[@class='l']")), 1)
        self.assertIn("incomplete: events are lost", text)

    def test_of_many_threads_those_with_the_most_wait(self):
        self.write([f"n{i}" for i in range(50)], rounds=4)
        _, picture = self.draw()
        words = picture.find(SVG + "desc").text
        waits = sorted(((row["wait_ns"]["total"], row["name"]) for row in self.report()["threads"]), reverse=True)
        self.assertGreater(waits[39][0], 0)
        self.assertEqual(len(re.findall(r"^n\d+: holds", words, re.M)), 40)
        self.assertIn("10 threads left out", words)
        self.assertIn("10 more threads are left out: these waited most.", ["".join(t.itertext()) for t in picture.iter(SVG + "text")])
        for wait, name in waits:
            if wait > waits[39][0]:
                self.assertIn(f"\n{name}: holds", words)


if __name__ == "__main__":
    harness.main()
