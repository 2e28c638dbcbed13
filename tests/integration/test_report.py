#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""gilscope report and diff as they are typed: options, what --fail-if says and exits with, two recordings."""
import os
import re
import shlex
import shutil

import harness


class Report(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        """Two recordings for all tests: a battle over time slices, which always fails somebody; and one over ticks, with
        an acquisition every 100 of them, far more than there can be time slices."""
        maker = cls.maker()
        cls.recordings = maker.folder
        for name, options in (("a.trace", ["--gil", "interval", "--switch-interval", "1ms", "--count", "1000000"]),
                              ("b.trace", ["--gil", "cond", "--count", "250000"])):
            maker.trace = str(maker.folder / name)
            maker.record_whole(harness.GILRUN, *options, "battle")
        cls.exported = maker.report(str(maker.folder / "a.trace"))

    def report_on(self, *options, expect=0):
        return self.gilscope("report", "a.trace", *options, cwd=self.recordings, expect=expect)

    def fails(self, *rules):
        """What a report says of rules that fail, a line each."""
        options = [word for rule in rules for word in ("--fail-if", rule)]
        result = self.report_on(*options, expect=1)
        self.assertIn("Data: ", result.out)  # the report is printed all the same
        return result.err.splitlines()

    def rows(self, text, title):
        """The rows of the table below a line that begins with `title`: lists of words."""
        below = text[re.search(f"^{title}.*\n", text, re.M).end():]
        return [line.split() for line in below.split("\n\n")[0].splitlines()]

    # ---- what is shown

    def test_parts_in_their_order(self):
        out = self.report_on().out
        parts = ["Process ", "Findings, the costliest first", "thread +tid ", "Who waited for whom", "who waited  for whom",
                 "How long", "Data: "]
        found = [re.search(f"^ *{part}", out, re.M) for part in parts]
        self.assertNotIn(None, found, out)
        self.assertEqual(sorted(found, key=lambda match: match.start()), found)
        verdict = out.splitlines()[0]
        self.assertEqual(verdict, self.exported["findings"][0]["verdict"])

    def test_the_range_of_a_finding_can_be_pasted(self):
        words = re.search(r"of waiting; (--time \S+)", self.report_on().out).group(1).split()
        self.assertIn("acquisitions", self.report_on(*words).out)

    def test_threads_as_asked_for(self):
        out = self.report_on("--sort", "+name", "--fields", "tid,acquisitions", "--limit", "2").out
        threads = sorted(self.exported["threads"], key=lambda thread: thread["name"])
        self.assertEqual(self.rows(out, "thread "), [
            [thread["name"], str(thread["tid"]), f"{thread['acquisitions']:,}"] for thread in threads[:2]
        ] + ["... and 1 more thread: --limit 3 shows all, --sort others".split(), "Their names: attempts: acquired = acquisitions".split()])
        both = self.report_on("--sort", "failed_attempts", "--fields", "-tid,+wait_p95").out
        self.assertRegex(both, r"\bp95\b|wait_p95_ns")
        self.assertIn("no column 'wait_p9'; near it: wait_p9", self.report_on("--sort", "wait_p9", expect=2).err)
        self.report_on("--fields", "nonsense", expect=2)
        names = self.report_on("--fields", "help").out.split()
        self.assertEqual(self.gilscope("diff", "--sort", "help").out.split(), names)  # needs no trace
        self.assertLessEqual({"name", "failed_attempts", "wait_contended_p99_ns", "hold_max_ns"}, set(names))
        for i in range(0, len(names), 32):
            self.report_on("--fields", ",".join(names[i:i + 32]))

    def test_help_names_the_findings(self):
        text = " ".join(self.gilscope("report", "--help").out.split())
        named = re.search(r"The findings are ([\w, ]*)\.", text).group(1).split(", ")
        documented = re.findall(r"^## `?(\w+)`?$", (harness.SOURCE / "docs" / "findings.md").read_text(), re.M)
        self.assertEqual(sorted(named), sorted(documented))

    def test_course(self):
        out = self.report_on("--by", "10ms", "--ascii").out
        exported = self.report(str(self.recordings / "a.trace"), ["--by", "10ms"])
        self.assertEqual([row[-4].replace(",", "") for row in self.rows(out, "time ")],
                         [str(bucket["acquisitions"]) for bucket in exported["buckets"]])
        self.assertNotIn("course", self.report_on().out)
        self.report_on("--by", "soon", expect=2)

    def test_examples_of_the_help_work(self):
        for command in ("report", "diff"):
            text = self.gilscope(command, "--help").out
            for line in re.findall(rf"^  gilscope {command} (.*)$", text, re.M):
                words = shlex.split(line.split(" > ")[0])
                words = [word.replace("other", "a").replace("before", "a").replace("after", "b") for word in words]
                if command == "report" and "a.trace" not in words:
                    words.append("a.trace")
                if command == "diff" and not words:
                    continue
                words = ["t*" if word == "worker-*" else word for word in words]
                result = self.gilscope(command, *words, cwd=self.recordings, expect=None)
                self.assertIn(result.status, (0, 1), f"{line}\n{result.err}")

    # ---- --fail-if

    def test_rules_that_pass(self):
        self.assertEqual(self.report_on("--fail-if", "wait_p99>1000s", "--fail-if", "lost_events>0,incomplete==true",
                                        "--fail-if", "no_contention").err, "")

    def test_each_broken_rule_is_said(self):
        longest = max(self.exported["threads"], key=lambda thread: thread["wait_ns"]["p99"])
        gil = self.exported["gils"][0]
        finding = self.exported["findings"][0]
        said = self.fails("wait_p99>1ns", "failed_attempts>=0", "wait_p99>1000s", finding["finding"])
        self.assertEqual(len(said), 3, said)
        self.assertRegex(said[0], rf"^gilscope: failed: wait_p99>1ns: wait_p99_ns of thread {longest['name']} "
                                  rf"\(tid {longest['tid']}\) is .* \({longest['wait_ns']['p99']} ns\)")
        self.assertIn(f"failed_attempts of GIL 0 (process {gil['pid']}) is {gil['failed_attempts']}", said[1])
        self.assertIn(f"was found: {finding['verdict']}", said[2])

    def test_rules_about_buckets_need_them(self):
        self.assertIn("--by", self.report_on("--fail-if", "buckets.checks>1", expect=2).err)
        result = self.report_on("--by", "10ms", "--fail-if", "buckets.acquisitions>=0", expect=1)
        self.assertRegex(result.err, r"acquisitions from \+\d+\.\d+ s on is \d+")

    def test_wrong_rules(self):
        for rule, part in (("wait_p9>1ms", "near it: wait_p9"), ("wait_p99>10", "a duration such as 10ms"),
                           ("batle", "near it: battle"), ("wait_p99", "METRIC OP VALUE")):
            result = self.report_on("--fail-if", rule, expect=2)
            self.assertEqual(result.out, "")
            self.assertEqual(len(result.err.splitlines()), 1, result.err)
            self.assertIn(part, result.err)

    def test_a_trace_that_is_not_whole_comes_before_a_rule(self):
        half = self.folder / "half.trace"
        shutil.copytree(self.recordings / "b.trace", half)
        stream = max((path for path in half.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
        with open(stream, "r+b") as file:
            file.truncate(stream.stat().st_size // 3)
        # babeltrace2 2.0.4 leaks the message that it is at when a stream turns out to be damaged.
        environment = {"ASAN_OPTIONS": "detect_leaks=0:" + os.environ.get("ASAN_OPTIONS", "")}
        self.gilscope("report", half, "--fail-if", "events>=0", expect=1, env=environment)
        result = self.gilscope("report", half, "--strict", "--fail-if", "events>=0", expect=3, env=environment)
        self.assertIn("gilscope: failed: events>=0", result.err)
        self.gilscope("diff", "--strict", half, self.recordings / "a.trace", expect=3, env=environment)

    # ---- diff

    def test_diff(self):
        out = self.gilscope("diff", "b.trace", "a.trace", cwd=self.recordings).out
        rows = {row[0]: row[1:] for row in self.rows(out, "metric ")}
        many, few = (self.report(str(self.recordings / name))["gils"][0]["acquisitions"]
                     for name in ("b.trace", "a.trace"))
        self.assertEqual(rows["acquisitions"], [f"{many:,}", f"{few:,}", f"{few - many:,}",
                                                f"{100 * (few - many) / many:+.1f}", "%", "*"])
        self.assertEqual(rows["threads"], ["3", "3", "0"])
        self.assertRegex(out.splitlines()[0], r"^Threads waited .* in A and .* in B")
        self.assertEqual([row[0] for row in self.rows(out, "thread ")].count("t1"), 1)
        self.assertNotIn("Only in", out)

    def test_diff_of_one_with_itself(self):
        out = self.gilscope("diff", "a.trace", "a.trace", "--thread", "t1", "--time", "0%-99%", "--sort", "hold_max",
                            "--fields", "acquisitions", "--limit", "1", cwd=self.recordings).out
        self.assertNotRegex(out, r"% \*")
        self.assertRegex(out, r"(?m)^t1 .* 0$")
        self.assertNotRegex(out, r"(?m)^t2 ")

    def test_diff_without_arguments_takes_the_last_two(self):
        self.assertIn("gil.trace.old", self.gilscope("diff", expect=1).err)
        for name, old in (("gil.trace.old", "a.trace"), ("gil.trace", "b.trace")):
            (self.folder / name).symlink_to(self.recordings / old)
        out = self.gilscope("diff").out
        self.assertRegex(out, r"A: \./gil\.trace\.old\n")
        self.assertRegex(out, r"B: \./gil\.trace\n")

    def test_diff_asked_wrongly(self):
        for words in (["a.trace"], ["a.trace", "b.trace", "a.trace"], ["a.trace", "b.trace", "--sort", "wait_p9"],
                      ["a.trace", "b.trace", "--time", "soon"], ["--input", "a.trace"]):
            self.gilscope("diff", *words, cwd=self.recordings, expect=2)
        self.assertIn("none.trace", self.gilscope("diff", "a.trace", "none.trace", cwd=self.recordings, expect=1).err)


if __name__ == "__main__":
    harness.main()
