"""A peer that may open few files (`ulimit -n 32`) and is dialled by many that say nothing: it has room for fewer connections then, of
which the silent ones give way, and goes on with honest peers and with its files. Where there are no descriptors all the same, it waits."""

import contextlib
import json
import os
import resource
import select
import socket
import subprocess
import time

import harness
from forger import HELLO, TRANSFER
from harness import check, same
from stranger import Stranger

# Whoever is silent is not sent away for that within a case.
PATIENT = "[time]\nhandshake_ms = 600000\nhello_ms = 600000\n"
SILENT, MUTE = 80, 20
RUDE = 200  # from eight addresses; each would be banned after 40
ROUNDS = 10
LORIS = os.path.join(os.path.dirname(os.path.abspath(os.environ["MOGSHARE"])), "slow_loris")


def few(count):
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))}


def needs_plain_program():
    """UBSan looks at an object's type through a pipe: without descriptors it takes every object for a wrong one."""
    if harness.built_with("ubsan"):
        raise harness.Skipped("UndefinedBehaviorSanitizer needs descriptors of its own", by_design=True)


@contextlib.contextmanager
def crowd(stranger, peer):
    """Connections that say nothing, and others that end the handshake and say nothing after it."""
    with contextlib.ExitStack() as held:
        for _ in range(SILENT):
            held.enter_context(socket.create_connection(("127.0.0.1", peer.port)))
        for _ in range(MUTE):
            held.callback(stranger.connect(peer).sock.close)
        yield


def counters(peer):
    return json.loads(peer.ask("stats", '"stats"'))


def start(world, descriptors, **files):
    a = world.peer(world.home("a", PATIENT, **files), "--json", **few(descriptors))
    a.say("wait hashed")
    a.ask("status", '"status"')
    return a


def await_crowd(peer):
    """Until it has all been accepted; nothing was refused for it."""
    end = time.monotonic() + harness.LIMIT_S
    while counters(peer)["connections_accepted"] < SILENT + MUTE:
        check(time.monotonic() < end, "the whole crowd is accepted")
    check(counters(peer)["half_open_evicted"] > SILENT, "the crowd gives way to itself")


def no_trouble(peer):
    said = "\n".join(peer.errors)
    check("have to wait" not in said and "open files" not in said, f"there are descriptors to spare: {said}")
    check("no longer shared" not in said, f"nothing was withdrawn: {said}")


def case_honest_peers_and_a_crowd(world):
    """Who was there before it, and who comes while it stands, are served as ever."""
    needs_plain_program()
    a = start(world, 32, kept__txt=b"kept", other__txt=b"other")
    with contextlib.closing(Stranger()) as stranger, contextlib.closing(Stranger()) as silent:
        entry = stranger.ask(a, "kept.txt").entries[0]
        talk = stranger.dial(a, TRANSFER)
        with crowd(silent, a):
            await_crowd(a)
            same(talk.piece(entry.content, 0, 4), b"kept", "a transfer that stood before")
            other = stranger.ask(a, "other.txt").entries[0]
            same(stranger.fetch(a, other, 0, 5), b"other", "somebody new")
    no_trouble(a)
    same(a.result().code, 0, "an orderly end")


def case_a_look_at_the_folder_and_a_crowd(world):
    """There are descriptors for it, and for hashing what is new."""
    needs_plain_program()
    a = start(world, 32, kept__txt=b"kept")
    sub = world.root / "a" / "mogShare" / "sub"
    sub.mkdir()
    (sub / "deep.txt").write_bytes(b"deep")
    with contextlib.closing(Stranger()) as stranger, crowd(stranger, a):
        await_crowd(a)
        a.say("rescan", "wait hashed")
        same(json.loads(a.ask("status", '"status"'))["shares"], 2, "files that are shared")
    no_trouble(a)
    same(a.result().code, 0, "an orderly end")


def case_a_newcomer_and_a_crowd(world):
    """Whoever enters, searches and downloads is done as if it were alone."""
    needs_plain_program()
    a = start(world, 32, kept__txt=b"kept")
    with contextlib.closing(Stranger()) as stranger, crowd(stranger, a):
        await_crowd(a)
        for number in range(5):
            home = world.home(f"b{number}", harness.QUICK)
            world.run("get", "kept.txt", "--home", home, "--join", a.address).expect(0)
    no_trouble(a)
    same(a.result().code, 0, "an orderly end")


def case_a_crowd_that_stays(world):
    """Whoever breaks the rules is sent away, and has two seconds to read why: even so there is room for honest peers, and for files."""
    needs_plain_program()
    a = start(world, 64, kept__txt=b"kept", other__txt=b"other")
    loris = subprocess.Popen([LORIS, str(a.port), str(RUDE), str(RUDE), "200", "rude"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    with loris, contextlib.closing(Stranger()) as stranger:
        talk = stranger.dial(a, TRANSFER)
        number = 0
        while number < ROUNDS or not select.select([loris.stdout], [], [], 0)[0]:
            number += 1
            entry = stranger.ask(a, "other.txt" if number % 2 else "kept.txt").entries[0]
            same(talk.piece(entry.content, 0, 4, number), entry.name[:4].encode(), "a transfer that stood before")
            check(number < 10_000, "the crowd has opened all of its connections")
        check(counters(a)["frames_refused"] > 64, f"more were sent away than there are descriptors: {counters(a)}")
        loris.communicate()
    no_trouble(a)
    same(a.result().code, 0, "an orderly end")


@contextlib.contextmanager
def nothing_to_open(peer):
    """What is open stays open."""
    before = resource.prlimit(peer.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(peer.process.pid, resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        yield
    finally:
        if peer.process.poll() is None:
            resource.prlimit(peer.process.pid, resource.RLIMIT_NOFILE, before)


def case_none_left(world):
    """New connections wait, which is said once; a file that cannot be opened is busy, and has not gone. Afterwards all is well."""
    needs_plain_program()
    a = world.peer(world.home("a", kept__txt=b"kept"))
    a.say("wait hashed")
    with contextlib.closing(Stranger()) as stranger:
        entry = stranger.ask(a, "kept.txt").entries[0]
        talk = stranger.dial(a, TRANSFER)
        with nothing_to_open(a):
            check(talk.piece(entry.content, 0, 4, 1) == 1, "a transfer under way hears that it is busy")
            waiting = stranger.connect(a)
            a.await_error("new connections have to wait: too many open files")
            check("1 file" in a.ask("shares", "file"), "the share stays")
        waiting.send(HELLO, stranger.hello(TRANSFER))
        waiting.expect(HELLO)  # who has waited comes in
        same(waiting.piece(entry.content, 0, 4), b"kept", "afterwards")
    said = [line for line in a.errors if "have to wait" in line]
    same(len(said), 1, "how often it was said")
    check("no longer shared" not in "\n".join(a.errors), "nothing was withdrawn")
    same(a.result().code, 0, "an orderly end")


def case_none_left_for_a_look_at_the_folder(world):
    """It fails as a whole, instead of taking what cannot be looked at for gone."""
    needs_plain_program()
    a = world.peer(world.home("a", kept__txt=b"kept"))
    a.say("wait hashed")
    a.ask("shares", "file")
    with nothing_to_open(a):
        a.say("rescan")
        a.result().expect_error(1, "cannot list the shared folder: Too many open files", "raise 'ulimit -n'")
    check("no longer shared" not in "\n".join(a.errors), "nothing was withdrawn")


harness.main(globals())
