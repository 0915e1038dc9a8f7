# SPDX-License-Identifier: BSD-3-Clause
"""What a failure costs: pings all the time, by `ping -D`, and what their answers tell."""
import re

ANSWER = re.compile(r"^\[([\d.]+)\] .*icmp_seq=(\d+) ttl.*time=([\d.]+) ms", re.M)


def silence(answers):
    """The longest time without an answer that somebody waited for. @answers: by each request's
    number, when it was answered and how long that took, in seconds.

    In the order in which answers came: some may have waited in a hub that stood still while others
    took their turn. Where the next answer is to the next request, nobody waited before that was
    sent: the machine may send fewer pings than it was told to."""
    order = sorted(answers, key=lambda n: answers[n][0])
    longest = 0.0
    for one, other in zip(order, order[1:]):
        gap = answers[other][0] - answers[one][0]
        if other == one + 1:
            gap = min(gap, answers[other][1])
        longest = max(longest, gap)
    return longest


class Probe:
    """Pings all the time; what was lost since mark(), and for how long nothing came. What ping has
    printed is read once: it becomes megabytes, and is looked at many times a second."""

    def __init__(self, process):
        self.process = process
        self.begin = 0
        self.come = {}      # from begin on: when each ping was answered, and after how long
        self.last = 0       # the number of the last one
        self.n_read = 0     # bytes of the output

    def answers(self):
        """ICMP's numbers have 16 bits and go round: each is the one that is closest to the one
        before."""
        text = self.process.output(self.n_read)
        text = text[:text.rfind("\n") + 1]      # of whole lines
        self.n_read += len(text)
        for at, n, took_ms in ANSWER.findall(text):
            self.last += (int(n) - self.last + 0x8000) % 0x10000 - 0x8000
            self.come.setdefault(self.last, (float(at), float(took_ms) / 1000))     # not DUP!
        return self.come

    def mark(self):
        self.begin = max(self.answers(), default=self.begin)
        self.come = {n: answer for n, answer in self.come.items() if n >= self.begin}

    def steady(self, count=250):
        """Have the last so many all been answered?"""
        come = sorted(self.answers())
        return len(come) > count and come[-1] - come[-count] == count - 1 and \
            come[-count] > self.begin

    def since_mark(self):
        """Lost pings, and seconds of the longest silence, up to the last answered one."""
        answers = {n: answer for n, answer in self.answers().items() if n >= self.begin}
        if len(answers) < 2:
            return None
        return max(answers) - min(answers) + 1 - len(answers), silence(answers)
