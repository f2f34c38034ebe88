"""Files at the ends of what sizes can be: empty ones, and one of 5 GiB whose last byte lies far beyond 32 bits."""

import contextlib
import hashlib
import os

import harness
import stranger
from forger import TRANSFER
from harness import check, same
from stranger import Stranger

MIB, GIB = 1 << 20, 1 << 30
SIZE = 5 * GIB + 12345
MARKS = (4 * GIB - 5, 4 * GIB + 3 * MIB + 77, SIZE - 100)  # across the border, beyond it, at the end
PIECES = -(-SIZE // MIB)


def make_sparse(path):
    """5 GiB of zeros with some bytes in them; takes almost no room on the disk."""
    marks = {at: os.urandom(100) for at in MARKS}
    with open(path, "wb") as file:
        file.truncate(SIZE)
        for at, data in marks.items():
            file.seek(at)
            file.write(data)
    return marks


def bytes_at(path, offset, length):
    with open(path, "rb") as file:
        file.seek(offset)
        return file.read(length)


def case_beyond_32_bits(world):
    home = world.home("a")
    path = home / "mogShare" / "huge.img"
    marks = make_sparse(path)
    a = world.serve(home, limit_s=100)  # hashes it: some seconds where nobody else works
    with contextlib.closing(Stranger()) as reader:
        answer = reader.ask(a, "huge.img")
        huge = answer.entries[0]
        same(huge.size, SIZE, "size in EXISTE")
        last_leaf = SIZE - SIZE % 16384
        answer.ping(huge, last_leaf, 16384)
        same(answer.await_pong(huge, last_leaf, 16384), bytes_at(path, last_leaf, 16384), "a ping at the end, proven")
        talk = reader.dial(a, TRANSFER)
        layer = talk.layer(huge.content, PIECES)
        same(stranger.root_of(layer, 6), huge.content, "the content id, from the hashes of all pieces")
        for at in marks:
            piece = at // MIB
            length = min(MIB, SIZE - piece * MIB)
            data = talk.piece(huge.content, piece * MIB, length)
            check(data == bytes_at(path, piece * MIB, length), f"bytes at {at}")
            same(stranger.piece_hash(data), layer[piece], f"hash of piece {piece}")
    fetch_what_is_no_hole(world, a, huge.content.hex(), marks)


def fetch_what_is_no_hole(world, source, content, marks):
    """A whole download: the partial file is sparse, and zeros that it has already are not fetched."""
    home = world.home("b", harness.QUICK)
    done = world.run("get", content, "--home", home, "--join", source.address, "--json")
    landed = [each for each in done.expect(0).events("download") if each["state"] == "done"][0]
    same((landed["size"], landed["content"]), (SIZE, content), "size and content")
    check(landed["received_bytes"] <= 6 * MIB, f"received {landed['received_bytes']}")
    path = home / "mogShare" / "huge.img"
    same(path.stat().st_size, SIZE, "size")
    check(path.stat().st_blocks * 512 < 32 * MIB, f"{path.stat().st_blocks} blocks on the disk")
    for at, data in marks.items():
        same(bytes_at(path, at, 100), data, f"bytes at {at}")


def case_empty_files(world):
    """Shared, found, fetched and shared on; never pinged, and a ping or a request for one is refused."""
    nothing = hashlib.sha256(b"").hexdigest()
    a = world.serve(world.home("a", none__txt=b"", none_too__txt=b""))
    home = world.home("b", harness.QUICK)
    done = world.script(home, "search none; why 1; get 1; shares; results", "--join", a.address, "--json").expect(0)
    same([each["content"] for each in done.events("result")][:1], [nothing], "content id of nothing")
    same((home / "mogShare" / "none.txt").read_bytes(), b"", "bytes")
    landed = [each for each in done.events("download") if each["state"] == "done"][0]
    same((landed["size"], landed["received_bytes"]), (0, 0), "size and bytes moved")
    world.run("get", "none_too.txt", "--home", home, "--join", a.address).expect(0)
    with contextlib.closing(Stranger()) as asker:
        answer = asker.ask(a, "none.txt")
        same((answer.entries[0].size, answer.entries[0].content.hex()), (0, nothing), "EXISTE")
        answer.ping(answer.entries[0], 0, 16384)
        same(answer.await_bye(), 4, "BYE `protocol` for a PING of an empty file")
        talk = asker.dial(a, TRANSFER)
        talk.send(12, (1).to_bytes(4, "big") + bytes.fromhex(nothing) + bytes(8) + (1).to_bytes(4, "big"))
        same(talk.await_bye(), 4, "BYE `protocol` for a byte of it")


harness.main(globals())
