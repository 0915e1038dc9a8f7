#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Says when the machine stood still: witness.py FILE CPU.

A virtual machine whose CPU is taken away for a second fails whoever measures time. On each CPU one
process of this program sleeps all the time for BEAT_S, and notes in FILE when it was woken late: as
late as that is whoever else has to run there. Witness begins them and reads what they note.
"""
import atexit
import mmap
import os
import struct
import subprocess
import sys
import tempfile
import time

BEAT_S = 0.02
LEAST_S = 0.1       # what counts as standing still
KEPT = 1024         # stands of each CPU: older ones are forgotten
HEAD, STAND = struct.Struct("=dq"), struct.Struct("=dd")    # last beat, stands so far; from, to
SLOT = HEAD.size + KEPT * STAND.size


class Witness:
    def __init__(self):
        cpus = sorted(os.sched_getaffinity(0))
        with tempfile.NamedTemporaryFile(prefix="witness-") as file:
            file.truncate(SLOT * (max(cpus) + 1))
            self.notes = mmap.mmap(file.fileno(), 0)
            self.offsets = [SLOT * cpu for cpu in cpus]
            self.processes = [
                subprocess.Popen([sys.executable, os.path.realpath(__file__), file.name, str(cpu)],
                                 stdin=subprocess.DEVNULL, start_new_session=True) for cpu in cpus]
            atexit.register(self.end)
            while any(HEAD.unpack_from(self.notes, at)[0] == 0 for at in self.offsets):
                assert all(p.poll() is None for p in self.processes), "the witness ended"
                time.sleep(BEAT_S)

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()

    def stands(self, begin):
        """(from, to) of each since @begin, and of what still goes on; by the monotonic clock."""
        found, now = [], time.monotonic()
        for at in self.offsets:
            beat, count = HEAD.unpack_from(self.notes, at)
            for n in range(max(0, count - KEPT), count):
                found.append(STAND.unpack_from(self.notes, place(at, n)))
            if now - beat - BEAT_S > LEAST_S:
                found.append((beat + BEAT_S, now))
        return sorted((max(since, begin), until) for since, until in found if until > begin)

    def stood(self, begin):
        """For how many seconds since @begin some CPU stood still."""
        total, end = 0, begin
        for since, until in self.stands(begin):
            total += max(0, until - max(since, end))
            end = max(end, until)
        return total


def place(at, n):
    return at + HEAD.size + n % KEPT * STAND.size


def main():
    cpu, parent, count = int(sys.argv[2]), os.getppid(), 0
    os.sched_setaffinity(0, [cpu])
    with open(sys.argv[1], "r+b") as file:
        notes = mmap.mmap(file.fileno(), 0)
    beat = time.monotonic()
    while os.getppid() == parent:
        HEAD.pack_into(notes, SLOT * cpu, beat, count)
        due = beat + BEAT_S
        time.sleep(BEAT_S)
        beat = time.monotonic()
        if beat - due > LEAST_S:
            STAND.pack_into(notes, place(SLOT * cpu, count), due, beat)
            count += 1


if __name__ == "__main__":
    main()
