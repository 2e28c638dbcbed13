#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The viewer's file: what is in it is what the report says, whatever the trace is like."""
import base64
import collections
import hashlib
import random
import re
import shutil
import subprocess
import sys
import unittest

import harness
import viewer_file

sys.path.insert(0, str(harness.SOURCE / "tests" / "unit"))
import ctf  # noqa: E402

GIL, OTHER_GIL = 3 << 32 | 1, 4 << 32 | 1
TICKED = 1
NODE = shutil.which("node")
HOSTILE = b"</script><script>alert(1)</script>\x01\xff\xe2\x80\xae\"'<!--" + b"x" * 10000
KINDS = {"ENTRY": 0, "BUSY": 1, "lost race": 2, "timed out": 3, "ACQUIRE": 4, "RELEASE": 5, "requested": 6}


class Battle:
    """Rows of a trace: threads of one GIL fight for it; now and then one does what it must not."""

    def __init__(self, seed, gil, ticked, pid, threads, lawful=True):
        self.random, self.gil, self.ticked, self.lawful = random.Random(seed), gil, ticked, lawful
        self.now, self.checks, self.rows, self.holder = 1_000_000, 0, [], None
        self.states = dict.fromkeys(range(pid, pid + threads), "outside")
        self.add("gil:create", gil, pid, 1, TICKED if ticked else 0, 100 if ticked else 5000, b"", b"d<b>", b"v&")
        for tid in self.states:
            self.add("gil:thread", gil, tid, pid, tid, tid, tid == pid, HOSTILE if tid == pid else b"worker")

    def add(self, name, *values):
        self.now += self.random.choice((1, 40, 900, 25000))
        self.rows.append((self.now, name, *values))

    def hot(self, name, tid, *more):
        tick = self.random.randrange(100) if self.ticked else -1
        self.add("gil:" + name, self.gil, tid, tick, self.checks, *more)

    def step(self):
        tid = self.random.choice(list(self.states))
        state = self.states[tid]
        if not self.lawful and self.random.random() < 0.05:
            state = self.random.choice(("outside", "entering", "waiting", "holding"))
        if state == "holding":
            self.checks += self.random.randrange(3)
            self.hot("release", tid, self.random.random() < 0.5)
            self.states[tid], self.holder = "outside", None
        elif state == "outside":
            self.hot("entry", tid)
            self.states[tid] = "entering"
        elif self.holder is None:
            self.hot("acquire", tid)
            self.states[tid], self.holder = "holding", tid
        elif state == "entering" and self.random.random() < 0.2:
            self.add("gil:leave", self.gil, tid, self.random.choice((0, 1)))
            self.states[tid] = "outside"
        elif state == "entering":
            self.hot("busy", tid)
            self.states[tid] = "waiting"
        else:
            self.hot("retry", tid, self.random.random() < 0.5)

    def play(self, steps):
        for _ in range(steps):
            self.step()
        return self


class View(harness.TestCase):
    needs_lttng = False
    files = 0

    def write(self, *streams):
        ctf.write(self.trace, streams)

    def view(self, *options):
        self.gilscope("view", self.trace, "-o", self.folder / "a.html", *options)
        return viewer_file.read(self.folder / "a.html")

    def compare_counts(self, page, report):
        lanes = page.meta["lanes"]
        counts = [collections.Counter() for _ in lanes]
        sums = [collections.Counter() for _ in lanes]
        for event in page.events():
            counts[event.lane][event.kind] += event.kind != viewer_file.STATE
            if event.kind in (5, 6):
                sums[event.lane].update(checks=event.checks, ticks=event.ticks)
        for lane, n, s in zip(lanes, counts, sums):
            if lane["row"] is None:  # of the last holder before the begin
                self.assertFalse(n + s, lane)
                continue
            row = report["threads"][lane["row"]]
            self.assertEqual((row["number"], row["name"], row["tid"], row["first_ns"], row["last_ns"]),
                             (lane["number"], lane["name"], lane["tid"], lane["first_ns"], lane["last_ns"]))
            self.assertEqual([row["acquisitions"], row["busy"], row["retries"], row["retries_timed_out"]],
                             [n[4], n[1], n[2] + n[3], n[3]])
            self.assertEqual([row["releases"], row["releases_requested"]], [n[5] + n[6], n[6]])
            self.assertEqual([row["checks"], row["ticks"] or 0], [s["checks"], s["ticks"]])

    def compare_stays(self, page, report):
        """Whole holds, and the time in each state: to the ns."""
        held = [[] for _ in page.meta["lanes"]]
        spent = [collections.Counter() for _ in page.meta["lanes"]]
        for stay in page.stays():
            if stay.state == viewer_file.HOLDING and stay.whole:
                held[stay.lane].append(stay.to_ns - stay.from_ns)
            spent[stay.lane][stay.state] += stay.to_ns - stay.from_ns
        for lane, holds, ns in zip(page.meta["lanes"], held, spent):
            if lane["row"] is None:
                continue
            row = report["threads"][lane["row"]]
            self.assertEqual((row["hold_ns"]["count"], row["hold_ns"]["total"]), (len(holds), sum(holds)))
            for state, name in enumerate(("unknown", "outside", "entering", "waiting", "holding")):
                self.assertEqual(row["state_ns"][name], ns[state], (lane["tid"], name))

    def compare_overview(self, page, report):
        plane = page.overview
        for i, lane in enumerate(page.meta["lanes"]):
            if lane["row"] is None:
                continue
            row = report["threads"][lane["row"]]
            self.assertEqual([sum(plane["acquisitions"][i]), sum(plane["failed"][i])],
                             [row["acquisitions"], row["failed_attempts"]])
        for i, gil in enumerate(report["gils"]):
            self.assertEqual([sum(plane[name][i]) for name in ("checks", "ticks", "switches")],
                             [gil["checks"], gil["ticks"] or 0, gil["switches"]])
            self.assertEqual(max(plane["waiters_max"][i]), gil["waiters_max"])
        self.compare_shares(page)

    def compare_shares(self, page):
        """Each share is right to half a step."""
        width, n = page.meta["overview"]["width_ns"], page.meta["overview"]["buckets"]
        self.assertTrue((n - 1) * width < max(page.meta["duration_ns"], 1) <= n * width)
        ns = collections.Counter()
        for stay in page.stays():
            for b in range(stay.from_ns // width, (max(stay.to_ns, 1) - 1) // width + 1):
                part = min(stay.to_ns, (b + 1) * width) - max(stay.from_ns, b * width)
                ns[stay.state, stay.lane, b] += max(part, 0)
        for state, name in ((0, "unknown"), (2, "entering"), (3, "waiting"), (4, "holding")):
            for i, row in enumerate(page.overview[name]):
                for b, share in enumerate(row):
                    of = width if b + 1 < n else page.meta["duration_ns"] - b * width
                    exact = 255 * ns[state, i, b] / of
                    self.assertLessEqual(abs(share - exact), 0.5001 if exact >= 1 else 1, (name, i, b))
                    self.assertEqual(share > 0, exact > 0, (name, i, b))

    def compare(self, *options):
        page = self.view(*options)
        exported = self.gilscope("export", self.trace, "--to", "json", "-o", "-", *options).out
        self.assertEqual(page.report, exported)
        report = self.report(options=options)
        self.compare_counts(page, report)
        self.compare_stays(page, report)
        self.compare_overview(page, report)
        return page

    def compare_statistics(self, files):
        """What the page's own modules count, of all and of parts."""
        check = harness.SOURCE / "tests" / "viewer" / "check_stats.mjs"
        done = subprocess.run([NODE, check, harness.GILSCOPE, *(word for file in files for word in (*file, "---"))],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(done.stdout.count(" events decoded and replayed in "), len(files))

    def parts(self, seed, *options):
        """A file, and what to look at in it: the whole, a begin, and parts by chance, some of them short."""
        chance = random.Random(seed)
        page = self.folder / ("%d.html" % self.files)
        self.files += 1
        self.gilscope("view", self.trace, "-o", page, *options)
        begins = [(chance.random() * 0.9, chance.choice((0.01, 0.1, 0.5))) for _ in range(3)]
        return [self.trace, page, "0,1", "0,0.3", *("%.5f,%.5f" % (at, min(at + size, 1)) for at, size in begins), "--", *options]

    def test_all_numbers(self):
        one = Battle(1, GIL, True, 70, 5).play(3000)
        two = Battle(2, OTHER_GIL, False, 90, 2).play(500)
        self.write(ctf.packet(0, ctf.EVENTS, one.rows), ctf.packet(1, ctf.EVENTS, two.rows))
        page = self.compare()
        self.assertEqual({g["pid"]: g["ticked"] for g in page.meta["gils"]}, {70: True, 90: False})
        self.assertEqual(page.meta["left_out"], {"events": 0, "from_ns": None, "threads": 0})
        for options in (("--time", "20%-70%"), ("--thread", "worker"), ("--gil", "1"), ("--gil", "1", "--time", "30%-40%")):
            self.compare(*options)

    def write_broken(self, seed):
        battle = Battle(seed, GIL, seed % 2 == 0, 70, 4, lawful=False).play(400)
        self.trace = str(self.folder / ("trace-%d" % seed))
        third = len(battle.rows) // 3
        self.write(b"".join(ctf.packet(0, ctf.EVENTS, rows, discarded=lost, sequence=i) for i, (rows, lost) in enumerate(
            ((battle.rows[:third], 0), (battle.rows[third + 20:2 * third], 20), (battle.rows[2 * third:], 20)))))

    @unittest.skipUnless(NODE, "there is no node, which runs the page's modules")
    def test_the_page_counts_parts_as_the_report_does(self):
        self.write(ctf.packet(0, ctf.EVENTS, Battle(1, GIL, True, 70, 5).play(2000).rows),
                   ctf.packet(1, ctf.EVENTS, Battle(2, OTHER_GIL, False, 90, 2).play(500).rows))
        files = [self.parts(seed, *options) for seed, options in enumerate((
            (), ("--time", "20%-70%"), ("--gil", "1"), ("--gil", "0", "--time", "13.1%-40%"),
            ("--thread", "worker"), ("--thread", "worker", "--time", "20%-60%")))]
        for seed in range(3):
            self.write_broken(seed)
            files += [self.parts(seed), self.parts(seed, "--time", "%d%%-90%%" % (25 + seed))]
        self.compare_statistics(files)

    def test_holes_and_unlawful_events(self):
        for seed in range(6):
            self.write_broken(seed)
            page = self.compare()
            self.assertEqual([loss["events"] for loss in page.meta["losses"]], [20])
            self.assertTrue(any(e.unlawful for e in page.events()))
            self.compare("--time", "30%-80%")

    def test_the_page_trusts_no_name(self):
        self.write(ctf.packet(0, ctf.EVENTS, Battle(3, GIL, True, 70, 2).play(50).rows))
        page = self.view()
        self.assertTrue(page.meta["lanes"][0]["name"].startswith("</script>"))
        self.assertNotIn("alert(1)", page.text)
        program, = re.findall(r"<script>(.*?)</script>", page.text, re.S)
        style, = re.findall(r"<style>(.*?)</style>", page.text, re.S)
        policy, = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page.text)
        for name, text in (("script", program), ("style", style)):
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            self.assertIn("%s-src 'sha256-%s'" % (name, digest), policy)
        self.assertIn("default-src 'none'", policy)
        self.assertEqual(len(re.findall("<script", page.text.replace(program, ""))), len(page.parts) + 1)
        self.assertEqual([name for name, _ in page.parts], ["meta", "report", "overview", "block"])
        self.assertLess(page.text.index(program), page.text.index('data-part="block"'))

    def test_several_blocks(self):
        """Also: size, and that the order of the command's words and the place do not matter."""
        rows = Battle(4, GIL, True, 70, 3).play(140_000).rows
        self.write(b"".join(ctf.packet(0, ctf.EVENTS, rows[i:i + 1000], sequence=i // 1000)
                            for i in range(0, len(rows), 1000)))
        done = self.gilscope("view", self.trace)
        self.assertRegex(done.err, r"^wrote gil.html \(.* [kM]B\): open it in a browser\n")
        page = viewer_file.read(self.folder / "gil.html")
        self.assertEqual([block["events"] for block in page.meta["blocks"][:2]], [65536, 65536])
        self.compare_counts(page, self.report())
        self.assertEqual(self.gilscope("view", self.trace, "-o", "-").out, page.text)
        self.gilscope("export", self.trace, "--to", "html", "-o", self.folder / "b.html")
        self.assertEqual(viewer_file.read(self.folder / "b.html").text, page.text)


class Pack(harness.TestCase):
    """The build's step that joins the modules."""
    needs_lttng = False

    def pack(self, **modules):
        names = {"main": "", "worker": "export const here = 1;\n", "a": "export const a = 1;\n", "b": "export const b = 1;\n"}
        for name, text in {**names, **modules}.items():
            (self.folder / (name + ".js")).write_text(text)
        (self.folder / "page.html").write_text("<!-- policy --><!-- style --><!-- data -->\n<!-- blocks -->\n")
        (self.folder / "style.css").write_text("p { color: red; }")
        files = [self.folder / name for name in ("page.html", "style.css", "main.js", "worker.js", "a.js", "b.js")]
        return harness.run(harness.SOURCE / "viz" / "viewer" / "pack", self.folder / "page.c", *files)

    def test_modules_are_in_the_order_in_which_they_need_each_other(self):
        done = self.pack(main="import { b } from './b.js';\nimport { a } from './a.js';\nstart(a, b);\n",
                         b="import { a } from './a.js';\nexport const b = a;\n")
        self.assertEqual((done.status, done.err), (0, ""))
        page = (self.folder / "page.c").read_text()
        self.assertEqual(re.findall(r"// (\w+)\.js", page), ["a", "b", "main"])
        self.assertNotIn("import", page)

    def test_what_cannot_be_joined_is_refused(self):
        for modules, sentence in (
                ({"main": "import { a } from './a.js';\nlet x = f(1, 2), a = 2;\n"}, "a.js and main.js both declare a"),
                ({"main": "import { c } from './a.js';\n"}, "main.js imports c, which a.js does not export"),
                ({"main": "import { a as c } from './a.js';\n"}, "'import a as c'"),
                ({"main": "import a from './a.js';\n"}, "say import { names }"),
                ({"main": "export default 1;\n"}, "'export default'"),
                ({"main": "import './c.js';\n"}, "main.js imports './c.js', which is not there"),
                ({"main": "import './a.js';\n", "a": "import './b.js';\n", "b": "import './a.js';\n"},
                 "a circle of imports: a.js -> b.js -> a.js"),
                ({"main": "say('</script>');\n"}, "has '</script'")):
            done = self.pack(**modules)
            self.assertEqual(done.status, 1, modules)
            self.assertIn(sentence, done.err)


if __name__ == "__main__":
    harness.main()
