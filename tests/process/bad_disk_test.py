"""State that is damaged, and disks on which nothing more fits: what was there stays, and the user is told."""

import hashlib
import os
import resource
import subprocess

import harness
from harness import check, same


def case_full_while_saving_state(world):
    """The old tables stay as they were, the message names the file, and the program does its work."""
    a = world.serve(world.home("a", one__txt=b"one"))
    b = world.serve(world.home("b", two__txt=b"two"))
    home = world.home("c")
    small = harness.small_disk(home, "100k", 'eval "$1"')
    run = f"'{harness.MOGSHARE}' --home '{home}' --port 0"
    script = f"""
        mkdir '{home}/mogShare' && {run} --join {a.address} -c 'wait peers>=1' >&2 || exit 90
        sha256sum < '{home}/state/tables.json'
        cat /dev/zero > '{home}/fill' 2> /dev/null; truncate -s -4096 '{home}/fill'  # room for the lock file
        {run} --join {b.address} -c 'wait peers>=2; search txt'
        echo "code $?"
        sha256sum < '{home}/state/tables.json'
        ls '{home}/state' >&2
    """
    done = subprocess.run([*small, script], capture_output=True, text=True, env=world.env, timeout=harness.LIMIT_S)
    told = harness.Result(done.returncode, done.stdout, done.stderr)
    sums = [line for line in told.out.splitlines() if line.endswith("  -")]
    same(len(sums), 2, f"checksums in {told!r}")
    same(sums[0], sums[1], "tables.json")
    check("cannot write" in told.err and "tables.json" in told.err and "No space left" in told.err, f"told: {told!r}")
    check("code 0" in told.out and "one.txt" in told.out and "two.txt" in told.out, f"it worked on: {told!r}")
    check("tables.json.tmp" not in told.err, f"nothing half written stays: {told!r}")


def case_full_at_the_first_start(world):
    """Wherever the room ends: an error with a hint, exit code 9, and nothing half written that a later start would meet."""
    home = world.home("a")
    small = harness.small_disk(home, "64k", 'eval "$1"')
    run = f"'{harness.MOGSHARE}' --home '{home}' --port 0 -c status"
    for pages in range(3):  # for the lock, for .gitignore; never for the identity
        script = f"""mkdir '{home}/mogShare'; cat /dev/zero > '{home}/fill' 2> /dev/null
            truncate -s -{pages * 4096} '{home}/fill'; {run}; code=$?; rm '{home}/fill'
            {run} >&2 || exit 91; cat '{home}/state/.gitignore' >&2; exit $code"""
        done = subprocess.run([*small, script], capture_output=True, text=True, env=world.env, timeout=harness.LIMIT_S)
        told = harness.Result(done.returncode, done.stdout, done.stderr)
        told.expect(9, "No space left", "hint: free some space", "\n*\n")
        check("damaged" not in told.err, f"{told!r}")


def case_files_may_not_grow(world):
    """RLIMIT_FSIZE, whose signal would end a program: an error, and the process ends in order."""
    a = world.serve(world.home("a", large__bin=os.urandom(3_000_000)))
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))}
    home = world.home("b", harness.QUICK)
    failed = world.run("get", "large.bin", "--home", home, "--join", a.address, **limit)
    failed.expect_error(1, "File too large", "get it again")
    world.run("get", "large.bin", "--home", home, "--join", a.address).expect(0)


def state_of(home, name):
    return home / "state" / name


def case_damaged_identity(world):
    """Cut or changed anywhere, open to others, a link: an error that says what to do, and never another identity."""
    home = world.home("a")
    key = state_of(home, "key.pem")
    first = world.script(home, "status").expect(0).out.split("id=")[1][:64]
    good = key.read_bytes()
    for bad in (b"", good[:1], good[:-1], good[:len(good) // 2], b"\0" * len(good), good.replace(b"M", b"N", 1)):
        key.write_bytes(bad)
        told = world.script(home, "status").expect_error(1, "cannot use this peer's key", "copy of the right file")
        check("it is damaged" in told.err, f"{told!r}")
        same(key.read_bytes(), bad, "it stays as it is")
    key.write_bytes(good)
    key.chmod(0o644)
    world.script(home, "status").expect_error(2, "others than its owner have rights on it", "chmod 600")
    key.chmod(0o600)
    key.rename(home / "elsewhere")
    key.symlink_to(home / "elsewhere")
    world.script(home, "status").expect_error(2, "it is a symbolic link", "copy of the right file")
    key.unlink()
    (home / "elsewhere").rename(key)
    same(world.script(home, "status").expect(0).out.split("id=")[1][:64], first, "with the right key back: the same peer")


def case_damaged_tables(world):
    """Empty tables, said once; then the peer lives on."""
    a = world.serve(world.home("a"))
    home = world.home("b")
    world.script(home, "wait peers>=1", "--join", a.address).expect(0)
    good = state_of(home, "tables.json").read_bytes()
    for bad in (b"", good[:-1], good[:len(good) // 2], b"[" * 100_000):
        state_of(home, "tables.json").write_bytes(bad)
        told = world.script(home, "peers").expect(0, "saved tables", "were damaged", "tables.json.damaged")
        check(a.id[:8] not in told.out, f"{told!r}")
        check("damaged" not in world.script(home, "peers").expect(0).err, "said once")
    state_of(home, "tables.json").write_bytes(good[:-1])
    world.run("search", "x", "--home", home).expect(4, "warn peer: the saved tables", "were damaged")  # one-shots say it, too
    world.script(home, "wait peers>=1", "--join", a.address).expect(0)
    same(len(state_of(home, "tables.json").read_bytes()), len(good), "saved again")


def case_a_lock_file_full_of_nonsense(world):
    home = world.home("a", here__txt=b"here")
    world.script(home, "status").expect(0)
    for bad in (b"", b"pid=", b"pid=1 port=70000\n", os.urandom(5000), b"pid=1 port=7000\n"):
        state_of(home, "lock").write_bytes(bad)
        world.script(home, "wait hashed; shares").expect(0)
    content = hashlib.sha256(b"here").hexdigest()
    state_of(home, "lock").write_bytes(b"pid=1 port=7000\n")
    check(content in world.run("id", home / "mogShare" / "here.txt").expect(0).out, "id")


harness.main(globals())
