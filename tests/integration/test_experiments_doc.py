#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""docs/experiments.md has what the experiments print today."""
import re
import shutil

import harness

TEXT = (harness.SOURCE / "docs" / "experiments.md").read_text()
BLOCK = re.compile(r"^<!-- measured: (\S+) -->\n(.*?)^<!-- end -->$", re.S | re.M)
SCRIPT = harness.SOURCE / "scripts" / "experiments"

# The least work that still fills a table.
TINY = {"talk": 1000, "latency": 2, "bandwidth": 2, "signals": 1, "interval": 1000}


def experiments():
    return [line.split()[0] for line in harness.run(harness.GILSCOPE, "experiment").out.splitlines()]


def header(text):
    """The words of the header's lines: its groups, then its columns. How wide they are depends on the numbers."""
    lines = text.splitlines()
    at = next((i for i, line in enumerate(lines) if line.startswith("GIL ")), None)
    if at is None:
        return None
    return lines[at - 1].replace("─", "").split(), lines[at].split()


class ExperimentsDoc(harness.TestCase):
    needs_lttng = False

    def test_each_experiment_has_one_block_that_was_measured(self):
        names = [name for name, _ in BLOCK.findall(TEXT)]
        self.assertEqual(len(names), len(set(names)), "a block stands there twice")
        self.assertEqual(len(names), TEXT.count("<!-- measured: "), "a block has no end")
        self.assertEqual(len(names), TEXT.count("<!-- end -->"))
        self.assertGreater(len(experiments()), 4)
        for name in ["machine", *experiments()]:
            self.assertIn(name, names)
        for name, body in BLOCK.findall(TEXT):
            self.assertRegex(body, r"\A```text\n(.+\n|\n){4,}```\n\Z", name)

    def test_tables_have_all_designs(self):
        designs = [line.split()[0] for line in harness.run(harness.GILRUN, "--list").out.splitlines()]
        blocks = dict(BLOCK.findall(TEXT))
        for name in experiments():
            for design in designs:
                self.assertRegex(blocks[name], rf"(?m)^{design} ", name)

    def test_no_path_of_a_machine(self):
        self.assertNotRegex(TEXT, r"/(?:home|root|Users)\b|/tmp/|pyenv")

    def test_there_is_prose_between_the_blocks(self):
        self.assertGreater(len(BLOCK.sub("", TEXT).split()), 1000)


class Headers(harness.TestCase):
    def setUp(self):
        if harness.SANITIZED:
            self.skipTest("a document is the same under a sanitizer")
        super().setUp()

    def test_each_table_has_the_header_of_today(self):
        blocks = dict(BLOCK.findall(TEXT))
        for name in experiments():
            result = self.gilscope("experiment", name, "--gil", "sem", "--runs", "1", "--count", TINY[name],
                                   expect=None)
            printed = header(result.out)
            self.assertIsNotNone(printed, f"{name}: {result.out}{result.err}")
            self.assertEqual(header(blocks[name]), printed, name)

    def test_the_script_makes_each_block(self):
        if not harness.ALL:
            self.skipTest("takes more than a minute: scripts/test --all")
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        result = harness.run(SCRIPT, "--quick", env={"GILSCOPE_BUILD": str(harness.BUILD)}, timeout=400)
        self.assertEqual(result.status, 0, result.err)
        made = [name for name, _ in BLOCK.findall(result.out)]
        self.assertEqual(sorted(made), sorted(name for name, _ in BLOCK.findall(TEXT)), result.err)
        self.assertNotIn("(there is nothing of the kind", dict(BLOCK.findall(result.out))["convoy"])
        self.assertNotRegex(result.out, re.escape(str(harness.BUILD)))


if __name__ == "__main__":
    harness.main()
