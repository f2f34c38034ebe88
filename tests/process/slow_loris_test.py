"""Thousands of connections that a peer has to wait for (`slow_loris`), from eight addresses, while others search and download from it.

Whoever is honest gets what it wants every time; what the crowd costs is bounded, and gone soon after the crowd, or when its time
is over. The crowd's connections are of four kinds: silent, half a ClientHello, a handshake and nothing after it, and HELLO byte by byte.
"""

import json
import os
import pathlib
import resource
import select
import subprocess
import time

import harness
from harness import check, same

LORIS = os.path.join(os.path.dirname(os.path.abspath(os.environ["MOGSHARE"])), "slow_loris")
SLOW = any(harness.built_with(each) for each in ("tsan", "ubsan", "asan"))
COUNT, A_SECOND = (1_000, 100) if SLOW else (10_000, 800)
AT_ONCE = 800
ROUNDS = 4 if SLOW else 20
FILES = 200
MEMORY_KIB = 64 * 1024
FREE_WITHIN_S = 15
QUICK = "[time]\nwindow_ms = 200\n"


class Crowd:
    def __init__(self, peer):
        command = [LORIS, str(peer.port), str(COUNT), str(AT_ONCE), str(A_SECOND)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def told(self):
        """What it says when all have been opened; empty before."""
        return self.process.stdout.readline() if select.select([self.process.stdout], [], [], 0)[0] else ""

    def leave(self):
        self.process.stdin.close()
        self.process.wait(harness.LIMIT_S)
        self.process.stdout.close()


def status_kib(peer, key):
    for line in pathlib.Path(f"/proc/{peer.process.pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    raise KeyError(key)


def descriptors(peer):
    return len(os.listdir(f"/proc/{peer.process.pid}/fd"))


def file_of(number):
    return f"file{number:03}.bin"


def fetch(honest, number):
    """Searches and downloads; a peer that reads a pipe ends at the first command that fails."""
    honest.ask(f"search {file_of(number)}", '"search"')
    same(json.loads(honest.ask("get 1", '"done"'))["name"], file_of(number), "what was fetched")


def honest_while(world, a, crowd):
    """Searches and downloads until the crowd has opened all; the number of rounds, and what the crowd said."""
    honest = world.peer(world.home("honest", QUICK), "--join", a.address, "--json")
    honest.say("wait peers>=1 20s")
    fetched, told = 0, ""
    while not told or fetched < ROUNDS:
        fetch(honest, fetched)
        if fetched % 5 == 0:  # somebody new, who has to enter first
            done = world.run("get", file_of(fetched), "--home", world.home(f"new-{fetched}", QUICK), "--join", a.address)
            done.expect(0)
        fetched += 1
        check(fetched < FILES, "the crowd has not opened all of its connections")
        told = told or crowd.told()
    same(honest.result().code, 0, "the honest peer")
    return fetched, told


def await_free(a, before):
    """Until it has no more descriptors than before the crowd came; seconds."""
    begun = time.monotonic()
    while descriptors(a) > before:
        check(time.monotonic() - begun < FREE_WITHIN_S, f"{descriptors(a)} descriptors are open, {before} were before")
        a.ask("status", '"status"')
        time.sleep(0.05)
    return time.monotonic() - begun


def attack(world, crowd_stays, **options):
    files = {file_of(number): f"content {number} ".encode() * 1000 for number in range(FILES)}
    a = world.peer(world.home("a", "", **files), "--json", **options)
    a.say("wait hashed")
    a.ask("status", '"status"')
    before, before_kib = descriptors(a), status_kib(a, "VmRSS")
    crowd = Crowd(a)
    try:
        rounds, told = honest_while(world, a, crowd)
        secured = int(told.split()[3])
        same(int(told.split()[1]), COUNT, "connections of the crowd")
        check(secured > COUNT // 20, f"some come through the handshake: {told}")
        if not crowd_stays:
            crowd.leave()
        took_s = await_free(a, before)
        counts = json.loads(a.ask("stats", '"stats"'))
    finally:
        crowd.leave()
    check(counts["connections_accepted"] > COUNT, f"all of them were accepted: {counts}")
    check(counts["half_open_evicted"] > COUNT // 2, f"most of them gave way to others: {counts}")
    most_kib = status_kib(a, "VmHWM") - before_kib
    if not SLOW:  # sanitizers keep what is freed
        check(most_kib <= MEMORY_KIB, f"{most_kib} KiB more in memory")
    print(f"  {rounds} rounds, {secured} of {COUNT} secured, at most {most_kib} KiB more, free after {took_s:.1f} s", flush=True)
    same(a.result().code, 0, "an orderly end")
    check("have to wait" not in "\n".join(a.errors), f"descriptors are left: {a.errors}")


def case_ten_thousand(world):
    """Those that stand at the end stay, and are closed when their time is over."""
    attack(world, crowd_stays=True)


def case_ten_thousand_and_64_descriptors(world):
    if harness.built_with("ubsan"):
        raise harness.Skipped("UndefinedBehaviorSanitizer needs descriptors of its own", by_design=True)
    attack(world, crowd_stays=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))


harness.main(globals())
