"""Files that go, change or turn into something else between hashing and serving: never served, withdrawn, nobody blocked."""

import contextlib
import json
import os
import time

import harness
from forger import TRANSFER
from harness import check, same
from stranger import BUSY_GONE, Stranger

MIB = 1 << 20
DONE = 2  # reason of BYE


def sharing(world, name, files):
    peer = world.peer(world.home(name, **files))
    peer.say("wait hashed")
    peer.await_error("folder: sharing")
    return peer


def replace(path):
    path.unlink()
    return path


def secret_beside(path):
    """Bytes of the same size, outside of the folder."""
    secret = path.parents[2] / f"secret-{path.name}"
    secret.write_bytes(b"s" * path.stat().st_size)
    return secret


def link_out(path):
    secret = secret_beside(path)
    replace(path).symlink_to(secret)


def rewrite(path):
    size = path.stat().st_size
    path.write_bytes(b"r" * size)


def move_away(path):
    inside = path.with_name("other-" + path.name)
    path.rename(inside)
    path.symlink_to(inside.name)


CHANGES = {
    "deleted": lambda path: path.unlink(),
    "truncated": lambda path: os.truncate(path, MIB),
    "emptied": lambda path: os.truncate(path, 0),
    "longer": lambda path: os.truncate(path, 3 * MIB),
    "rewritten": rewrite,
    "a folder": lambda path: replace(path).mkdir(),
    "a FIFO": lambda path: os.mkfifo(replace(path)),
    "a second FIFO": lambda path: os.mkfifo(replace(path)),
    "a third FIFO": lambda path: os.mkfifo(replace(path)),  # one more than there are threads to block
    "a link out": link_out,
    "a link within": move_away,
    "a device": lambda path: replace(path).symlink_to("/dev/zero"),
}


def case_changed_while_serving(world):
    """The transfer that was under way is told `gone`, the share is withdrawn, and the other files are served as before."""
    files = {f"file{at}__bin": os.urandom(2 * MIB) for at in range(len(CHANGES))}
    a = sharing(world, "a", {**files, "fine__bin": b"fine"})
    with contextlib.closing(Stranger()) as reader:
        for at, (what, change) in enumerate(CHANGES.items()):
            name, path = f"file{at}.bin", world.root / "a" / "mogShare" / f"file{at}.bin"
            answer = reader.ask(a, name)
            talk = reader.dial(a, TRANSFER)
            wanted = files[f"file{at}__bin"]
            same(talk.piece(answer.entries[0].content, 0, MIB, 1), wanted[:MIB], f"{what}: first piece")
            change(path)
            same(talk.piece(answer.entries[0].content, MIB, MIB, 2), BUSY_GONE, f"{what}: second piece")
            a.await_error(f"no longer shared, since it has changed or gone: {name}")
            answer.ping(answer.entries[0], 0, 16384)
            same(answer.await_bye(), DONE, f"{what}: ping")
            talk.sock.close()
        fine = reader.ask(a, "fine.bin").entries[0]
        same(reader.fetch(a, fine, 0, 4), b"fine", "another file")
    check("1 file" in a.ask("shares", "file"), "what is left")


def case_ping_for_a_file_just_deleted(world):
    """The holder says BYE `done` instead of PONG, and offers the file no more."""
    a = sharing(world, "a", {"gone__txt": b"here for now"})
    with contextlib.closing(Stranger()) as asker:
        answer = asker.ask(a, "gone.txt")
        (world.root / "a" / "mogShare" / "gone.txt").unlink()
        answer.ping(answer.entries[0], 0, 16384)
        same(answer.await_bye(), DONE, "BYE")
        a.await_error("no longer shared, since it has changed or gone: gone.txt")
        same(asker.fetch(a, answer.entries[0], 0, 5), BUSY_GONE, "a transfer")
    check("0 files" in a.ask("shares", "file"), "shares")


def case_changed_behind_its_stamp(world):
    """Bytes changed in place with the time put back cannot be told by the holder: who fetches them refuses them."""
    data = os.urandom(MIB // 2)
    a = sharing(world, "a", {"same__bin": data})
    path = world.root / "a" / "mogShare" / "same.bin"
    before = path.stat()
    with open(path, "r+b") as file:
        file.write(b"other bytes")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    home = world.home("b", harness.QUICK + "[search]\nping_bytes = 16384\n")
    done = world.run("get", "same.bin", "--home", home, "--join", a.address)
    done.expect_error(5, "bytes that are not the file's", "search again")
    same(list((home / "mogShare").iterdir()), [], "the folder")


def case_another_source_goes_on(world):
    """The faster source loses the file in the middle: the download ends at the other one. Alone, it fails with a reason."""
    data = os.urandom(4_000_000)
    a = world.serve(world.home("a", twice__bin=data), "--upload-limit", "2M")
    b = world.serve(world.home("b", twice__bin=data), "--upload-limit", "900k", "--join", a.address)
    b.await_error("entered through")
    c = world.peer(world.home("c", harness.QUICK), "--join", b.address, "--json")
    c.say("search twice", "get 1 &")
    same(json.loads(c.await_line('"begun"'))["source"], a.id, "the faster one was elected")
    os.truncate(world.root / "a" / "mogShare" / "twice.bin", 1000)
    c.say("wait transfers")
    failed = json.loads(c.await_line('"source_failed"'))
    same(failed["source"], a.id, "who was given up")
    c.result().expect(0)
    same((world.root / "c" / "mogShare" / "twice.bin").read_bytes(), data, "bytes")
    a.await_error("no longer shared")


def case_the_only_source_loses_it(world):
    a = world.serve(world.home("a", once__bin=os.urandom(3_000_000)), "--upload-limit", "1M")
    b = world.peer(world.home("b", harness.QUICK), "--join", a.address)
    b.say("search once", "get 1")
    b.await_line("download 1")
    (world.root / "a" / "mogShare" / "once.bin").unlink()
    b.result().expect_error(6, "does not have the file any more", "what was fetched is kept")


def await_open(peer, path):
    """Until the process has that file open."""
    end = time.monotonic() + harness.LIMIT_S
    folder = f"/proc/{peer.process.pid}/fd"
    while True:
        for number in os.listdir(folder):
            with contextlib.suppress(OSError):
                if os.readlink(f"{folder}/{number}") == str(path):
                    return
        check(time.monotonic() < end, f"{path} was never opened")
        time.sleep(0.001)


def case_changed_while_hashing(world):
    """What changes under the hasher is not shared, and said to be so; what only lost its name is withdrawn when asked for."""
    home = world.home("a", first__txt=b"first")
    names = ("grows", "shrinks", "touched", "vanishes")
    paths = {name: home / "mogShare" / f"{at} {name}" for at, name in enumerate(names)}
    for path in paths.values():
        with open(path, "wb") as file:
            file.truncate(300 * MIB)  # some tenths of a second of hashing
    a = world.peer(home)
    await_open(a, paths["grows"])
    os.truncate(paths["grows"], 300 * MIB + 1)
    await_open(a, paths["shrinks"])
    os.truncate(paths["shrinks"], 5)
    await_open(a, paths["touched"])
    with open(paths["touched"], "r+b") as file:
        file.write(b"touched")
    await_open(a, paths["vanishes"])
    paths["vanishes"].unlink()
    a.say("wait hashed")
    for at, name in enumerate(names[:3]):
        said = a.await_error(f"not shared: {at} {name}")
        check("it has changed meanwhile" in said, said)
    a.await_error("sharing 2 files")
    with contextlib.closing(Stranger()) as asker:
        answer = asker.ask(a, "3 vanishes")
        answer.ping(answer.entries[0], 0, 16384)
        same(answer.await_bye(), DONE, "BYE")
    a.await_error("no longer shared, since it has changed or gone: 3 vanishes")
    for name in ("grows", "touched"):
        paths[name].unlink()
    check("1 added" in a.ask("rescan", "added"), "the one that shrank is shared now")


harness.main(globals())
