#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Builds and runs the parts of the test suite, and counts. Started by tools/test.

A part is a function that takes the options and fills a Tally. Whatever can't be built, hangs past
its time limit or finds no tests counts as one failure. The last line is `N passed, N failed`, with
`, N skipped` when something was; what and why stands above it.

The interop tests mostly wait, and some of the other parts only compute: those run beside the
former, with what CPU time is left over (BESIDE). Of interop tests a few that failed get a second
try; the notes before the last line say which, and what was wrong at first.
"""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as xml
from multiprocessing.pool import ThreadPool

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
JOBS = os.environ.get("JOBS") or str(os.cpu_count() or 2)
BUILD_LIMIT_S = 900
# Little optimised, and with no more of debug information than a backtrace needs: that halves the
# time of compilers. What full optimisation finds, the release build warns of; without it, gcc takes
# too much for uninitialised.
QUICK = ["-Doptimization=1", "-Db_lundef=false", "-Dwerror=true"]
SANITIZE = ["-Db_sanitize=address,undefined", *QUICK]
GCC_ARGS = "-Dc_args=-g1 -Wno-maybe-uninitialized"
SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1",
}


LIBFUZZER_TIMEOUT = 70  # its exit status
HANGS_CPU_S = 10        # of one input, with sanitizers


class PartFailed(Exception):
    """The part as a whole could not be run; counts as one failure."""


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = []        # what failed, one line each
        self.skipped = []       # what was skipped, and why
        self.notes = []         # of what has passed, what should be known of it

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.notes += other.notes


RUNNING = set()         # processes of run(), which several threads may use
STOPPED = threading.Event()     # no further ones are started


def run(command, limit_s, log, env=None):
    """Run with a time limit; output goes to the file @log, or to the terminal if that is None."""
    if STOPPED.is_set():
        raise PartFailed("interrupted")
    output = open(log, "ab") if log else None
    process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output and
                               subprocess.STDOUT, stdin=subprocess.DEVNULL,
                               env={**os.environ, **(env or {})}, start_new_session=True)
    RUNNING.add(process)
    try:
        share_cpu(process)
        return process.wait(limit_s)
    except subprocess.TimeoutExpired:
        raise PartFailed(f"no end of `{' '.join(command[:4])}` after {limit_s} s"
                         + (f", see {log}" if log else ""))
    finally:
        RUNNING.discard(process)
        if process.poll() is None:
            end_group(process)


def share_cpu(process):
    """Where the kernel shares the CPUs among sessions first, a process's own niceness counts only
    within its session."""
    try:
        with open(f"/proc/{process.pid}/autogroup", "w") as file:
            file.write(str(os.getpriority(os.PRIO_PROCESS, 0)))
    except OSError:
        pass    # a kernel without, or it has ended


def end_group(process):
    """Politely first, so that namespaces and daemons are cleaned up."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end_all():
    """Interrupted: what this and other threads have started ends, and nothing else begins."""
    STOPPED.set()
    for process in list(RUNNING):
        if process.poll() is None:
            end_group(process)


# A fifth of what others have. Not the idle class: in that a fuzzer's 100 s may be 30 ms.
NICE_BESIDE = 7


def in_the_background():
    """Whether this thread, and what it starts, has little CPU time while others want it."""
    return os.getpriority(os.PRIO_PROCESS, 0) >= NICE_BESIDE


def patience():
    """By how much limits of time, which are against hanging, are longer: for a virtual machine
    whose CPUs are taken away for seconds, and in the background, where others go first."""
    return 10 if in_the_background() else 3


def build(name, options, targets=(), env=None):
    """Configure the build directory, unless it is, and build in it."""
    log = os.path.join(ROOT, name, "test-build.log")
    os.makedirs(os.path.dirname(log), exist_ok=True)
    if os.path.exists(log):
        os.unlink(log)
    if not os.path.exists(f"{ROOT}/{name}/build.ninja"):
        if run(["meson", "setup", name, *options], 120, log, env) != 0:
            raise PartFailed(f"meson setup {name} failed, see {log}")
    if run(["ninja", "-C", name, "-j", JOBS, *targets], BUILD_LIMIT_S * patience(), log) != 0:
        with open(log, errors="replace") as file:
            for line in [x for x in file if re.search(r"error|FAILED", x)][:5]:
                print("   ", line.rstrip())
        raise PartFailed(f"{name} does not build, see {log}")


def introspect(name, what):
    output = subprocess.run(["meson", "introspect", name, f"--{what}"], cwd=ROOT, check=True,
                            capture_output=True).stdout
    return json.loads(output)


def meson_test(name, suite, tests=(), wrapper=()):
    """Run tests of a build directory and read what became of each."""
    base = f"{ROOT}/{name}/meson-logs/part-{suite}"
    for suffix in (".json", ".txt"):
        if os.path.exists(base + suffix):
            os.unlink(base + suffix)
    select = list(tests) if tests else ["--suite", suite]
    run([*wrapper, "meson", "test", "-C", name, "--no-rebuild", "--num-processes", JOBS,
         "--timeout-multiplier", str(patience()), "--logbase", f"part-{suite}", *select],
        600 * patience(), f"{base}-run.log", SANITIZER_ENV)
    if not os.path.exists(base + ".json"):
        raise PartFailed(f"there are no tests in the suite {suite} of {name}")
    tally = Tally()
    with open(base + ".json") as file:
        for line in file:
            count_meson_test(json.loads(line), f"{base}.txt", tally)
    return tally


def count_meson_test(test, log, tally):
    output = test.get("stdout", "") + test.get("stderr", "")
    if test["result"] == "OK":
        tally.passed += 1
    elif test["result"] == "SKIP":
        tally.skipped.append(f"{test['name']}: {first_skip(output) or 'gives no reason'}")
    else:
        tally.failed.append(f"{test['name']}: {test['result']}, see {log}")
        for line in output.splitlines()[-15:]:
            print("    |", line)
    if test["result"] != "SKIP" and first_skip(output):
        tally.notes.append(f"{test['name']}: {first_skip(output)}")


def first_skip(output):
    """What a test says it left out, such as vectors that are not there."""
    match = re.search(r"^\s*(?:note: )?(skip(?:ped|ping)?\b.*)$", output, re.M | re.I)
    return match and match[1].strip()


# ---- parts ------------------------------------------------------------------------------------

def unit(options):
    build("build-asan", [*SANITIZE, GCC_ARGS])
    return meson_test("build-asan", "unit")


def sim(options):
    build("build-asan", [*SANITIZE, GCC_ARGS])
    return meson_test("build-asan", "sim")


def tsan(options):
    """What several threads share: the channel's rings and the worker's tables."""
    # ThreadSanitizer sees atomics, but no fences: rte_ring is to use the former.
    build("build-tsan", ["-Db_sanitize=thread", *QUICK,
                         GCC_ARGS + " -Wno-tsan -DRTE_USE_C11_MEM_MODEL"], ["build.ninja"])
    tests = [t for t in introspect("build-tsan", "tests")
             if any(s.endswith("tsan") for s in t["suite"])]
    if not tests:
        raise PartFailed("there are no tests in the suite tsan")
    top = f"{ROOT}/build-tsan/"
    build("build-tsan", [], [os.path.relpath(t["cmd"][0], top) for t in tests])
    # ThreadSanitizer wants its shadow where address space randomisation may put a mapping.
    return meson_test("build-tsan", "tsan", [t["name"] for t in tests], ["setarch", "-R"])


def fuzz(options):
    build("build-fuzz", ["-Dfuzz=true", *SANITIZE, "-Dc_args=-g1"], ["build.ninja"],
          env={"CC": "clang"})
    targets = [t for t in introspect("build-fuzz", "targets")
               if t["type"] == "executable" and "/tests/fuzz/" in t["defined_in"]]
    if not targets:
        raise PartFailed("there are no fuzz targets")
    top = f"{ROOT}/build-fuzz/"
    build("build-fuzz", [], [os.path.relpath(t["filename"][0], top) for t in targets])
    tally = Tally()
    pool = ThreadPool(int(JOBS))
    try:
        for one in pool.imap(lambda t: run_fuzzer(t["name"], t["filename"][0], options.seconds),
                             sorted(targets, key=lambda t: t["name"])):
            tally.add(one)
    finally:
        pool.terminate()
    return tally


def run_fuzzer(name, program, seconds):
    tally = Tally()
    if in_the_background():     # half of a CPU, or less
        seconds *= 2
    found = f"{ROOT}/build-fuzz/found/{name}"
    corpus = f"{ROOT}/build-fuzz/corpus/{name}"
    seeds = f"{ROOT}/tests/fuzz/seeds/{name.replace('fuzz_', '')}"
    shutil.rmtree(found, ignore_errors=True)
    os.makedirs(found)
    os.makedirs(corpus, exist_ok=True)
    log = f"{found}/log"
    # libFuzzer counts time by the clock on the wall: in the background that is a hundredth of it.
    hangs = 300 if in_the_background() else 10 * patience()
    status = run([program, f"-max_total_time={seconds}", f"-timeout={hangs}",
                  "-rss_limit_mb=4096", "-print_final_stats=1", f"-artifact_prefix={found}/",
                  corpus, *([seeds] if os.path.isdir(seeds) else [])],
                 seconds + 3 * hangs, log, SANITIZER_ENV)
    with open(log, errors="replace") as file:
        text = file.read()
    if status == LIBFUZZER_TIMEOUT and not hangs_indeed(program, found):
        tally.notes.append(f"{name}: an input took {hangs} s by the clock, and little of a CPU")
    elif status != 0:
        said = re.findall(r"^(?:broken: .*|SUMMARY: .*|Base64: .*)$", text, re.M)
        tally.failed.append("; ".join([f"{name}: status {status}, see {log}", *said])[:1500])
        print("\n".join("    | " + line for line in text.splitlines()[-15:]))
        return tally
    tally.passed += 1
    runs = re.search(r"stat::number_of_executed_units: *(\d+)", text)
    print(f"    {name}: {runs[1] if runs else '?'} inputs in {seconds} s, nothing found")
    return tally


def hangs_indeed(program, found):
    """Whether one of the inputs that took too long takes as much of a CPU, on a busy machine."""
    inputs = [f"{found}/{f}" for f in os.listdir(found) if f.startswith("timeout-")]
    return not inputs or any(
        run(["prlimit", f"--cpu={HANGS_CPU_S}", program, "-timeout=1000", file], 1000,
            f"{found}/again", SANITIZER_ENV) != 0 for file in inputs)


def release_build():
    if run(["tools/setup"], BUILD_LIMIT_S, None) != 0:
        raise PartFailed("the release build failed, see build/setup.log")


def bench(options):
    """That the benchmarks run and print what they should; their figures are for a quiet machine."""
    release_build()
    for words, rows, figure in (([], "results", "cycles"), (["ike"], "ike", "cpu_ms"),
                                (["ike", "--wire"], "wire", "cpu_ms")):
        name = " ".join(["tools/bench", *words, "--quick"])
        output = f"{ROOT}/build/bench-quick{''.join(words)}.json"
        if os.path.exists(output):
            os.unlink(output)
        if run(["tools/bench", *words, "--quick", "--json"], 300 * patience(), output,
               {"BENCH_BUILD": "build"}) != 0:
            raise PartFailed(f"{name} failed, see {output}")
        with open(output) as file:
            text = file.read()
        results = json.loads(text[text.index("{"):])[rows]
        if not results or any(not r[figure] > 0 for r in results):
            raise PartFailed(f"{name} measured nothing, see {output}")
    tally = Tally()
    tally.passed = 1
    return tally


# They take longest, so they begin, the longest first.
INTEROP_FIRST = ("test_strongswan_settings.py", "test_strongswan_variety.py", "test_certs.py",
                 "test_matrix.py", "test_nat.py", "test_branches.py", "test_vrrp.py",
                 "test_rekey.py", "test_ike_lifetimes.py", "test_ikev2_nets.py",
                 "test_ospf_routes.py", "test_ikev1_nets.py", "test_ospf_links.py")
INTEROP_LANES = 4       # files side by side, each with a lab of its own: tests mostly wait
INTEROP_LIMIT_S = 2400
# Real peers on the real clock: a machine whose cores are taken away for seconds makes one fail, and
# what that leaves behind disturbs some behind it. A few that failed are run once more, and the notes
# name them; when many fail, it is not the machine.
SECOND_TRIES = 10


def interop(options, beside, meanwhile):
    """Tests in lanes, then those that are marked `alone`. @beside: parts that run meanwhile, into a
    tally of their own, and have ended before the latter begin."""
    release_build()
    build("build", [], ["tests/bench/ike_branches"])    # for test_ospf_beat.py
    shutil.rmtree(f"{ROOT}/build/interop", ignore_errors=True)
    tests = f"{ROOT}/tests/interop"
    files = sorted(name for name in os.listdir(tests)
                   if name.startswith("test_") and name.endswith(".py"))
    lanes = [name for name in INTEROP_FIRST if name in files]
    lanes += [name for name in files if name not in lanes]
    tally, problems = Tally(), {}
    background = threading.Thread(target=run_beside, args=(beside, options, meanwhile),
                                  daemon=True)
    background.start()
    pytest("lanes", lanes, options.k, ["-m", "not alone", "-n", str(INTEROP_LANES), "--dist",
                                       "loadfile"], tally, problems)
    background.join()
    pytest("alone", files, options.k, ["-m", "alone"], tally, problems)
    if 0 < len(problems) <= SECOND_TRIES:
        problems = second_try(problems, tally)
    tally.failed += [f"{short(case)}: {problem}" for case, problem in problems.items()]
    if options.k and tally.passed + len(tally.failed) + len(tally.skipped) == 0:
        raise PartFailed(f"found no interop tests like {options.k}")
    return tally


def second_try(first, tally):
    """Run what failed once more, with nothing beside it: what has failed again."""
    again, before = {}, tally.passed
    pytest("again", list(first), None, [], tally, again)
    passed = [case for case in first if case not in again]
    if tally.passed - before != len(passed):    # they were not all run
        return first
    for case in passed:
        tally.notes.append(f"{short(case)} passed at its second try; at first: {first[case]}")
    return again


def run_beside(parts, options, tally):
    """A thread, whose priority its processes inherit: what the interop tests run goes first."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, NICE_BESIDE)
        for name in parts:
            tally.add(run_part(name, options))
    except Exception as error:
        tally.failed.append(f"{' '.join(parts)}: {error!r}")
        raise


def pytest(name, what, expression, words, tally, problems):
    """Run files of tests/interop, or cases, and count; @problems: what became of those that
    failed."""
    report, log = f"{ROOT}/build/interop-{name}.xml", f"{ROOT}/build/interop-{name}.log"
    for old in (report, log):
        if os.path.exists(old):
            os.unlink(old)
    try:
        status = run(["/usr/bin/python3", "-m", "pytest", *(f"tests/interop/{w}" for w in what),
                      "-p", "no:cacheprovider", f"--junitxml={report}", *words,
                      *(["-k", expression] if expression else [])],
                     INTEROP_LIMIT_S, log, {"CULVERT_INTEROP_PART": name})
    except PartFailed as problem:
        tally.failed.append(f"interop: {problem}")
        return
    if status not in (0, 5):    # 5: no tests
        with open(log, errors="replace") as file:
            for line in file.read()[-12000:].splitlines():
                print("    |", line)
    if not os.path.exists(report):
        tally.failed.append(f"interop: pytest did not get as far as a report, see {log}")
        return
    for case in xml.parse(report).iter("testcase"):
        count_interop(case, tally, problems)


def short(case):
    return case.replace(".py::", "::")


def count_interop(case, tally, problems):
    name = f"{case.get('classname').rpartition('.')[2]}.py::{case.get('name')}"
    problem = case.find("failure")
    if problem is None:
        problem = case.find("error")
    skipped = case.find("skipped")
    if problem is not None:
        problems[name] = (problem.get("message") or "no message").splitlines()[0][:150]
    elif skipped is not None:
        tally.skipped.append(f"{short(name)}: {skipped.get('message')}")
    else:
        tally.passed += 1


def demo(options):
    if run(["tools/demo"], 300 * patience(), None,
           {"DEMO_NAME": f"culvert-test-{os.getpid()}"}) != 0:
        raise PartFailed("tools/demo failed")
    tally = Tally()
    tally.passed = 1
    return tally


PARTS = {f.__name__: f for f in (unit, sim, bench, demo, tsan, fuzz, interop)}
BESIDE = ("tsan", "fuzz")   # beside the interop tests that do not run alone


# ---- main -------------------------------------------------------------------------------------

def run_part(name, options, *more):
    print(f"== {name}" + (", beside others" if in_the_background() else ""), flush=True)
    began = time.monotonic()
    try:
        tally = PARTS[name](options, *more)
        if tally.passed + len(tally.failed) + len(tally.skipped) == 0:
            raise PartFailed("found no tests")
    except (PartFailed, subprocess.CalledProcessError, OSError, ValueError, KeyError) as error:
        tally = Tally()
        tally.failed.append(f"{name}: {error}")
    print(f"   {name}: {closing(tally)} in {time.monotonic() - began:.0f} s", flush=True)
    return tally


def closing(tally):
    text = f"{tally.passed} passed, {len(tally.failed)} failed"
    return text + (f", {len(tally.skipped)} skipped" if tally.skipped else "")


def main():
    parser = argparse.ArgumentParser(prog="tools/test", description="Builds and tests.")
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help="all (as without), or some of: " + " ".join(PARTS))
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("FUZZ_SECONDS", 10)),
                        help="for each fuzz target (10, or FUZZ_SECONDS)")
    parser.add_argument("-k", metavar="EXPR", help="only the interop tests that match")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS) - {"all"}
    if unknown:
        parser.error(f"no such part: {' '.join(sorted(unknown))}")
    all_parts = not options.parts or "all" in options.parts
    chosen = [name for name in PARTS if all_parts or name in options.parts]
    beside = [name for name in chosen if name in BESIDE and "interop" in chosen]
    total, meanwhile = Tally(), Tally()
    try:
        for name in chosen:
            if name not in beside:
                more = (beside, meanwhile) if name == "interop" else ()
                total.add(run_part(name, options, *more))
    finally:
        end_all()
    total.add(meanwhile)
    for note in total.notes:
        print("note:", note)
    for skipped in total.skipped:
        print("skipped:", skipped)
    for failed in total.failed:
        print("FAILED:", failed)
    print(closing(total))
    return 1 if total.failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
