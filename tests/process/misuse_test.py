"""What goes wrong gets two lines, `error: …` and `hint: …`, and the exit code that says what kind of thing it was."""

import os
import pathlib
import pwd
import socket
import threading

import harness
from harness import check, same


def start(world, home, *more):
    return world.run("--home", home, "--port", 0, *more, stdin="")


def case_configuration(world):
    def with_config(text, *more):
        return start(world, world.home("a", text), *more)

    with_config("[overlay]\nentry_rows = 7\n").expect_error(2, "mogshare.toml:2", "16")
    with_config("[overlay]\nentry_rows = 2\n").expect_error(2, "entry_rows")
    with_config("[overlay]\ndepht = 3\n").expect_error(2, "mogshare.toml:2: unknown key", "overlay.depth")
    with_config("[overlay]\ndepth = \"three\"\n").expect_error(2, "mogshare.toml:2", "integer")
    with_config("[ovrelay]\ndepth = 3\n").expect_error(2, "[ovrelay]", "[overlay]")
    with_config("[overlay\n").expect_error(2, "mogshare.toml:1", "KEY = VALUE")
    plain = world.home("b")
    start(world, plain, "--set", "overlay.depth=0").expect_error(2, "--set", "from 1")
    start(world, plain, "--join", "nonsense:port").expect_error(2, "--join", "192.0.2.7:7000")
    same(world.run("config", "check", "--home", world.home("a", "[overlay]\ndepth = 99\n")).code, 2, "config check")
    fine = world.run("config", "check", "--home", world.home("a", "[overlay]\ndepth = 9\n")).expect(0)
    check("is fine" in fine.out, f"{fine!r}")
    none = world.run("config", "check", "--home", world.home("none")).expect(0)
    check("there is no file" in none.out and "defaults are fine" in none.out, f"{none!r}")
    check("depth = 9" in world.run("config", "show", "--home", world.home("a")).expect(0).out, "config show")
    path = world.run("config", "path", "--home", world.home("a")).expect(0).out.strip()
    same(path, str(world.root / "a" / "config" / "mogshare.toml"), "config path")


def case_command_line(world):
    world.run("serch", "foo").expect_error(2, "serch", "search")
    world.run("--prot", "1").expect_error(2, "--prot", "--port")
    world.run("get").expect_error(2, "get", "for example")
    world.run("get", "a", "b").expect_error(2, "one name")
    world.run("search", "   ").expect_error(2, "nothing to search for")
    world.run("serve", "-c", "status").expect_error(2, "-c")
    error = world.run("--json", "--port", "many").expect_error(2, "--port").events("error")[0]
    same(error["code"], 2, "code of the JSON error")
    error = world.run("id", world.root / "nothing", "--json").expect(1, "nothing").events("error")[0]
    same(error["code"], 1, "code of the JSON error")
    check("rescan" in world.run("get", "--help").expect(0).out, "what a running peer does with it")
    check("Usage:" in world.run("--help").expect(0).out, "help")
    check("mogshare " in world.run("--version").expect(0).out, "version")


def case_openssl_without_algorithms(world):
    """Two lines instead of an abort."""
    conf = world.root / "openssl.cnf"
    conf.write_text("openssl_conf = all\n[all]\nproviders = some\n[some]\nbase = on\n[on]\nactivate = 1\n")
    world.env["OPENSSL_CONF"] = str(conf)
    home = world.home("a", keep__txt=b"keep")
    key = world.root / "network.key"
    for arguments in (["--home", home, "--port", 0, "-c", "status"], ["status", "--home", home], ["id", conf],
                      ["network", "new", key], ["get", "x", "--home", home], ["config", "check", "--home", home]):
        world.run(*arguments).expect_error(1, "lacks what mogShare is built on: SHA-256, HMAC, Ed25519", "default provider")
    check(not key.exists() and not (home / "state").exists(), "nothing was made")
    world.run("--help").expect(0)


def case_port_in_use(world):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        home = world.home("a")
        start(world, home, "--listen", "127.0.0.1", "--port", port).expect_error(2, str(port), "--port")
    start(world, home).expect(0)  # the failed start holds nothing


def case_home_in_use(world):
    a = world.serve(world.home("a"))
    error = start(world, a.home).expect_error(2, f"port {a.port}", "--home")
    check(str(a.process.pid) in error.err, f"the process is named: {error!r}")
    a.kill()
    start(world, a.home).expect(0)  # kill -9 leaves no lock behind


def case_folder_that_cannot_be_used(world):
    home = world.home("a")
    (home / "mogShare").rmdir()
    (home / "mogShare").write_text("a file in its place")
    start(world, home).expect_error(2, str(home / "mogShare"))
    world.run("search", "foo", "--home", home).expect_error(2, "mogShare")
    start(world, world.home("b"), "--folder", world.root / "no" / "such" / "place").expect_error(2, "no/such")
    start(world, world.home("c"), "--folder", "/").expect_error(2, "whole file system", "mogShare")
    world.home("d").joinpath("mogShare").chmod(0o777)
    start(world, world.root / "d").expect_error(2, "others can write", "chmod")
    world.home("f").chmod(0o777)
    start(world, world.root / "f").expect_error(2, "others can write", "chmod")
    world.home("f").chmod(0o1777)
    start(world, world.root / "f").expect(0)
    if os.geteuid() != 0:
        world.home("e").joinpath("mogShare").chmod(0)
        start(world, world.root / "e").expect_error(2, "mogShare")


def case_places_that_would_be_shared(world):
    """The user's home whatever $HOME says, a recording, and a network's key."""
    home = world.home("a", keep__txt=b"keep")
    account = pathlib.Path(pwd.getpwuid(os.geteuid()).pw_dir)
    if account.is_dir():
        for said in ("/nowhere", "relative", None):
            world.env.pop("HOME") if said is None else world.env.update(HOME=said)
            start(world, home, "--listen", "127.0.0.1", "--folder", account).expect_error(
                2, "refusing to share", "a folder of its own")
        world.env["HOME"] = str(world.root)
    shared = home / "mogShare"
    start(world, home, "--record", shared / "run.trace").expect_error(2, "refusing to record into the shared folder", "outside")
    for place in (shared / "network.key", "a/mogShare/network.key"):
        world.run("network", "new", place, "--home", home).expect_error(
            2, "refusing to make a network's key in the shared folder", "outside")
    same([each.name for each in shared.iterdir()], ["keep.txt"], "nothing was made there")
    for place in ("nowhere/x", "a"):
        start(world, home, "--record", world.root / place).expect_error(1, "cannot record into", "choose a")


def case_what_is_not_shared_is_said(world):
    home = world.home("a", fine__txt=b"fine")
    (home / "mogShare" / "link").symlink_to("/etc/passwd")
    (home / "mogShare" / "bad\x1bname").write_bytes(b"")
    world.run("network", "new", "network.key").expect(0)
    (world.root / "network.key").rename(home / "mogShare" / "network.key")
    done = world.script(home, "wait hashed; shares; search passwd").expect(4)
    check("1 file" in done.out, f"only the regular file: {done!r}")
    check("not shared: network.key: refusing to share" in done.err, f"said: {done!r}")
    check("not shared: link" in done.err and "\x1b" not in done.err + done.out, f"said, and harmless: {done!r}")


def case_join_to_nobody(world):
    """Alone, with a warning; works as usual, and enters as soon as somebody is there."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    quick = "[time]\njoin_retry_first_ms = 200\njoin_retry_max_ms = 400\n"
    b = world.peer(world.home("b", quick), "--join", f"127.0.0.1:{port}")
    check("refused" in b.await_error("alone:"), "the reason is said")
    a = world.serve(world.home("a", late__txt=b"late"), "--port", port)
    b.await_error("entered through")
    check("late.txt" in b.ask("search late", "[1]"), "found")
    same(a.end().code, 0, "serve")


def listener_that_says(data):
    door = socket.create_server(("127.0.0.1", 0))

    def answer():
        try:
            taken, _ = door.accept()
            with taken:
                taken.sendall(data)
                while taken.recv(4096):
                    pass
        except OSError:
            pass

    threading.Thread(target=answer, daemon=True).start()
    return door


def case_join_to_something_else(world):
    for data, line, said in ((b"SSH-2.0-OpenSSH_9.2\r\n", "error: no entry through", "does not speak TLS"),
                             (b"", "alone:", "no end of the handshake within")):
        with listener_that_says(data) as door:
            home = world.home("a", "[time]\nhandshake_ms = 300\n", mine__txt=b"mine")
            b = world.peer(home, "--join", f"127.0.0.1:{door.getsockname()[1]}")
            check(said in b.await_error(line), f"{said!r} is said")
            if data:
                check("update it there" in b.await_error("hint: "), "and what to do")
            b.say("wait hashed")
            check("[here]" in b.ask("search mine", "[here]"), "works as usual")
            same(b.result().code, 0, "exit code")


def case_ambiguous_get(world):
    """small print, one-shot get: several contents of that name are listed with their ids, and it is said how to choose."""
    a = world.serve(world.home("a", same__txt=b"one content"))
    b = world.serve(world.home("b", same__txt=b"another content"), "--join", a.address)
    b.await_error("entered through")
    home = world.home("c")
    failed = world.run("get", "same.txt", "--home", home, "--join", b.address, "--json")
    failed.expect_error(1, "2 contents are called 'same.txt'", "--content")
    results = failed.events("result")
    same(len(results), 2, "results listed")
    wanted = results[0]["content"]
    world.run("get", "same.txt", "--content", wanted[:6], "--home", home, "--join", b.address).expect(0)
    same(world.run("id", home / "mogShare" / "same.txt").out.split()[0], wanted, "the one that was chosen")
    c = world.peer(world.home("d"), "--join", b.address)
    c.say("get same.txt", "get 2")
    c.process.stdin.close()
    check("done: " not in c.result().out, "a batch ends at the failure")


def case_lines_that_are_too_long(world):
    home = world.home("a")
    done = world.run("--home", home, "--port", 0, stdin="x" * 100_000 + "\nstatus\n").expect_error(2, "64 KiB")
    check("folder" not in done.out, f"nothing after it was done: {done!r}")
    world.script(home, "search " + "x" * 5_000).expect_error(2, "longer than any name")
    world.script(home, b"search \xff\xfe").expect_error(2, "UTF-8")


harness.main(globals())
