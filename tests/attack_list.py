#!/usr/bin/env python3
"""Holds the table of attacks in docs/TESTING.md against the runner's own list: attack_list.py PROGRAM.

Every case that the program would run is named in the table behind its file, and what the table names in a file of attacks is a case that
runs. A case that was commented out, or is compiled no more, is in no list of the runner's.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def cases_of(program):
    said = subprocess.run([program, "--list-test-cases", "--no-skip", "--no-intro"], check=True, capture_output=True, text=True).stdout
    return [line for line in said.splitlines() if line.startswith("attack: ")]


def named_in(page):
    """What the tables of attacks name behind each file of attacks, by pieces of the cases' names."""
    section = re.search(r"^## Attacks\n(.*?)(?=^## )", page, re.MULTILINE | re.DOTALL)
    for row in section.group(1).splitlines() if section else ():
        if not row.startswith("| "):
            continue
        for path, names in re.findall(r"`(tests/[^`]+)`:((?: `[^`]+`,?)+)", row):
            if path.startswith("tests/attack/"):
                yield from re.findall(r"`([^`]+)`", names)


def main(program):
    cases, named = cases_of(program), list(named_in((ROOT / "docs/TESTING.md").read_text(encoding="utf-8")))
    faults = [f"in no row of the table: {case}" for case in cases if not any(part in case for part in named)]
    faults += [f"named in the table, and not run: {part}" for part in named if not any(part in case for case in cases)]
    if not cases or not named:
        faults.append("there is nothing to compare")
    for fault in faults:
        print(fault)
    print(f"attack_list: {len(cases)} cases, {len(named)} names, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
