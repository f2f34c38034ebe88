"""Bytes that no peer should send, to a running peer over real sockets: refused, counted, and no harm to anybody else."""

import contextlib
import json
import os
import socket
import struct

import harness
import stranger
from forger import ANSWER, ENTRADA, EXISTE, HELLO, LINK, PESQUISA, ROWS, TRANSFER
from harness import check, same
from stranger import Stranger, frame, header

VERSION, PROTOCOL, TIMEOUT = 3, 4, 7  # reasons of BYE
FORGIVING = "ban_half_life_ms = 1\n"  # whoever breaks the rules again is heard again


def resident_kib(peer):
    with open(f"/proc/{peer.process.pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS:")).split()[1])


def stats(peer):
    return json.loads(peer.ask("stats", '"stats"'))


def sharing_peer(world, config=""):
    peer = world.peer(world.home("a", config, wanted__txt=b"wanted"), "--json")
    peer.say("wait hashed")
    return peer


def check_well(peer):
    """It still answers a search and its ping, and serves the file."""
    with contextlib.closing(Stranger()) as visitor:
        answer = visitor.ask(peer, "wanted.txt")
        answer.ping(answer.entries[0], 0, 16384)
        same(answer.await_pong(answer.entries[0], 0, 16384), b"wanted", "bytes of the ping")
        same(visitor.fetch(peer, answer.entries[0], 0, 6), b"wanted", "bytes")


def nothing_or_an_alert(said):
    """Nothing, or one alert of TLS: never a frame."""
    return not said or (said[:2] == b"\x15\x03" and len(said) == 7)


def case_another_version(world):
    """Who is asked to let us in, and speaks version 3, says so in a BYE and no HELLO: two lines say what to do."""
    with contextlib.closing(Stranger()) as newer:
        a = world.begin(world.home("a"), "--join", newer.address)
        talk = stranger.Talk(newer.identity.accept())
        same(struct.unpack(">H", talk.expect(HELLO)[8:10])[0], 2, "version of HELLO")
        text = b"this peer speaks version 3, not 2"
        talk.send(stranger.BYE, bytes([VERSION]) + struct.pack(">H", len(text)) + text)
        told = a.await_error("another protocol version")
        check("speaks 2" in told and text.decode() in told, f"{told!r}")
        check(a.await_error("update the older of the two programs").startswith("hint: "), "the second line is a hint")


def case_before_hello(world):
    """Garbage, oversized, wrong layout, wrong type, no HELLO: BYE, closed, counted."""
    a = sharing_peer(world, "[time]\n" + FORGIVING)
    with contextlib.closing(Stranger()) as enemy:
        hello = enemy.hello(LINK)
        refused = [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\xff" * 70_000, b"\0" * 8,
                   header(0xffffffff, HELLO), header(8193, PESQUISA), header(10, HELLO, layout=2), header(10, 99),
                   header(5, HELLO) + b"mogSh", frame(HELLO, b"mogshare" + hello[8:]), frame(HELLO, hello + b"x"),
                   frame(HELLO, hello[:-1]), header(len(hello) + 3, HELLO) + hello + b"\0\0\0"]
        for data in refused:
            talk = enemy.connect(a)
            talk.say_raw(data)
            talk.await_end()
        early = enemy.connect(a)
        early.say_raw(frame(ENTRADA, b"\0\x10"))
        same(early.await_bye(), PROTOCOL, "BYE")
    counted = stats(a)
    same((counted["frames_refused"], counted["protocol_violations"]), (len(refused), 1), "refused, violations")
    check_well(a)


def case_again_and_again(world):
    """Whoever breaks the rules five times within moments is not heard for a while, wherever it comes from; others at its address are."""
    a = sharing_peer(world)
    with contextlib.closing(Stranger()) as enemy:
        for _ in range(5):
            talk = enemy.connect(a)
            talk.say_raw(header(10, 99))
            same(talk.await_bye(), PROTOCOL, "BYE")
        talk = enemy.connect(a)
        talk.say_raw(frame(HELLO, enemy.hello(LINK)))
        same(talk.await_end(), [], "an answer to HELLO")
    same(stats(a)["connections_refused_banned"], 1, "banned")
    check_well(a)


def case_no_tls(world):
    """Bytes that are no TLS, an older mogShare's HELLO among them: closed without an answer, and no harm done."""
    a = sharing_peer(world)
    old_hello = header(56, HELLO) + b"mogShare" + struct.pack(">HBBQ", 1, LINK, 0, 0) + bytes(36)
    for data in (old_hello, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\xff" * 70_000, b"\x16\x03\x01\x40\x00" + b"\1" * 16_384):
        with socket.create_connection(("127.0.0.1", a.port)) as raw:
            raw.settimeout(harness.LIMIT_S)
            raw.sendall(data)
            raw.shutdown(socket.SHUT_WR)
            said = b""
            with contextlib.suppress(ConnectionError):
                while more := raw.recv(4096):
                    said += more
            check(nothing_or_an_alert(said), f"an answer to {data[:12]!r}: {said!r}")
    check_well(a)


def case_after_hello(world):
    """The same on open connections of each purpose."""
    a = sharing_peer(world, "[time]\n" + FORGIVING)
    count = 0
    with contextlib.closing(Stranger()) as enemy:
        for purpose in (LINK, ANSWER, TRANSFER):
            whole = frame(ROWS, b"\0\0")
            for data in (b"\xaa" * 500, header(65_537, stranger.PONG), header(0x7fffffff, EXISTE),
                         header(4, ROWS, layout=0), header(2, 100), header(5, ROWS) + whole[8:] + b"x",
                         header(3, ROWS) + whole[8:11], frame(stranger.BYE, b"\1\xff\xff")):
                talk = enemy.dial(a, purpose)
                talk.say_raw(data)
                same(talk.await_bye(), PROTOCOL, f"BYE for {data[:20]!r} on purpose {purpose}")
                count += 1
    same(stats(a)["frames_refused"], count, "refused")
    check_well(a)


def case_cut_frames(world):
    """A frame that ends with its connection is no frame; nothing comes of it, at whatever byte it is cut."""
    a = sharing_peer(world)
    with contextlib.closing(Stranger()) as enemy:
        greeting = frame(HELLO, enemy.hello(LINK))
        for cut in range(0, len(greeting), 3):
            talk = enemy.connect(a)
            talk.say_raw(greeting[:cut])
            talk.sock.shutdown(socket.SHUT_WR)
            same(talk.await_end(), [], f"an answer to {cut} bytes")
        entry = frame(ENTRADA, b"\0\x10")
        for cut in range(len(entry)):
            talk = enemy.dial(a, LINK)
            talk.say_raw(entry[:cut])
            talk.sock.shutdown(socket.SHUT_WR)
            same([kind for kind, _ in talk.await_end()], [], f"an answer to {cut} bytes of ENTRADA")
    counted = stats(a)
    same((counted["entradas_served"], counted["frames_refused"]), (0, 0), "entries, refused")
    check_well(a)


def case_silence_and_dribble(world):
    """Who says nothing, or ends no frame, is closed in time: before HELLO, on a link, an answer, a transfer."""
    limits = "hello_ms = 300\nclaim_ms = 300\nupload_idle_ms = 300\nframe_ms = 300\nkeepalive_ms = 200\nlink_silence_ms = 400\n"
    a = sharing_peer(world, "[time]\n" + limits)
    with contextlib.closing(Stranger()) as enemy:
        same(enemy.connect(a).await_end(), [], "an answer to nothing")
        half = enemy.connect(a)
        half.say_raw(frame(HELLO, enemy.hello(LINK))[:20])
        same(half.await_end(), [], "an answer to half a HELLO")
        for purpose in (LINK, ANSWER, TRANSFER):
            same(enemy.dial(a, purpose).await_bye(), TIMEOUT, f"BYE for nothing, purpose {purpose}")
            talk = enemy.dial(a, purpose)
            talk.say_raw(frame(EXISTE, bytes(500))[:100])
            same(talk.await_bye(), TIMEOUT, f"BYE for half a frame, purpose {purpose}")
    same(stats(a)["time_limits_hit"], 8, "time limits")


def case_memory_stays_bounded(world):
    """200 strangers each begin the largest frame that may come and send all of it but its last byte."""
    if harness.built_with("tsan"):
        raise harness.Skipped("ThreadSanitizer keeps several times as much for itself", by_design=True)
    a = sharing_peer(world, "[time]\n" + FORGIVING)
    before = resident_kib(a)
    with contextlib.closing(Stranger()) as enemy, contextlib.ExitStack() as open_ones:
        def hold(purpose, kind, size):
            talk = enemy.dial(a, purpose)
            open_ones.callback(talk.sock.close)
            talk.say_raw(header(size, kind) + bytes(size - 1))

        for _ in range(100):
            hold(LINK, EXISTE, 38_509)
            hold(TRANSFER, stranger.HASHES, 65_536)
        for _ in range(20):  # larger ones are not begun
            talk = enemy.dial(a, LINK)
            talk.say_raw(header(1_000_000, stranger.PONG) + bytes(999_999))
            talk.await_end()
        counted = stats(a)
        same(counted["frames_refused"], 20, "refused")
        grown = resident_kib(a) - before
        if not harness.built_with("asan"):  # which keeps for a while what has been given back
            check(grown < 200 * 64 + 16 * 1024, f"{grown} KiB more for 200 half frames")
        check_well(a)


def case_claims_for_no_search(world):
    """EXISTE for a search that nobody made is not heard: CLAIM gets no nonce, EXISTE without it ends the connection."""
    a = sharing_peer(world)
    with contextlib.closing(Stranger()) as enemy:
        for _ in range(3):
            talk = enemy.dial(a, ANSWER)
            talk.send(stranger.CLAIM, os.urandom(32))
            same(talk.await_end(), [], "an answer to the CLAIM")
        entry = struct.pack(">H", 1) + b"x" + struct.pack(">Q", 5) + bytes(32) + struct.pack(">Q", 5)
        talk = enemy.dial(a, ANSWER)
        talk.send(EXISTE, os.urandom(32) + struct.pack(">BHHIH", 1, 1, 0, 1, 1) + entry)
        same(talk.await_bye(), PROTOCOL, "BYE")
    counted = stats(a)
    same((counted["answers_unasked"], counted["protocol_violations"]), (3, 1), "unasked, violations")
    check_well(a)


harness.main(globals())
