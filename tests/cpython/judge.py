# SPDX-License-Identifier: MIT
"""Holds the results of a module with the probe against those without."""
import pathlib
import re

import runs
from runs import ALONE, WHOLE

LIST = pathlib.Path(__file__).with_name("differences.txt")
EQUAL, LISTED, UNLISTED, FLAKY = "equal", "listed", "unlisted", "flaky"


def version_key(text):
    return tuple(int(part) for part in text.split("."))


def is_between(version, first, last):
    """3.11.2 is in 3.6 to 3.11."""
    return version[:len(first)] >= first and version[:len(last)] <= last


class Listed:
    """A line of differences.txt: CASE VERSIONS MODES RESULT: CAUSE"""
    FORM = re.compile(r"(?P<case>.+?) \| (?P<versions>[\d.,-]+) \| (?P<modes>[a-z,]+) \| (?P<result>[\w ()]+) \| (?P<cause>.+)")

    def __init__(self, line):
        found = self.FORM.fullmatch(line)
        if not found:
            raise ValueError(f"{LIST.name}: not CASE | VERSIONS | MODES | RESULT | CAUSE: {line}")
        self.case, self.result, self.cause = found["case"], found["result"], found["cause"]
        if self.result.endswith(" at times") and not pattern(self.case):
            raise ValueError(f"{LIST.name}: at times, but it cannot run alone: {line}")
        self.modes = found["modes"].split(",")
        if not set(self.modes) <= set(runs.MODES[1:]):
            raise ValueError(f"{LIST.name}: a mode is quiet or recorded: {line}")
        self.versions = [part.partition("-") for part in found["versions"].split(",")]

    def covers(self, version, mode, case, result):
        if (case, result) != (self.case, self.result) or mode not in self.modes:
            return False
        return any(is_between(version_key(version), version_key(first), version_key(last or first))
                   for first, _, last in self.versions)


def read_list(path=LIST):
    lines = (line.strip() for line in path.read_text().splitlines())
    return [Listed(line) for line in lines if line and not line.startswith("#")]


def pattern(case):
    """What makes regrtest run this case alone; None when only the whole module does. Class fixtures have their class."""
    fixture = re.fullmatch(r"(?:setUp|tearDown)Class \(([\w.]+)\)", case)
    if fixture:
        return fixture[1] + ".*"
    return case if re.fullmatch(r"[\w.]+", case) else None


class Module:
    """A module on one interpreter, in all modes."""

    def __init__(self, name, version, python, limit, listed, logs=None):
        self.name, self.version, self.python, self.limit, self.listed = name, version, python, limit, listed
        self.logs = logs
        self.outcomes = {}
        self.left_out = []

    def listed_as_left_out(self, mode):
        return [line.case for line in self.listed if line.covers(self.version, mode, line.case, "left out")]

    def run(self, mode, cases=(), log=None):
        log = self.logs / f"{self.version}-{self.name}-{mode}{log or ''}.txt" if self.logs else None
        left_out = [f"-{case}" for case in self.left_out + self.listed_as_left_out(mode)]
        return runs.run(self.python, self.name, mode, self.limit, [*cases, *left_out], log)

    def run_alone(self):
        """What does not end without the probe is left out."""
        for _ in range(3):
            outcome = self.run(ALONE)
            endless = [case for case, result in outcome.results.items() if result == "unfinished (time limit)"]
            if not endless:
                break
            self.left_out += endless
        return outcome

    def judge(self, mode):
        """{verdict: [(case, result alone, result, text)]}"""
        self.again = {}
        if ALONE not in self.outcomes:
            self.outcomes[ALONE] = self.run_alone()
        outcome = self.outcomes[mode] = self.run(mode)
        alone = self.outcomes[ALONE]
        verdicts = {EQUAL: [], LISTED: [], UNLISTED: [], FLAKY: []}
        for case in dict.fromkeys([*alone.results, *outcome.results]):
            was, now = (results.results.get(case, "not run") for results in (alone, outcome))
            # Two runs without the probe's answer compare nothing.
            verdict = EQUAL if was == now and case != runs.PROBE else self.difference(mode, case, was, now)
            verdicts[verdict].append((case, was, now, outcome.texts.get(case, alone.texts.get(case, ""))))
        return verdicts

    def is_listed(self, mode, case, result):
        return any(line.covers(self.version, mode, case, result) for line in self.listed)

    def difference(self, mode, case, was, now):
        if self.is_listed(mode, case, now):
            return LISTED
        if case in (runs.PROBE, runs.TRACE):
            return UNLISTED  # ours, once is enough
        if self.is_listed(mode, case, f"{now} at times"):
            return LISTED if was in self.alone_again(mode, case) else UNLISTED
        if case == WHOLE:
            return self.difference_of_whole(mode, was, now)
        if self.outcomes[mode].broken and now == "not run":
            return UNLISTED if self.repeated(mode).results.get(case, "not run") != was else FLAKY
        alone = pattern(case)
        if alone:
            plain = {was}
            for number in range(runs.TRIES):
                with_probe = self.run(mode, [alone], f"-{case}-{number}").results.get(case, "not run")
                plain.add(self.run(ALONE, [alone]).results.get(case, "not run"))
                if with_probe not in plain:
                    # Does it come without the probe if asked a last time?
                    last = self.run(ALONE, [alone]).results.get(case, "not run")
                    return FLAKY if last == with_probe else UNLISTED
        repeated = self.repeated(mode).results.get(case, "not run")
        return FLAKY if repeated in (was, self.repeated(ALONE).results.get(case, "not run")) else UNLISTED

    def alone_again(self, mode, case):
        """How it ends, each time that it runs alone."""
        for number in range(runs.TRIES):
            yield self.run(mode, [pattern(case)], f"-{case}-at-times-{number}").results.get(case, "not run")

    def difference_of_whole(self, mode, was, now):
        """A process that dies under the probe is no coincidence until it does without, too."""
        plain = self.repeated(ALONE).results[WHOLE]
        if now.startswith("killed"):
            return FLAKY if plain == now else UNLISTED
        if self.outcomes[ALONE].failing != self.outcomes[mode].failing:
            return EQUAL  # one has failed cases, the other has none: that is counted there
        return FLAKY if self.repeated(mode).results[WHOLE] in (was, plain) else UNLISTED

    def repeated(self, mode):
        """The module once more: one second run for all of its differences."""
        if mode not in self.again:
            self.again[mode] = self.run(mode, log="-again")
        return self.again[mode]
