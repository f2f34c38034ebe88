"""A run that was recorded gives the same outputs when it is repeated, and a recording that is damaged says so."""

import json
import os
import stat

from harness import check, same
import harness

SMALL = "[search]\nping_bytes = 65536\n"


def replay(world, file, *arguments):
    return world.run("replay", file, *arguments)


def case_a_peer_that_searches_and_fetches(world):
    """Entry, search, pings, a download by the recorded peer and one from it, a neighbour that leaves, the end."""
    data = os.urandom(2_500_000)
    mine = os.urandom(1_200_000)
    file = world.root / "run.trace"
    a = world.serve(world.home("a", SMALL, big__bin=data, other__txt=b"another one"))
    b = world.peer(world.home("b", SMALL, mine__bin=mine), "--join", a.address, "--record", file)
    b.await_error("folder: sharing")
    c = world.peer(world.home("c", SMALL), "--join", b.address)
    b.say("wait peers>=2 20s", "search big", "get 1", "wait transfers")
    b.await_line("done: ")
    check("done: " in c.ask("get mine.bin", "done: "), "c fetched from the recorded peer")
    c.say("quit")
    same(c.result().code, 0, "c")
    b.ask("search other", "[1]")
    same(a.end().code, 0, "a")
    b.say("quit")
    same(b.result().code, 0, "the recorded peer")
    same(stat.S_IMODE(file.stat().st_mode), 0o600, "mode of the recording")
    check(file.stat().st_size > len(data) + len(mine), "what came and what was read for others is in it")

    told = replay(world, file).expect(0)
    check("same outputs" in told.out and "replayed " in told.out and "of mogshare" in told.out, repr(told))
    event = replay(world, file, "--json").expect(0).events("replay")[0]
    check(event["same"] and event["inputs"] > 50 and event["steps"] >= event["inputs"], repr(event))


def case_short_lived_and_serve(world):
    """Whatever kind of peer it is; one that nobody answers, too."""
    a = world.serve(world.home("a", one__txt=b"one"), "--record", world.root / "serve.trace")
    world.run("get", "one.txt", "--home", world.home("b"), "--join", a.address, "--record",
              world.root / "get.trace").expect(0)
    world.run("search", "nothing", "--home", world.home("c"), "--record", world.root / "alone.trace")
    same(a.end().code, 0, "serve")
    for name in ("serve", "get", "alone"):
        told = replay(world, world.root / f"{name}.trace").expect(0)
        check("same outputs" in told.out, f"{name}: {told!r}")


def case_damaged_and_cut(world):
    file = world.root / "run.trace"
    a = world.serve(world.home("a", one__txt=b"one"))
    world.run("get", "one.txt", "--home", world.home("b"), "--join", a.address, "--record", file).expect(0)
    whole = file.read_bytes()
    bad = world.root / "bad.trace"
    for at in {0, 9, 10, 15, 60, len(whole) // 3, len(whole) // 2, len(whole) - 1}:
        bad.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        replay(world, bad).expect(1, "error: ", "hint: ")
        bad.write_bytes(whole[:at])
        replay(world, bad).expect(1, "error: ", "hint: ")
    bad.write_bytes(whole[:len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1:])
    replay(world, bad).expect_error(1, "damaged", "--record")
    bad.write_bytes(whole[:-14])
    replay(world, bad).expect_error(1, "breaks off", "--record")
    bad.write_bytes(b"some text that is no recording\n")
    replay(world, bad).expect_error(1, "no recording", "--record")
    replay(world, world.root / "nothing").expect_error(1, "No such file", "--record")
    failed = json.loads(replay(world, bad, "--json").expect(1).out)
    same(failed["event"], "error", "JSON")


def case_a_killed_peer(world):
    """What it took in until then is in the recording; that there is no end is said."""
    file = world.root / "run.trace"
    a = world.peer(world.home("a", one__txt=b"one"), "--record", file)
    check("[here]" in a.ask("search one", "one.txt"), "it found its own file")
    a.kill()
    told = replay(world, file).expect_error(1, "did not end in order", "--record")
    check("gave the same outputs" in told.err, repr(told))


def case_never_over_a_file(world):
    home = world.home("a")
    there = world.root / "there"
    there.write_bytes(b"precious")
    told = world.run("serve", "--home", home, "--port", 0, "--record", there)
    told.expect_error(1, "cannot record into", "another name")
    same(there.read_bytes(), b"precious", "the file")
    told = world.run("serve", "--home", home, "--port", 0, "--record", world.root / "no" / "folder")
    told.expect(1, "error: ", "cannot record into")
    world.run("id", "x", "--record", "y").expect_error(2, "--record", "leave it out")
    world.run("replay").expect_error(2, "one recording", "run.trace")


harness.main(globals())
