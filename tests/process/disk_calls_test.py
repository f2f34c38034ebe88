"""The whole program on a disk that fails at each call in turn, and killed at random moments: nothing that was finished is lost, no byte
is wrong, and it goes on.

MOGSHARE_KILLS says how often it is killed (60; with a sanitizer 15), MOGSHARE_KILL_SEED when and where (1).
"""

import errno
import os
import pathlib
import random
import re
import signal
import subprocess
import threading
import time

import harness
from harness import check, same

PRELOAD = pathlib.Path(harness.MOGSHARE).parent / "disk_preload.so"
SANITIZED = os.access(harness.MOGSHARE, os.R_OK) and any(harness.built_with(each) for each in ("asan", "tsan"))
KILLS = int(os.environ.get("MOGSHARE_KILLS", "15" if SANITIZED else "60"))
SEED = int(os.environ.get("MOGSHARE_KILL_SEED", "1"))
KILLS_A_HOME = 10
HASTE = "[time]\nwindow_ms = 150\n"
FETCH_ALL = "wait peers>=1; search song; get 1; get 2; wait transfers"


def preload(world, what):
    """The environment in which `what` happens to the calls that change files (tests/disk/preload)."""
    if SANITIZED:
        raise harness.Skipped("a sanitizer wants to be loaded first", by_design=True)
    check(PRELOAD.exists(), f"no {PRELOAD}: build all of the tests")
    return {**world.env, "LD_PRELOAD": str(PRELOAD), "MOGSHARE_DISK": what}


class Scene:
    """A source of two files, and homes that fetch them."""

    def __init__(self, world):
        self.world = world
        self.files = {"song-small.bin": os.urandom(100_000), "song-large.bin": os.urandom(2_500_000)}
        self.source = world.serve(world.home("source", **{name.replace(".", "__"): data for name, data in self.files.items()}))

    def command(self, home):
        return [harness.MOGSHARE, "--home", str(home), "--port", "0", "--join", self.source.address, "-c", FETCH_ALL]

    def fetch(self, home, env=None):
        done = subprocess.run(self.command(home), capture_output=True, text=True, errors="replace", timeout=harness.LIMIT_S,
                              stdin=subprocess.DEVNULL, env=env or self.world.env, cwd=self.world.root)
        return harness.Result(done.returncode, done.stdout, done.stderr)

    def landed(self, home):
        """The names of what is in the folder, each with the bytes of its source."""
        names = sorted(each.name for each in (home / "mogShare").iterdir() if not each.name.startswith("."))
        for name in names:
            check(name in self.files, f"{name!r} is no name that was asked for")
            check((home / "mogShare" / name).read_bytes() == self.files[name], f"wrong bytes in {name}")
        return names

    def goes_on(self, home, identity=None):
        """A start without faults: state loads without a word, both files are there with the right bytes, and the peer is the same."""
        done = self.fetch(home)
        already = "already here" in done.err  # then the batch ends by an error
        check(done.code == 0 or already, f"{done!r}")
        check("damaged" not in done.err, f"{done!r}")
        for name in set(self.files) - set(self.landed(home)):
            got = self.world.run("get", name, "--home", home, "--join", self.source.address).expect(0)
            check("done: " in got.out, f"{got!r}")
        same(self.landed(home), sorted(self.files), "landed")
        now = re.search(r"id=([0-9a-f]{64})", done.out).group(1)
        if identity:
            same(now, identity, "the peer's id")
        return now


def case_each_call_fails(world):
    """For want of room for good, or once by a broken disk: an error with a hint or a warning, and all is well afterwards."""
    scene = Scene(world)
    counted = world.root / "count"
    scene.fetch(world.home("counting", HASTE), preload(world, f"count={counted}")).expect(0)
    calls = int(counted.read_text())
    check(calls > 20, f"{calls} calls")
    last_of_start = 12
    # Of the many writes of a download every seventh.
    chosen = [*range(1, last_of_start), *range(last_of_start, calls - 12, 7), *range(calls - 12, calls + 1)]
    failed = 0
    for at, number in enumerate(chosen):
        how = f"fail={number}:{errno.ENOSPC}" if at % 2 == 0 else f"once={number}:{errno.EIO}"
        home = world.home(f"home{number}", HASTE)
        done = scene.fetch(home, preload(world, how))
        scene.landed(home)
        if done.code != 0:
            failed += 1
            check(done.code in (1, 2, 7, 9), f"{how}: {done!r}")
            told = [line.split(" ")[0] for line in done.err.splitlines() if line.startswith(("error: ", "hint: "))]
            same(told[-2:], ["error:", "hint:"], f"{how}: {done!r}\n")
            reason = "No space left" if "fail" in how else "Input/output error"
            check(reason in done.err, f"{how}: {done!r}")
        scene.goes_on(home)
    check(failed > len(chosen) // 4, f"{failed} of {len(chosen)} failed")


def kill_after(process, seconds):
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    return timer


def kill_in_download(process, home, seconds):
    """So much later than a file has begun to come: what a clock meets by chance only where a start takes most of the time."""
    def watch():
        while process.poll() is None and not partial_files(home):
            time.sleep(0.001)
        time.sleep(seconds)
        process.kill()
    threading.Thread(target=watch, daemon=True).start()


def partial_files(home):
    return list((home / "state" / "partial").glob("*.part"))


def case_killed_at_any_moment(world):
    """SIGKILL at a random moment, or in a random call that writes; then a start that goes on."""
    scene = Scene(world)
    draw = random.Random(SEED)
    calls = 0
    begun = time.monotonic()
    scene.fetch(world.home("timing", HASTE)).expect(0)
    span = time.monotonic() - begun
    if not SANITIZED:
        counted = world.root / "count"
        scene.fetch(world.home("counting", HASTE), preload(world, f"count={counted}")).expect(0)
        calls = int(counted.read_text())
    home, identity, killed, resumed = None, None, 0, 0
    for number in range(KILLS):
        if number % KILLS_A_HOME == 0:
            home, identity = world.home(f"home{number}", HASTE), None
        aimed = draw.random() < 0.5  # in a call; a sanitizer lets none be replaced, so in a download there
        in_call, in_download = aimed and not SANITIZED, aimed and SANITIZED
        what = f"die={draw.randint(1, calls)}" if in_call else f"{draw.random() * (0.02 if in_download else span):.3f} s"
        env = preload(world, what) if in_call else world.env
        process = subprocess.Popen(scene.command(home), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, errors="replace", env=env, cwd=world.root)
        timer = kill_after(process, harness.LIMIT_S if aimed else float(what.split()[0]))
        if in_download:
            kill_in_download(process, home, float(what.split()[0]))
        out, err = process.communicate()
        timer.cancel()
        done = harness.Result(process.returncode, out, err)
        about = f"seed {SEED}, kill {number} ({what}): "
        try:
            check(done.code in (0, -signal.SIGKILL), "it ended otherwise")
            check("damaged" not in err, "state was damaged")
            killed += done.code != 0
            there = scene.landed(home)
            ended = [line for line in out.splitlines() if line.startswith("done: ")]
            told = [name for name in scene.files if any(f"/{name}," in line for line in ended)]
            check(set(told) <= set(there), f"{told} had landed, {there} are there")
            resumed += bool(partial_files(home))
            identity = scene.goes_on(home, identity)
        except harness.Failed as failure:
            raise harness.Failed(f"{about}{failure}\n{done!r}") from None
        for name in scene.files:  # the next one has something to fetch
            (home / "mogShare" / name).unlink()
    print(f"{killed} of {KILLS} were killed before they had ended, {resumed} with a partial file", flush=True)
    check(killed > KILLS // 3 and resumed > KILLS // 10, f"{killed} killed, {resumed} resumed")


harness.main(globals())
