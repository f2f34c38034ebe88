"""The prompt as a person at a terminal sees it, and what an idle peer costs."""

import os
import pathlib
import re
import signal
import subprocess
import time

import harness
from harness import check, same
from terminal import Terminal


def case_prompt_at_a_terminal(world):
    a = Terminal(world, "--home", world.home("a", mine__txt=b"mine"), "--port", 0)
    a.await_text("ready port=")
    a.await_text("mogShare> ")
    a.type("nonsense")
    a.await_text("\033[31merror:")
    a.await_text("hint: ")
    a.await_text("mogShare> ")  # a person's mistake ends nothing
    a.type("wait hashed; sea mine")
    a.await_text("[here]")
    a.await_text("mogShare> ")
    a.type("quit")
    same(a.process.wait(harness.LIMIT_S), 0, "exit code")


def case_no_colour(world):
    a = Terminal(world, "--home", world.home("a"), "--port", 0, NO_COLOR="1")
    a.await_text("mogShare> ")
    a.type("nonsense")
    a.await_text("hint: ")
    check("\033[31m" not in a.shown, f"no colour in {a.shown!r}")


def case_progress_and_leaving_a_download(world):
    """The line at the bottom moves; an empty line gives the prompt back while the download goes on."""
    source = world.serve(world.home("source", slow__bin=os.urandom(8_000_000)), "--upload-limit", "2M")
    a = Terminal(world, "--home", world.home("a"), "--port", 0, "--join", source.address)
    a.await_text("entered through")
    a.type("search slow")
    a.await_text("1 result")
    a.type("get 1")
    a.await_text("slow.bin  ")
    a.await_text("% ")
    a.await_text(" left  from 127.0.0.1:")
    a.type("")
    a.await_text("mogShare> ")
    a.type("status")
    a.await_text("1 download, ")
    a.type("cancel 1")
    a.await_text("cancelled; ")
    a.type("get 1")
    a.await_text("slow.bin")
    os.killpg(a.process.pid, signal.SIGINT)
    same(a.process.wait(harness.LIMIT_S), 130, "exit code")


def case_a_second_signal_ends_at_once(world):
    """Even while nobody reads what is still to be written."""
    reading, writing = os.pipe()
    command = [harness.MOGSHARE, "--home", str(world.home("a")), "--port", "0"]
    pipes = {"stdin": subprocess.PIPE, "stdout": writing, "stderr": subprocess.PIPE}
    a = subprocess.Popen(command, text=True, env=world.env, **pipes)
    os.close(writing)
    try:
        os.read(reading, 200)
        a.stdin.write("stats\n" * 300)  # more than a pipe holds
        a.stdin.flush()
        # It takes what it can and then waits for us, but not on its loop: it still hears the signal, and stops.
        while a.poll() is None:
            a.send_signal(signal.SIGINT)
            try:
                a.wait(0.2)
            except subprocess.TimeoutExpired:
                pass
        check(a.returncode in (130, -signal.SIGINT), f"exit code {a.returncode}")
    finally:
        os.close(reading)
        a.kill()
        a.communicate()


def switches(pid):
    """How often its threads have been woken."""
    total = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        total += sum(int(count) for count in re.findall(r"ctxt_switches:\s+(\d+)", status.read_text()))
    return total


def case_an_idle_peer_sleeps(world):
    """Two linked peers with nothing to do are not woken for a second and a half."""
    if harness.built_with("tsan"):
        raise harness.Skipped("ThreadSanitizer has a thread of its own that wakes", by_design=True)
    a = world.peer(world.home("a", some__txt=b"some"))
    b = world.peer(world.home("b"), "--join", a.address)
    b.ask("wait links>=1; wait hashed; status", "busy")
    a.ask("wait links>=1; wait hashed; status", "busy")
    quiet = False
    for _ in range(3):  # the ends of what was before may still come
        before = switches(a.process.pid), switches(b.process.pid)
        time.sleep(1.5)
        quiet = quiet or before == (switches(a.process.pid), switches(b.process.pid))
    check(quiet, "an idle peer was woken")


def case_ready_at_once(world):
    """Generous, since the machine may be busy and the program built for debugging."""
    times = []
    for name in "abc":
        begun = time.monotonic()
        world.serve(world.home(name))
        times.append(time.monotonic() - begun)
    check(min(times) < 1, f"start to ready took {min(times):.3f} s")
    print(f"     start to ready: {min(times) * 1000:.0f} ms")


harness.main(globals())
