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


def case_another_peer_at_the_sources_address(world):
    """Who answered the search cannot be reached where it said: another one answers there, with another key."""
    a = world.serve(world.home("a"))
    with contextlib.closing(Forger("precious.txt", b"the real content")) as liar:
        liar.port = a.port  # of HELLO; the address to join at stays its own
        done = world.run("get", "precious.txt", "--home", world.home("b"), "--join", liar.address)
        done.expect_error(6, "every source of precious.txt has failed", "another key now, or another peer its address: if you trust who is there now, enter with --join HOST:PORT")


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
    for reserve, told in ((0, "cannot write the partial download"), (1, "5000000 bytes are still missing")):
        done = subprocess.run([*command, "--set", f"transfer.free_reserve_bytes={reserve}"], capture_output=True, text=True,
                              env=world.env, timeout=harness.LIMIT_S)
        done = harness.Result(done.returncode, done.stdout, done.stderr)
        done.expect_error(9, "No space left", "free some space")
        check(told in done.err, f"{told!r} in {done!r}")


def case_the_reserve_is_kept(world):
    """On a disk of 8 MiB with a reserve of 1 MiB: what leaves it lands, what does not is refused, and one that stops resumes."""
    a = world.serve(world.home("a", seven__bin=os.urandom(7_500_000), three__bin=os.urandom(3_000_000)), "--upload-limit", "8M")
    home = world.home("b")
    small = harness.small_disk(home, "8m", 'eval "$1"')
    run = f"'{harness.MOGSHARE}' --home '{home}' --set transfer.free_reserve_bytes=1048576 --join {a.address} get"
    free = f"stat -f -c '%a %S' '{home}'"
    script = f"""{run} seven.bin; echo "refused $?"; {run} three.bin; echo "lands $?"; {free}
        head -c 2000000 /dev/zero > '{home}/fill'; rm '{home}/mogShare/three.bin'
        {{ {run} seven.bin --set transfer.free_reserve_bytes=0; echo "full $?"; }}
        rm '{home}/fill'; ls '{home}'/state/partial/*-7500000.part && {run} seven.bin --set transfer.free_reserve_bytes=65536
        echo "resumed $?"; sha256sum '{home}/mogShare/seven.bin' '{world.root}/a/mogShare/seven.bin'"""
    done = subprocess.run([*small, script], capture_output=True, text=True, env=world.env, timeout=harness.LIMIT_S)
    told = harness.Result(done.returncode, done.stdout, done.stderr)
    check("refused 9" in told.out and "7500000 bytes are still missing" in told.err, f"{told!r}")
    check("lands 0" in told.out and "full 9" in told.out and "resumed 0" in told.out, f"{told!r}")
    blocks, size = next(line for line in told.out.splitlines() if line.endswith(" 4096")).split()
    check(int(blocks) * int(size) >= 1_048_576, f"the reserve is kept: {told!r}")
    sums = [line.split()[0] for line in told.out.splitlines() if line.endswith("seven.bin") and len(line.split()[0]) == 64]
    same((len(sums), len(set(sums))), (2, 1), f"bytes: {told!r}")


def case_too_large_to_fetch(world):
    """Refused at `get`, before anything is written."""
    a = world.serve(world.home("a", large__bin=os.urandom(2_000_001)))
    home = world.home("b", harness.QUICK)
    get = ["get", "large.bin", "--home", home, "--join", a.address]
    world.run(*get, "--set", "transfer.download_bytes_max=2000000").expect_error(
        1, "larger (2000001 bytes) than 'transfer.download_bytes_max'", "raise that limit")
    check(not (home / "state" / "partial").exists(), "nothing was written")
    world.run(*get, "--set", "transfer.download_bytes_max=2000001").expect(0)


harness.main(globals())
