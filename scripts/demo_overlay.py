#!/usr/bin/env python3
"""Nine peers on this machine: a search three hops deep, an election, a verified download, and a source that dies.

Usage: demo_overlay.py PROGRAM. Everything shown is what the program itself prints; every claim is checked, and the first one
that does not hold ends the demo with exit code 1. Nothing is left behind.
"""
import hashlib
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

MIB = 1024 * 1024
MARK = "help quit"  # a command whose answer tells that all commands before it are done
MARK_LINE = re.compile(r"^quit\b")
STEP_SECONDS = 40
started = time.monotonic()


class Failed(Exception):
    """A claim of the demo that did not hold."""


def claim(holds, what):
    if not holds:
        raise Failed(what)
    print(f"  \N{CHECK MARK} {what}")


def headline(text):
    print(f"\n== {text}  [{time.monotonic() - started:.1f} s]", flush=True)


class Peer:
    """One mogshare process with a home of its own, driven through its standard input."""

    def __init__(self, program, base, name, join=None, primary_rows=8, settings=()):
        self.name, self.home = name, base / name
        (self.home / "mogShare").mkdir(parents=True)
        command = [program, "--home", str(self.home), "--port", "0", "--listen", "127.0.0.1", "--set", "overlay.entry_rows=4",
                   "--set", f"overlay.primary_rows={primary_rows}"]
        for setting in settings:
            command += ["--set", setting]
        if join:
            command += ["--join", f"127.0.0.1:{join.port}"]
        self.lines, self.news = [], threading.Condition()
        self.errors = open(base / f"{name}.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
                                        encoding="utf-8", start_new_session=True)

    def listen(self):
        threading.Thread(target=self._read, daemon=True).start()
        ready = self.wait_for(re.compile(r"^ready port=(\d+) id=([0-9a-f]{64})"), 0)
        self.port, self.id = int(ready.group(1)), ready.group(2)[:8]

    def _read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()
        with self.news:
            self.lines.append(None)  # the end
            self.news.notify_all()

    def wait_for(self, pattern, start):
        deadline = time.monotonic() + STEP_SECONDS
        with self.news:
            at = start
            while True:
                while at < len(self.lines):
                    line = self.lines[at]
                    if line is None:
                        raise Failed(f"{self.name} ended early:\n{self.log()}")
                    if found := pattern.search(line):
                        return found
                    at += 1
                left = deadline - time.monotonic()
                if left <= 0 or not self.news.wait(left):
                    raise Failed(f"{self.name} said nothing like {pattern.pattern!r} in {STEP_SECONDS} s:\n{self.log()}")

    def log(self):
        self.errors.flush()
        return Path(self.errors.name).read_text(encoding="utf-8")[-2000:]

    def send(self, command):
        at = len(self.lines)
        self.process.stdin.write(f"{command}\n{MARK}\n")
        self.process.stdin.flush()
        return at

    def answer(self, at):
        self.wait_for(MARK_LINE, at)
        with self.news:
            end = next(i for i in range(at, len(self.lines)) if MARK_LINE.search(self.lines[i]))
            return self.lines[at:end]

    def run(self, command, show=False):
        """Runs a command to its end and gives what it printed."""
        if show:
            print(f"\n{self.name}> {command}", flush=True)
        lines = self.answer(self.send(command))
        if show:
            self.show(lines)
        return lines

    @staticmethod
    def show(lines):
        print("\n".join(f"  {line}" for line in lines), flush=True)

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)


class Overlay:
    """The nine peers. Small tables keep every peer's view so narrow that the files lie three hops from ana."""

    picture = """
                               ┌─► fabio  (holds both files, uploads at 64 MiB/s)
      ana ──► bia ──┬─► caio ──┼─► gil    (holds both files,             8 MiB/s)
                    │          └─► ivo
                    └─► davi ──┬─► hana   (holds both files,             2 MiB/s)
                               └─► eva
     level      1         2          3"""

    def __init__(self, program, base):
        self.program, self.base, self.peers = program, base, {}

    def add(self, name, join=None, rows=8, settings=(), files=()):
        peer = Peer(self.program, self.base, name, self.peers.get(join), rows, settings)
        self.peers[name] = peer
        for file in files:
            shutil.copy2(file, peer.home / "mogShare" / file.name)
        peer.listen()
        if join:
            peer.run("wait primary>=1 20s")
        if files:
            peer.run("rescan")
            peer.run(f"wait shares>={len(files)} 30s")
        return peer

    def build(self, files):
        limit = "transfer.upload_limit_bytes_per_s={}".format
        self.add("caio", rows=4)
        self.add("bia", join="caio", rows=2)
        self.add("davi", join="bia", rows=4)
        self.add("fabio", join="caio", settings=[limit(64 * MIB)], files=files)
        self.add("gil", join="caio", settings=[limit(8 * MIB)], files=files)
        self.add("ivo", join="caio")
        self.add("hana", join="davi", settings=[limit(2 * MIB)], files=files)
        self.add("eva", join="davi")
        return self.add("ana", join="bia", rows=1, settings=[f"search.ping_bytes={MIB}"])

    def name_of(self, short_id):
        return next((name for name, peer in self.peers.items() if peer.id == short_id), short_id)

    def end(self):
        for peer in self.peers.values():
            peer.end()
        for peer in self.peers.values():
            try:
                peer.process.wait(6)
            except subprocess.TimeoutExpired:
                peer.process.kill()
                peer.process.wait()
            peer.errors.close()


def make_files(program, base):
    """Two real files: the program itself, and a recording of 24 MiB in WAV format."""
    first, second = base / "atlas-1-program.bin", base / "atlas-2-recording.wav"
    shutil.copyfile(program, first)
    samples = 24 * MIB - 44
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", samples + 36, b"WAVE", b"fmt ", 16, 1, 2, 44100, 176400, 4, 16, b"data",
                         samples)
    second.write_bytes(header + os.urandom(samples))
    return first, second


def sha256sum(path):
    """The check by an outside program."""
    return subprocess.run(["sha256sum", str(path)], check=True, capture_output=True, text=True).stdout.split()[0]


def election(lines):
    """The rows of `why`: (place, short id, level, rate in MiB/s)."""
    units = {"B/s": 1 / MIB, "KiB/s": 1 / 1024, "MiB/s": 1, "GiB/s": 1024}
    row = re.compile(r"^\s*(\d+)\s+([0-9a-f]{8})\s+\S+\s+(\d+)\s.*?([\d.,]+) ([KMG]?i?B/s)")
    found = [row.search(line) for line in lines]
    return [(int(m[1]), m[2], int(m[3]), float(m[4].replace(",", "")) * units[m[5]]) for m in found if m]


def primary_ids(lines):
    """Short ids of the primary table as `peers` prints it."""
    ids, inside = [], False
    for line in lines:
        if re.match(r"^(primary|secondary)\b", line):
            inside = line.startswith("primary")
        elif inside and (found := re.search(r"\b([0-9a-f]{8})\b", line)):
            ids.append(found[1])
    return ids


def show_search(overlay, ana):
    headline("A search by words, three hops deep")
    lines = ana.run("search atlas", show=True)
    answers = [line for line in lines if re.search(r"\blevel \d", line) and "atlas" in line]
    claim(len(answers) == 3, "three peers have answered")
    claim(all(re.search(r"\blevel 3\b", line) for line in answers), "each of them three hops away")


def show_election(overlay, ana):
    headline("The election: each answer was pinged with 1 MiB of the file itself")
    rows = election(ana.run("why 1", show=True))
    order = [overlay.name_of(row[1]) for row in rows]
    claim(order == ["fabio", "gil", "hana"], "the order of rates is fabio, gil, hana, as their upload limits have it")
    claim(all(a[3] > b[3] for a, b in zip(rows, rows[1:])), "the highest rate is elected: fabio")
    claim(all(row[2] == 3 for row in rows), "the list of answers knows that they are at level 3")


def show_download(overlay, ana, first):
    headline("The download, from the elected source")
    lines = ana.run("get 1", show=True)
    landed = ana.home / "mogShare" / first.name
    claim(landed.exists(), f"the file is in ana's folder: mogShare/{first.name}")
    claim(any(str(overlay.peers["fabio"].port) in line for line in lines), "it came from fabio")
    ours, theirs = sha256sum(landed), sha256sum(first)
    claim(ours == theirs, f"sha256sum says the same of the original and the copy: {ours[:16]}…")
    ids = subprocess.run([overlay.program, "id", str(first), str(landed)], check=True, capture_output=True, text=True).stdout
    claim(len({line.split()[0] for line in ids.splitlines()}) == 1, f"mogshare id, too: {ids.split()[0][:16]}…")


def show_tables(overlay, ana, before):
    headline("The tables afterwards: who answers moves up")
    after = primary_ids(ana.run("peers", show=True))
    holders = {overlay.peers[name].id for name in ("fabio", "gil", "hana")}
    claim(before == [overlay.peers["bia"].id], "before the search ana's primary table held bia alone")
    claim(len(after) == 1 and after[0] in holders, f"now it holds {overlay.name_of(after[0])}, promoted by its answer")


def show_nothing(overlay, ana):
    headline("A search that finds nothing, as a one-shot command beside the running peer")
    command = [overlay.program, "search", "no-such-file", "--home", str(ana.home), "--listen", "127.0.0.1"]
    print("\n$ mogshare search no-such-file --home ana")
    done = subprocess.run(command, capture_output=True, text=True, timeout=STEP_SECONDS)
    Peer.show((done.stdout + done.stderr).splitlines())
    claim(done.returncode == 3, "its exit code says so: 3, not found")


def on_disk(home):
    """Bytes of the partial file that are on disk, as an outsider sees them."""
    parts = list((home / "state" / "partial").glob("*"))
    try:
        return max((part.stat().st_blocks * 512 for part in parts), default=0)
    except FileNotFoundError:
        return 0


def show_death(overlay, ana, second):
    headline("A source dies while it serves")
    fabio = overlay.peers["fabio"]
    print("  fabio slows down to 4 MiB/s, so that there is time to watch; ana gets the recording, fabio is killed on the way")
    fabio.run(f"set transfer.upload_limit_bytes_per_s {4 * MIB}")
    print("\nana> get 2", flush=True)
    at = ana.send("get 2")
    deadline = time.monotonic() + STEP_SECONDS
    while on_disk(ana.home) < 4 * MIB:
        if time.monotonic() > deadline:
            raise Failed(f"ana's download does not move:\n{ana.log()}")
        time.sleep(0.02)
    fabio.end(signal.SIGKILL)
    print("  (fabio is killed with SIGKILL)", flush=True)
    lines = ana.answer(at)
    Peer.show(lines)
    landed = ana.home / "mogShare" / second.name
    claim(landed.exists() and landed.stat().st_size == second.stat().st_size, "the download has finished all the same")
    gil = str(overlay.peers["gil"].port)
    claim(any(gil in line for line in lines), "gil, the next in the list, has taken over")
    ours = hashlib.sha256(landed.read_bytes()).hexdigest()
    claim(ours == sha256sum(second), f"and not a byte is wrong: {ours[:16]}…")


def show(program, base):
    files = make_files(program, base)
    overlay = Overlay(program, base)
    try:
        headline("Nine peers, each a process with a home of its own")
        ana = overlay.build(files)
        print(Overlay.picture)
        print("\n  Each knows a few neighbours only; nobody keeps a list of all.")
        before = primary_ids(ana.run("peers", show=True))
        show_search(overlay, ana)
        show_election(overlay, ana)
        show_download(overlay, ana, files[0])
        show_tables(overlay, ana, before)
        show_nothing(overlay, ana)
        show_death(overlay, ana, files[1])
    finally:
        overlay.end()


NEXT = """
All of it holds. What to type next:

  {program}
      starts your own peer in this clone: it shares the folder mogShare/, and `help` shows every command
  {program} --home ~/second --port 0 --join 127.0.0.1:7000
      a second peer, in another terminal; then: search welcome, get 1, why 1, peers
  ./scripts/test
      the test suite
"""


def main():
    program = str(Path(sys.argv[1]).resolve())
    base = Path(tempfile.mkdtemp(prefix="mogshare-demo-"))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(130))
    try:
        show(program, base)
    except (Failed, OSError, subprocess.SubprocessError) as trouble:
        print(f"\nFAILED: {trouble}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(base, ignore_errors=True)
    print(NEXT.format(program=sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
