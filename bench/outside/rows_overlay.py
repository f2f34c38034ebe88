"""Whole processes on the loopback interface: starting, shaking hands, idling, relaying, searching."""

import json
import subprocess
import time

import harness
import measure
from measure import Row

# With no row scored the line keeps its shape.
LINE_TABLES = "[overlay]\nprimary_rows = 1\nsecondary_rows = 1\nentry_rows = 4\nscored_share = 0\n"
# One neighbour brings more than any honest one would.
UNBOUND = "[budget]\nsearches_per_s = 1000000\n"
LINKS_AT_REST = 200


def start(world, quick):
    times_ms = []
    for run in range(5 if quick else 25):
        home = world.home(f"start{run}")
        begun = time.monotonic()
        peer = world.begin(home)
        times_ms.append((time.monotonic() - begun) * 1000)
        peer.end()
    yield Row("start to ready, empty folder", measure.median(times_ms), "ms", "less", 100, measure.spread(times_ms))


def line(world, quick):
    """a - b - c - d, each with one row; the file is at d, three hops from a."""
    last = None
    for name in ("d", "c", "b"):
        home = world.home("line-" + name, LINE_TABLES, **({"far__bin": b"x" * 100_000} if name == "d" else {}))
        peer = world.serve(home, *(["--join", last.address] if last else []))
        if last:
            peer.await_error("entered through")
        last = peer
    searcher = world.peer(world.home("line-a", LINE_TABLES), "--join", last.address, "--json")
    searcher.say("wait peers>=1 10s")
    first_ms = []
    for _ in range(5 if quick else 25):
        answer = json.loads(searcher.ask("search far.bin", '"answer"'))
        harness.same(answer["level"], 3, "hops")
        first_ms.append(answer["after_ms"])
        searcher.await_line('"search"')
    first_ms = first_ms[1:]  # links are opened by the first search, and kept
    yield Row("first answer over three hops", measure.median(first_ms), "ms", "less", 6,
              measure.spread(first_ms))


def relay(world, programs, quick):
    searches = 20_000 if quick else 600_000  # as many as a minute brings at 10,000 a second
    runs = [("32 neighbours", 0)] + ([] if quick else [("8 of 32 never read", 8)])
    for name, deaf in runs:
        rates, cpu_us, resident = [], [], []
        for run in range(1 if quick else 3):
            peer = world.begin(world.home(f"relay-{deaf}-{run}", UNBOUND), preexec_fn=measure.on_core(0))
            watched = measure.Watched(peer.process.pid)
            before_s = watched.cpu_s()
            command = [programs / "link_load", "--to", peer.port, "--searches", searches, "--deaf", deaf]
            done = subprocess.run(measure.pinned(1, command), check=True, stdout=subprocess.PIPE, text=True)
            cpu_us.append((watched.cpu_s() - before_s) / searches * 1e6)
            rates.append(json.loads(done.stdout)["searches_per_s"])
            resident.append(watched.most_resident_mib())
            peer.end()
        note = f"{measure.median(cpu_us):.1f} us of CPU each; " + measure.spread(rates, 0)
        yield Row(f"relay on one core, {name}", measure.median(rates), "searches/s", "more", 10_000, note)
        yield Row(f"relay, {name}: resident at most", max(resident), "MiB", "less", 128 if deaf else None)


def handshake(world, programs, quick):
    count = 200 if quick else 2000
    cost_ms = []
    for run in range(2 if quick else 5):
        peer = world.begin(world.home(f"handshake{run}"), preexec_fn=measure.on_core(0))
        watched = measure.Watched(peer.process.pid)
        before_s = watched.cpu_s()
        command = [programs / "link_load", "--to", peer.port, "--handshakes", count]
        done = subprocess.run(measure.pinned(1, command), check=True, stdout=subprocess.PIPE, text=True)
        cost_ms.append((watched.cpu_s() - before_s + json.loads(done.stdout)["cpu_s"]) / count * 1000)
        peer.end()
    yield Row("handshake", measure.median(cost_ms), "ms CPU", "less", 2, "both sides together; " + measure.spread(cost_ms))


def held(programs, peer, neighbours):
    """Links that stand, and say nothing."""
    load = subprocess.Popen([programs / "link_load", "--to", str(peer.port), "--neighbours", str(neighbours), "--hold"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    harness.same(load.stdout.readline(), "ready\n", "links")
    return load


def at_rest(world, programs, quick):
    """What links more cost, when there has been one before."""
    cost_kib = []
    for run in range(1 if quick else 5):
        peer = world.begin(world.home(f"rest{run}"))
        held(programs, peer, 3).communicate()
        watched = measure.Watched(peer.process.pid)
        before_mib = watched.resident_mib()
        load = held(programs, peer, LINKS_AT_REST)
        time.sleep(1)
        cost_kib.append((watched.resident_mib() - before_mib) * 1024 / LINKS_AT_REST)
        load.communicate()
        peer.end()
    yield Row("link memory at rest", measure.median(cost_kib), "KiB a link", "less", 80, measure.spread(cost_kib, 0))


def idle(world, programs, quick):
    seconds = 5 if quick else 60
    peer = world.begin(world.home("idle"))
    load = held(programs, peer, 32)
    watched = measure.Watched(peer.process.pid)
    time.sleep(1 if quick else 10)  # time limits that entering has left behind are over
    before = watched.voluntary_switches()
    time.sleep(seconds)
    switches = (watched.voluntary_switches() - before) / seconds
    resident = watched.resident_mib()
    load.communicate()
    peer.end()
    yield Row("idle with 32 links: resident", resident, "MiB", "less", 20)
    yield Row("idle with 32 links: voluntary switches", switches, "/s", "less", 1, f"over {seconds} s")
