"""A peer that may open few files (`ulimit -n 32`) and is dialled by many: it goes on, says so once, and loses nothing."""

import contextlib
import resource

import harness
from forger import TRANSFER
from harness import check, same
from stranger import Stranger

FEW = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))}
PATIENT = "[time]\nhello_ms = 60000\n"


def crowd(stranger, peer, count):
    """Connections that say nothing."""
    held = contextlib.ExitStack()
    for _ in range(count):
        held.callback(stranger.connect(peer).sock.close)
    return held


def needs_plain_program():
    """UBSan looks at an object's type through a pipe: without descriptors it takes every object for a wrong one."""
    if harness.built_with("ubsan"):
        raise harness.Skipped("UndefinedBehaviorSanitizer needs descriptors of its own", by_design=True)


def case_a_hundred_connections(world):
    needs_plain_program()
    home = world.home("a", PATIENT, kept__txt=b"kept")
    (home / "mogShare" / "sub").mkdir()
    (home / "mogShare" / "sub" / "deep.txt").write_bytes(b"deep")
    a = world.peer(home, **FEW)
    a.say("wait hashed")
    with contextlib.closing(Stranger()) as stranger:
        entry = stranger.ask(a, "kept.txt").entries[0]
        talk = stranger.dial(a, TRANSFER)
        same(talk.piece(entry.content, 0, 4, 1), b"kept", "before")
        with crowd(stranger, a, 100):
            a.await_error("new connections have to wait: too many open files")
            # A file cannot be opened now. That it is busy is said, and not that the file has gone.
            check(talk.piece(entry.content, 0, 4, 2) == 1, "a transfer under way")
            check("2 files" in a.ask("shares", "files"), "shares stay")
        deep = stranger.ask(a, "deep.txt").entries[0]  # waits until there is room for it again
        same(stranger.fetch(a, deep, 0, 4), b"deep", "afterwards")
        check("no longer shared" not in "\n".join(a.errors), "nothing was withdrawn")
    told = [line for line in a.errors if "have to wait" in line]
    same(len(told), 1, "how often it was said")


def case_a_look_at_the_folder(world):
    """It fails as a whole, instead of taking what cannot be looked at for gone."""
    needs_plain_program()
    home = world.home("a", PATIENT, kept__txt=b"kept")
    a = world.peer(home, **FEW)
    a.say("wait hashed")
    with contextlib.closing(Stranger()) as stranger, crowd(stranger, a, 100):
        a.await_error("new connections have to wait")
        a.say("rescan")
        a.result().expect_error(1, "cannot list the shared folder: Too many open files", "raise 'ulimit -n'")
    check("no longer shared" not in "\n".join(a.errors), "nothing was withdrawn")


def case_served_all_the_same(world):
    """`serve`: those who wait are served in their turn, while others come and go."""
    a = world.serve(world.home("a", "[time]\nhello_ms = 300\n", kept__txt=b"kept"), **FEW)
    with contextlib.closing(Stranger()) as stranger, crowd(stranger, a, 100):
        a.await_error("new connections have to wait")
        # Behind a hundred silent ones, which are closed when their time is over, an ordinary peer comes in.
        done = world.run("get", "kept.txt", "--home", world.home("b", "[time]\nhello_ms = 30000\nentry_ms = 30000\n"),
                         "--join", a.address)
        done.expect(0)
    same(len([line for line in a.errors if "have to wait" in line]), 1, "how often it was said")
    same(a.end().code, 0, "an orderly end")


harness.main(globals())
