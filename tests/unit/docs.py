# SPDX-License-Identifier: BSD-3-Clause
"""What the documentation names exists: pages and headings that links lead to, files, tests, drop
reasons, counters, and the commands `show ...`, `clear ...` and `test ...`, which the shell must
know. What a table says of IOS and RouterOS is theirs. And of every file of interop tests
docs/interop.md says what it is about.

    docs.py CONTROLPLANE CULVERT
"""
import glob
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.environ["CULVERT_SOURCE_ROOT"]
PAGES = sorted(glob.glob("docs/*.md", root_dir=ROOT)) + ["README.md", "CHANGELOG.md",
                                                         "tests/lab/README.md"]
# These have no words of others.
OWN_WORDS = [f"docs/{name}.md" for name in ("channel", "cli", "controlplane", "ha", "mgmt", "ospf",
                                            "packet-path", "policy", "routing")]
FOLDERS = ("cli", "common", "configs", "controlplane", "dataplane", "docs", "tests", "tools")
CONFIG = "configs/hub-one-branch.json"
# What stands for something in a command, and an example.
PLACES = {"ADDRESS": "2.2.2.2", "A.B.C.D": "2.2.2.2", "NAME": "tunnel1", "SECTION": "tunnels",
          "VERSION": "1"}
LIMIT_S = 60


def text_of(page):
    with open(os.path.join(ROOT, page)) as file:
        return file.read()


def without_foreign_columns(text):
    """Tables without the cells below IOS and RouterOS."""
    lines, foreign = [], ()
    for line in text.splitlines():
        if not line.startswith("|"):
            foreign = ()
        else:
            cells = re.split(r"(?<!\\)\|", line)
            if not foreign and any(re.search("IOS", c) for c in cells):
                foreign = [n for n, c in enumerate(cells)
                           if c.strip() in ("IOS", "on IOS", "RouterOS", "on RouterOS")] or (-1,)
            line = "|".join(c for n, c in enumerate(cells) if n not in foreign)
        lines.append(line)
    return "\n".join(lines)


def anchors(text):
    """What the headings of a page are called in links to them."""
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-")
            for h in re.findall(r"^#+ (.*)$", text, re.M)}


def dead_links(page, text):
    for path, anchor in re.findall(r"\]\(([^)#\s]*)(#[^)\s]*)?\)", text):
        if "://" in path:
            continue
        target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if not os.path.exists(os.path.join(ROOT, target)):
            yield f"a link to {path}"
        elif anchor and target.endswith(".md") and anchor[1:] not in anchors(text_of(target)):
            yield f"a link to {path}{anchor}"


def dead_files(page, text, files, tests):
    """In back quotes: a file by its path or the end of it, a test by the name of its file or of a
    function in one of @tests, the texts of those files."""
    for name in re.findall(r"`([\w./*-]+\.(?:c|h|py|json|sh|md|conf|service|gp))`", text):
        if name.startswith("build"):    # made by tests
            continue
        here = [os.path.join(ROOT, name), os.path.join(ROOT, os.path.dirname(page), name)]
        if not any(glob.glob(p) for p in here) and not any(
                re.search(rf"(^|/){re.escape(name)}$".replace(r"\*", "[^/]*"), f) for f in files):
            yield f"the file {name}"
    for name in re.findall(r"`((?:test|fuzz|sim|bench)_\w+)`", text):
        if not any(os.path.basename(f).split(".")[0] == name for f in files) and \
                not any(re.search(rf"\b{name}\b", source) for source in tests):
            yield f"the test {name}"


def dead_words(text, words):
    """In back quotes: drop reasons, counters, options and what else is spelled like them."""
    for word in sorted(set(re.findall(r"`([a-z0-9]+(?:[-_][a-z0-9]+)+)`", text)) - words):
        if not re.match("test_|fuzz_|sim_|bench_", word):   # see dead_files()
            yield f"the word {word}"


def commands(text):
    """Those in back quotes, without what may be left out."""
    for command in re.findall(r"`((?:show|clear|test) [^`\n]+)`", text):
        before = None
        while command != before:
            before, command = command, re.sub(r"\[[^\[\]]*\]|\.\.\.$", "", command)
        words = [PLACES.get(word, word.partition("|")[0]) for word in command.split()]
        if len(words) > 1 and "follow" not in words:    # that one does not end
            yield " ".join(words)


class Shell:
    """The shell, with a control plane of its own that has no dataplane."""

    def __init__(self, controlplane, culvert, directory):
        self.argv = [culvert, "--socket", f"{directory}/mgmt.sock"]
        self.log = open(f"{directory}/log", "w+")
        self.process = subprocess.Popen(
            [controlplane, "--config", os.path.join(ROOT, CONFIG), "--mgmt-socket", self.argv[-1],
             "--dataplane-socket", f"{directory}/dataplane.sock", "--state-dir",
             f"{directory}/state"], stdout=self.log, stderr=subprocess.STDOUT)
        end = time.monotonic() + LIMIT_S
        while self.run("show version").returncode != 0:
            self.log.seek(0)
            assert self.process.poll() is None and time.monotonic() < end, self.log.read()[-2000:]
            time.sleep(0.05)

    def run(self, *lines):
        words = [word for line in lines for word in ("-c", line)]
        return subprocess.run([*self.argv, *words], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=LIMIT_S)

    def knows(self, command):
        """Whether it is a command, of those that can be given always or of those that belong to
        the configuration."""
        return any("Invalid command" not in done.stdout + done.stderr
                   for done in (self.run(*lines) for lines in
                                ((command,), ("configure terminal", command))))

    def end(self):
        self.process.terminate()
        self.process.wait(LIMIT_S)
        self.log.close()


def main(controlplane, culvert):
    files = [os.path.relpath(os.path.join(directory, name), ROOT)
             for folder in FOLDERS for directory, _, names in os.walk(f"{ROOT}/{folder}")
             for name in names]
    code = {f: text_of(f) for f in files if f.endswith((".c", ".h", ".py", ".conf", ".json"))}
    tests = [text for f, text in code.items() if f.startswith("tests/")]
    words = set(re.findall(r"[a-z0-9]+(?:[-_][a-z0-9]+)+",
                           " ".join(t for f, t in code.items() if not f.startswith("docs/"))))
    found, named = [], {}
    for page in PAGES:
        text = text_of(page)
        found += [f"{page}: {what}" for what in (*dead_links(page, text),
                                                 *dead_files(page, text, files, tests))]
        if page in OWN_WORDS:
            own = without_foreign_columns(text)
            found += [f"{page}: {what}" for what in dead_words(own, words)]
        for command in commands(without_foreign_columns(text)):
            named.setdefault(command, page)
    assert len(named) > 50, f"only {len(named)} commands were found"
    found += [f"docs/interop.md: nothing of {os.path.basename(f)}" for f in files
              if re.fullmatch(r"tests/interop/test_\w+\.py", f)
              and f"`{os.path.basename(f)}`" not in text_of("docs/interop.md")]
    with tempfile.TemporaryDirectory() as directory:
        shell = Shell(controlplane, culvert, directory)
        try:
            assert not shell.knows("show nonsense")
            found += [f"{page}: {command}" for command, page in named.items()
                      if not shell.knows(command)]
        finally:
            shell.end()
    for line in found:
        print("wrong:", line)
    print(f"{len(PAGES)} pages, {len(named)} commands, {len(found)} wrong")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
