# SPDX-License-Identifier: BSD-3-Clause
"""A small set of combinations in which everything that shall meet meets.

A *row* gives each factor one value: {"peer": "libreswan", "version": 2, ...}. A *goal* is a part of
a row: {"peer": "libreswan", "group": "x25519"} wants a row with both. A *rule* forbids what cannot
be: it names the factors it looks at, and is asked as soon as a row has them all. Cover.run() makes
rows until each goal is in one, or no row that keeps the rules can have it. It takes the values that
meet most of what is still missing, and where none is better each in its turn: no chance, the same
rows each time.
"""
import collections
import itertools


class Rule:
    """@forbids is called with the values of the factors @names; @why is for the reader."""

    def __init__(self, names, forbids, why):
        self.names, self.forbids, self.why = names.split(), forbids, why

    def broken_by(self, row):
        return all(name in row for name in self.names) and \
            self.forbids(*(row[name] for name in self.names))


def product(factors, *names, **fixed):
    """Goals: all values of the factors @names with each other, together with what is @fixed."""
    for values in itertools.product(*(factors[name] for name in names)):
        yield {**fixed, **dict(zip(names, values))}


class Cover:
    def __init__(self, factors, rules, goals):
        self.factors, self.rules = factors, rules
        self.missing = {frozenset(goal.items()): None for goal in goals}    # a dict keeps the order
        self.by_value = collections.defaultdict(list)
        for goal in self.missing:
            for item in goal:
                self.by_value[item].append(goal)
        self.rows = []
        self.impossible = []

    def run(self):
        while self.missing:
            goal = next(iter(self.missing))
            row = self.complete(dict(goal))
            if row is None:
                self.impossible.append(dict(goal))
                del self.missing[goal]
                continue
            self.rows.append({name: row[name] for name in self.factors})
            for met in [g for g in self.missing if g <= row.items()]:
                del self.missing[met]
        return self

    def complete(self, row):
        """@row with a value for each factor, or None if the rules leave none."""
        if any(rule.broken_by(row) for rule in self.rules):
            return None
        name = next((name for name in self.factors if name not in row), None)
        if name is None:
            return row
        values = self.factors[name]
        turn = len(self.rows) % len(values)     # where none is better, each in its turn
        for value in sorted(values[turn:] + values[:turn],
                            key=lambda value: -self.gain(row, name, value)):
            done = self.complete({**row, name: value})
            if done is not None:
                return done
        return None

    def gain(self, row, name, value):
        """What is missing and would come nearer; what would be met now counts most."""
        sum_ = 0
        for goal in self.by_value[name, value]:
            if goal not in self.missing:
                continue
            open_ = 0
            for key, wanted in goal:
                if key != name and key not in row:
                    open_ += 1
                elif key != name and row[key] != wanted:
                    break
            else:
                sum_ += 1 + (100 if open_ == 0 else 0)
        return sum_
