"""What the program is for: peers in processes of their own find and fetch files from each other."""

import hashlib
import json
import os

import harness
from harness import check, same

CHAIN_TABLES = "[overlay]\nprimary_rows = 1\nsecondary_rows = 1\nentry_rows = 4\n"


def case_two_peers(world):
    data = os.urandom(3_000_000)
    a = world.serve(world.home("a", big__bin=data, notes__txt=b"some notes\n"))
    home = world.home("b")
    done = world.script(home, "search BIG; why 1; get 1; results", "--join", a.address).expect(0)
    check("level 1" in done.out and "[1] big.bin" in done.out, f"no answer line: {done!r}")
    check("elected" in done.out, f"no election: {done!r}")
    check("asked 1 neighbour: 1 answer" in done.out, f"no reach line: {done!r}")
    same((home / "mogShare" / "big.bin").read_bytes(), data, "bytes")
    same(a.end().code, 0, "serve stopped by SIGTERM")


def case_four_in_a_line(world):
    """The file lies three hops away: a - b - c - d, each with one row."""
    data = os.urandom(500_000)
    names = ["d", "c", "b"]
    last = None
    for name in names:
        home = world.home(name, CHAIN_TABLES, **({"far__bin": data} if name == "d" else {}))
        peer = world.serve(home, *(["--join", last.address] if last else []))
        if last:
            peer.await_error("entered through")
        last = peer
    # Who answered ENTRADA comes first in the asker's table (R7), so each has its only primary row one step further on.
    home = world.home("a", CHAIN_TABLES)
    done = world.script(home, "peers; search far; get 1", "--json", "--join", last.address).expect(0)
    primary = [each for each in done.events("peer") if each["table"] == "primary"]
    same([each["id"] for each in primary], [last.id], "a's primary table")
    answers = done.events("answer")
    same(len(answers), 1, "answers")
    search = done.events("search")[0]
    same(search["neighbours_asked"], 1, "neighbours asked")
    same(search["farthest_level"], answers[0]["level"], "farthest level")
    check(answers[0]["level"] == 3, f"level {answers[0]['level']}, wanted 3")
    same((home / "mogShare" / "far.bin").read_bytes(), data, "bytes")


def case_dropped_in_and_rescanned(world):
    a = world.peer(world.home("a"))
    b = world.peer(world.home("b"), "--join", a.address)
    b.say("wait peers>=1 10s")
    (world.root / "a" / "mogShare" / "sub").mkdir()
    (world.root / "a" / "mogShare" / "sub" / "Fresh File.txt").write_bytes(b"fresh")
    check("1 added" in a.ask("rescan", "added"), "the file was seen")
    line = b.ask("search file FRESH", "[1]")
    check("sub/Fresh File.txt" in line, f"path in {line!r}")
    check("done: " in b.ask('get "sub/Fresh File.txt"', "done: "), "fetched")
    same((world.root / "b" / "mogShare" / "sub" / "Fresh File.txt").read_bytes(), b"fresh", "bytes")
    check("1 file" in b.ask("shares", "1 file"), "b shares it now")


def case_same_content_is_one_result(world):
    data = os.urandom(100_000)
    a = world.serve(world.home("a", one__bin=data))
    b = world.serve(world.home("b", one_too__bin=data), "--join", a.address)
    b.await_error("entered through")
    done = world.script(world.home("c"), "search one; why 1", "--json", "--join", b.address).expect(0)
    results = done.events("result")
    same(len(results), 1, "results")
    same(results[0]["sources"], 2, "sources")
    same(sorted(results[0]["names"]), ["one.bin", "one_too.bin"], "names")
    same([each["place"] for each in done.events("candidate")], [1, 2], "places")


def case_one_shots(world):
    data = os.urandom(1_500_000)
    a = world.serve(world.home("a", **{"photo__jpg": data}))
    home = world.home("b")
    found = world.run("search", "photo", "--home", home, "--join", a.address).expect(0)
    check("photo.jpg" in found.out, f"result: {found!r}")
    got = world.run("get", "photo.jpg", "--home", home, "--join", a.address, "--json").expect(0)
    landed = [each for each in got.events("download") if each["state"] == "done"]
    same(landed[0]["path"], str(home / "mogShare" / "photo.jpg"), "path")
    same((home / "mogShare" / "photo.jpg").read_bytes(), data, "bytes")
    again = world.run("get", "photo.jpg", "--home", home, "--join", a.address).expect(0)
    check(again.out.startswith("already here: "), f"R12: {again!r}")
    content = landed[0]["content"]
    by_id = world.run("get", content.upper(), "--home", world.home("c"), "--join", a.address).expect(0)
    check("done: " in by_id.out, f"by content id: {by_id!r}")
    # Nothing of a short-lived peer stays: neither in its home nor in the other's tables.
    check(not (home / "state" / "key.pem").exists(), "no identity was made")
    same(a.end().code, 0, "serve")


def case_one_shot_beside_a_running_peer(world):
    """It enters through the peer that runs in its home, and knows what that home has already."""
    a = world.serve(world.home("a", mine__txt=b"mine"))
    b = world.serve(world.home("b", theirs__txt=b"theirs"), "--join", a.address)
    b.await_error("entered through")
    found = world.run("search", "txt", "--home", b.home, "--json").expect(0)
    same(sorted(each["names"][0] for each in found.events("result")), ["mine.txt", "theirs.txt"], "results")
    here = world.run("get", "theirs.txt", "--home", b.home, "--json").expect(0)
    same([each["state"] for each in here.events("download")], ["here"], "R12")
    world.run("get", "mine.txt", "--home", b.home).expect(0)
    same((world.root / "b" / "mogShare" / "mine.txt").read_bytes(), b"mine", "bytes")


def case_saved_rows_lead_a_one_shot(world):
    a = world.serve(world.home("a", kept__txt=b"kept"))
    home = world.home("b")
    world.script(home, "wait peers>=1", "--join", a.address).expect(0)
    world.run("get", "kept.txt", "--home", home).expect(0)
    same((home / "mogShare" / "kept.txt").read_bytes(), b"kept", "bytes")


def case_content_ids(world):
    home = world.home("a", one__txt=b"x" * 20_000, none__txt=b"")
    done = world.run("id", home / "mogShare" / "one.txt", home / "mogShare" / "none.txt").expect(0)
    leaves = [hashlib.sha256(b"x" * 16384).digest(), hashlib.sha256(b"x" * (20_000 - 16384)).digest()]
    root = hashlib.sha256(leaves[0] + leaves[1]).hexdigest()
    nothing = hashlib.sha256(b"").hexdigest()
    same(done.out, f"{root}  {home}/mogShare/one.txt\n{nothing}  {home}/mogShare/none.txt\n", "ids")
    missing = world.run("id", home / "nothing", home / "mogShare" / "none.txt").expect(1)
    check("error: " in missing.err and len(missing.out.splitlines()) == 1, f"goes on after a failure: {missing!r}")
    same(json.loads(world.run("id", "--json", home / "mogShare" / "one.txt").out)["content"], root, "JSON")


def case_over_ipv6(world):
    a = world.serve(world.home("a", six__txt=b"six"), "--listen", "::1")
    done = world.script(world.home("b"), "search six; get 1", "--listen", "::1", "--join", f"[::1]:{a.port}").expect(0)
    check(f"[::1]:{a.port}" in done.out, f"an IPv6 address: {done!r}")


def case_a_joined_name(world):
    a = world.serve(world.home("a", named__txt=b"named"), "--listen", "127.0.0.1", "--listen", "::1")
    world.run("get", "named.txt", "--home", world.home("b"), "--join", f"localhost:{a.port}").expect(0)
    done = world.run("--home", world.home("c"), "--port", 0, "-c", f"join localhost:{a.port}; search named", ).expect(0)
    check("named.txt" in done.out, f"join by name: {done!r}")


def case_what_is_here_is_not_fetched_while_hashing(world):
    a = world.serve(world.home("a", small__txt=b"the same bytes"))
    home = world.home("b", zzz__txt=b"the same bytes")
    with open(home / "mogShare" / "big", "wb") as big:
        big.truncate(60 << 30)  # takes much longer than this case
    b = world.peer(home, "--join", a.address)
    b.say("search small", "get 1")
    check("zzz.txt" in b.await_line("already here"), "it looked for itself")
    check(not any("sharing" in line for line in b.errors), "the folder was not hashed yet")
    b.kill()


harness.main(globals())
