"""Downloads that cannot end well: bytes that are not the file's, a disk that is full."""

import contextlib
import os
import subprocess

import harness
from forger import Forger
from harness import check, same


def case_forged_bytes(world):
    """Integrity (5): what does not fit the content id is never kept, nor moved into the folder."""
    with contextlib.closing(Forger("precious.txt", b"the real content")) as liar:
        home = world.home("a")
        done = world.run("get", "precious.txt", "--home", home, "--join", liar.address)
        done.expect_error(5, "bytes that are not the file's", "search again")
        check("done: " not in done.out, f"{done!r}")
        same(list((home / "mogShare").iterdir()), [], "the folder")


def case_a_true_source_follows_a_forger(world):
    data = b"the real content"
    with contextlib.closing(Forger("precious.txt", data)) as liar:
        a = world.serve(world.home("a", precious__txt=data), "--join", liar.address)
        a.await_error("entered through")
        home = world.home("b")
        b = world.peer(home, "--join", liar.address, "--json")
        b.say(f"join {a.address}", "search precious", "get 1")
        b.await_line('"done"')
        b.result().expect(0)
        same((home / "mogShare" / "precious.txt").read_bytes(), data, "bytes")


def case_disk_full(world):
    a = world.serve(world.home("a", large__bin=os.urandom(5_000_000)))
    home = world.home("b")
    small = harness.small_disk(home, "2m", 'exec "$@"')
    command = [*small, harness.MOGSHARE, "get", "large.bin", "--home", str(home), "--join", a.address]
    done = subprocess.run(command, capture_output=True, text=True, env=world.env, timeout=harness.LIMIT_S)
    harness.Result(done.returncode, done.stdout, done.stderr).expect_error(9, "No space left", "free some space")


harness.main(globals())
