#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The tables of docs/interop.md, between its markers, from what test_matrix.py found.

matrix_doc.py            writes them, from build/interop/matrix.json
matrix_doc.py --check    only says whether they are as they would be written
"""
import json
import os
import sys

import matrix
from cover import product

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
RESULT = os.path.join(ROOT, "build", "interop", "matrix.json")
PAGE = os.path.join(ROOT, "docs", "interop.md")
BEGIN, END = "<!-- begin: matrix_doc.py -->\n", "<!-- end: matrix_doc.py -->\n"

CONTEXTS = list(product(matrix.FACTORS, "peer", "version", "caller"))
NAMES = {"strongswan": "strongSwan", "libreswan": "libreswan",
         "psk": "pre-shared key", "rsa": "RSA", "ecdsa": "ECDSA", "ed25519": "Ed25519",
         "transport": "GRE, transport mode", "tunnel": "GRE, tunnel mode",
         "networks": "networks, tunnel mode",
         "none": "no NAT", "branch": "NAT before the branch", "hub": "NAT before the hub"}
TABLES = [("ike", "IKE cipher"), ("hash", "IKE integrity and PRF"), ("group", "key exchange"),
          ("esp", "ESP cipher"), ("integrity", "ESP integrity")]


class Result:
    def __init__(self, found):
        self.found = found
        self.notes = []

    def cell(self, goal):
        """How many combinations with @goal there were, or which note says why not."""
        rows = [r for r in self.found if goal.items() <= r.items()]
        failed = [r for r in rows if r["problems"]]
        if failed:
            return f"**{len(failed)} of {len(rows)} failed**"
        if rows:
            return str(len(rows))
        why = matrix.why_not(goal)
        if why is None:
            return "**not tried**"
        if why not in self.notes:
            self.notes.append(why)
        return f"({self.notes.index(why) + 1})"

    def table(self, heading, goals):
        """@goals: (name of the row, goal) pairs; a column for each peer, version and role."""
        heads = [f"{NAMES[c['peer']]} IKEv{c['version']}, "
                 f"{'it' if c['caller'] == 'branch' else 'hub'} calls" for c in CONTEXTS]
        lines = [f"| {heading} | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
        for name, goal in goals:
            cells = [self.cell({**context, **goal}) for context in CONTEXTS]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        return "\n".join(lines) + "\n"


def render(found):
    result = Result(found)
    by_peer = {p: sum(r["peer"] == p for r in found) for p in matrix.FACTORS["peer"]}
    passed = sum(not r["problems"] for r in found)
    parts = [f"{len(found)} combinations, {by_peer['strongswan']} with {matrix.STRONGSWAN} and "
             f"{by_peer['libreswan']} with {matrix.LIBRESWAN}; {passed} work. A number says in how "
             "many of them it was; one in brackets is a note below.\n"]
    parts.append(result.table("set up as", [
        (f"{NAMES[goal['mode']]}; {NAMES[goal['nat']]}", goal)
        for goal in product(matrix.FACTORS, "mode", "nat")]))
    parts.append(result.table("authentication", [
        (NAMES[value], {"auth": value}) for value in matrix.FACTORS["auth"]]))
    parts.append(result.table("GRE options", [
        (f"`{value}`", {"gre": value}) if value != "none" else
        ("no options, or networks", {"gre": value})
        for value in matrix.FACTORS["gre"]]))
    for factor, heading in TABLES:
        parts.append(result.table(heading, [
            (f"`{value}`", {factor: value})
            for value in matrix.FACTORS[factor] if value != "none"]))
    parts.append(result.table("ESN, PFS", [
        ("ESN", {"esn": "yes"}), ("without ESN", {"esn": "no"}),
        ("PFS", {"pfs": "yes"}), ("without PFS", {"pfs": "no"})]))
    notes = "".join(f"{n}. {why}\n" for n, why in enumerate(result.notes, 1))
    return "\n".join(parts) + "\nNotes:\n\n" + notes


def with_tables(page, tables):
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{tables}\n{END}{tail}"


def current(result=RESULT):
    """The page as it is, and as it should be."""
    with open(result) as file:
        tables = render(json.load(file))
    with open(PAGE) as file:
        page = file.read()
    assert BEGIN in page and END in page, f"{PAGE} has no markers"
    return page, with_tables(page, tables)


def main():
    page, wanted = current()
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if page == wanted else f"{PAGE} is not what the tests found: run {sys.argv[0]}")
    with open(PAGE, "w") as file:
        file.write(wanted)


if __name__ == "__main__":
    main()
