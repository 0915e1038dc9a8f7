# SPDX-License-Identifier: BSD-3-Clause
"""What probe.py makes of ping's output, without a network."""
import pytest

from probe import Probe


class Printed:
    """A ping that has printed this."""

    def __init__(self, answers):
        self.text = "PING 192.168.21.1 (192.168.21.1) 56(84) bytes of data.\n" + "".join(
            f"[{1700000000 + at:.6f}] 64 bytes from 192.168.21.1: icmp_seq={n % 0x10000} ttl=62 "
            f"time={took * 1000:.3f} ms\n" for at, n, took in answers)

    def output(self, since=0):
        return self.text[since:]


def every(first, last, begin=0.0):
    """Answers to these numbers, a hundred a second, the first one after @begin."""
    return [(begin + (n - first) * 0.01, n, 0.0004) for n in range(first, last + 1)]


@pytest.mark.parametrize("answers, lost, silence", [
    pytest.param(every(1, 100), 0, 0.0004, id="all answered"),
    pytest.param(every(1, 50) + every(151, 200, 1.5), 100, 1.01, id="a hundred lost"),
    pytest.param(every(1, 50) + [(2.0, 51, 1.5), *every(52, 90, 2.01)], 0, 1.5,
                 id="the next number, late"),
    pytest.param(every(1, 50) + [(2.0 + i / 1e5, 51 + i, 1.5 - i * 0.01) for i in range(150)], 0,
                 1.5, id="held, and let go at once"),
    pytest.param(every(1, 50) + every(51, 90, 2.0), 0, 0.0004, id="none was sent meanwhile"),
    pytest.param(every(1, 50) + every(61, 90, 1.0) + [(1.3, n, 0.9) for n in range(51, 61)], 0,
                 0.51, id="later ones first"),
    pytest.param(every(65500, 65600) + every(65701, 65800, 2.0), 100, 1.0,
                 id="numbers go round"),
    pytest.param(every(1, 50) + [(0.495, 50, 0.005)] + every(51, 60, 0.5), 0, 0.0004,
                 id="answered twice"),
])
def test_cost(answers, lost, silence):
    probe = Probe(Printed(answers))
    assert probe.since_mark() == (lost, pytest.approx(silence, abs=0.002))


def test_mark():
    """What was lost before does not count."""
    process = Printed(every(1, 10) + every(21, 30, 1.0))
    probe = Probe(process)
    probe.mark()
    process.text += Printed(every(31, 300, 1.1)).text
    assert probe.since_mark() == (0, pytest.approx(0.01, abs=0.011))
    assert probe.steady()
    probe.mark()
    assert not probe.steady() and probe.since_mark() is None


def test_output_that_grows():
    """Read when half of a line is there; numbers go round between two looks; an answer to a ping of
    before the mark comes late."""
    whole = Printed(every(65400, 65600) + [(2.0, 65399, 0.6)] + every(65601, 65900, 2.01)).text
    process = Printed([])
    probe = Probe(process)
    for end in range(0, len(whole), 777):
        process.text = whole[:end]
        if probe.begin == 0 and "icmp_seq=5 " in process.text:
            probe.mark()
        probe.answers()
    assert probe.begin > 0
    process.text = whole
    assert probe.steady() and probe.since_mark() == (0, pytest.approx(0.0004, abs=0.0002))
