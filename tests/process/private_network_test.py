"""The key of a private network: from a file, typed in, or from the environment; whatever is wrong with it is said, with what to do."""

import fcntl
import os
import pathlib
import signal
import socket
import tomllib

import harness
from harness import check, same
from terminal import Terminal

GOOD = "a rather long sentence that nobody has ever said, 1871"


def with_config(world, name, text):
    return world.home(name, f"[network]\n{text}\n")


def key_in(world, home):
    path = home / "config" / "network.key"
    world.run("network", "new", path).expect(0)
    return path


def case_founded(world):
    """Made once, for its owner alone; never over another file."""
    path = world.root / "network.key"
    made = world.run("network", "new", "network.key").expect(0)
    check(str(path) in made.out and "copy it to each member" in made.out and "key_file" in made.out, f"{made!r}")
    same(path.stat().st_mode & 0o777, 0o600, "rights")
    text = path.read_text()
    check(text.startswith("mogshare-network-1-") and text.endswith("\n") and text.strip() not in made.out, "the key itself is not shown")
    world.run("network", "new", path).expect_error(2, "File exists", "never written over")
    same(path.read_text(), text, "it stays")
    told = world.run("network", "new", "other.key", "--json").expect(0).events("network_founded")
    same([each["key_file"] for each in told], [str(world.root / "other.key")], "JSON")
    check((world.root / "other.key").read_text() != text, "another key")
    (world.root / "third.key.new").write_text("precious")
    holder = os.open(world.root, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)  # as any user may who can list the folder
    world.run("network", "new", "third.key", limit_s=20).expect(0)
    os.close(holder)
    same((world.root / "third.key.new").read_text(), "precious", "what lies beside")
    odd = world.root / 'a "quoted" \\ \u202e.key'
    told = world.run("network", "new", odd).expect(0).out
    check("under [network]" in told, told)
    line = told.splitlines()[-1].strip()
    pasted = "[network]\n" + line
    check("\u202e" not in line, "nothing that nobody sees")
    same(tomllib.loads(pasted), {"network": {"key_file": str(odd)}}, "the line to be pasted")
    world.run("config", "check", "--home", world.home("odd", pasted)).expect(0)
    shipped = (pathlib.Path(__file__).resolve().parents[2] / "config" / "mogshare.toml").read_text()
    same(shipped.count('\nkey_file = ""\n'), 1, "the line that it takes the place of")
    put = world.home("put", shipped.replace('\nkey_file = ""\n', f"\n{line}\n"))
    world.run("config", "check", "--home", put).expect(0)
    same(tomllib.loads(world.run("config", "show", "--home", put).expect(0).out)["network"]["key_file"], str(odd), "in effect")
    world.run("config", "check", "--home", world.home("at_the_end", shipped + "\n" + pasted + "\n")).expect_error(
        2, "cannot redefine existing table 'network'", "the section is there already: put the line under the one that is there")
    world.run("config", "check", "--home", world.home("beside", shipped.replace("[network]\n", pasted + "\n"))).expect_error(
        2, "cannot redefine existing", "the key is there already: change it where it stands")
    world.run("network", "new", b"latin\xe9.key").expect_error(2, "must be UTF-8", "choose another name")
    check(not [each for each in os.listdir(os.fsencode(world.root)) if b"\xe9" in each], "nothing was made")
    world.run("network", "new", "no/such/place.key").expect_error(2, "No such file", "a folder in which you may write")
    world.run("network", "new").expect_error(2, "one file is needed", "for example")
    world.run("network").expect_error(2, "new is needed", "for example")
    world.run("network", "new", "a", "b").expect_error(2, "one file is needed", "for example")


def case_key_files(world):
    """Relative to the configuration; a bad one is refused, with a reason of its own."""
    home = with_config(world, "a", 'key_file = "network.key"')
    world.script(home, "status").expect_error(2, "there is no such file", "mogshare network new FILE")
    path = key_in(world, home)
    good = path.read_text()
    world.script(home, "status").expect(0)
    path.chmod(0o640)
    world.script(home, "status").expect_error(2, "others than its owner have rights on it", "chmod 600")
    path.chmod(0o600)
    for bad, reason in (("", "it is empty"), ("hello", "does not begin with"), (good[:-2] + "x\n", "no digit"),
                        (good[:-2], "some are missing"), (good.replace("-1-", "-1-0", 1), "too many"), ("x" * 9000, "too long")):
        path.write_text(bad)
        failed = world.script(home, "status")
        check(failed.code in (1, 2), f"{failed!r}")
        failed.expect_error(failed.code, reason)
    path.unlink()
    path.mkdir()
    world.script(home, "status").expect_error(2, "it is not a regular file")
    shared = home / "mogShare" / "network.key"
    shared.write_text(good)
    shared.chmod(0o600)
    options = ("--set", f"network.key_file={shared}")
    world.script(home, "status", *options).expect_error(2, "the network's key file lies within", "share a folder of its own")
    shared.unlink()


def case_who_is_let_in(world):
    """Members find and fetch from each other; others are told what is wrong, and learn nothing."""
    key = world.root / "network.key"
    world.run("network", "new", key).expect(0)
    other_key = world.root / "other.key"
    world.run("network", "new", other_key).expect(0)
    member = ("--set", f"network.key_file={key}")
    a = world.serve(world.home("a", secret__txt=b"for members"), *member)
    done = world.run("get", "secret.txt", "--home", world.home("b", harness.QUICK), "--join", a.address, *member).expect(0)
    same((world.root / "b" / "mogShare" / "secret.txt").read_bytes(), b"for members", "what a member gets")
    del done
    for name, options in (("c", ()), ("d", ("--set", f"network.key_file={other_key}"))):
        outside = world.run("get", "secret.txt", "--home", world.home(name, harness.QUICK), "--join", a.address, *options)
        outside.expect(4, f"error: no entry through {a.address}: it is in another network, or has another key",
                       "hint: both peers need the same key file, or the same passphrase and 'network.name'")
    # Nor does a member enter the open network by mistake.
    c = world.serve(world.home("e", open__txt=b"for all"))
    world.run("search", "open", "--home", world.home("f", harness.QUICK), "--join", c.address, *member).expect(
        4, "it is in another network, or has another key")
    same(c.end().code, 0, "an orderly end")
    same(a.end().code, 0, "an orderly end")


def case_a_wrong_passphrase(world):
    """Another passphrase, or another name of the network: another network."""
    network = '[network]\npassphrase = "environment"\nname = "home"\n'
    world.env["MOGSHARE_PASSPHRASE"] = GOOD
    a = world.serve(world.home("a", network, secret__txt=b"for members"))
    b = world.home("b", network + harness.QUICK)
    world.run("get", "secret.txt", "--home", b, "--join", a.address).expect(0)
    c = world.home("c", network + harness.QUICK)
    world.run("search", "secret", "--home", c, "--join", a.address, "--set", "network.name=work").expect(
        4, "it is in another network, or has another key", "hint: both peers need the same key file")
    world.env["MOGSHARE_PASSPHRASE"] = GOOD + "!"
    world.run("search", "secret", "--home", c, "--join", a.address).expect(
        4, "it is in another network, or has another key", "hint: both peers need the same key file")


def case_passphrase_from_the_environment(world):
    home = with_config(world, "a", 'passphrase = "environment"\nname = "home"')
    world.script(home, "status").expect_error(2, "MOGSHARE_PASSPHRASE is not set", "set it for this program")
    world.env["MOGSHARE_PASSPHRASE"] = ""
    world.script(home, "status").expect_error(2, "passphrase of the network is empty", "open network")
    world.env["MOGSHARE_PASSPHRASE"] = "x" * 1025
    world.script(home, "status").expect_error(2, "longer than 1024 bytes")
    world.env["MOGSHARE_PASSPHRASE"] = "password1"
    weak = world.script(home, "status").expect(0, "the passphrase of the network is weak", "bits", "mogshare network new FILE")
    check("password1" not in weak.out + weak.err, f"{weak!r}")
    world.env["MOGSHARE_PASSPHRASE"] = GOOD
    peer = world.begin(home)
    seen = pathlib.Path(f"/proc/{peer.process.pid}/environ").read_bytes()
    check(b"MOGSHARE_PASSPHRASE" in seen.replace(b"\0", b"\n") and GOOD.encode() not in seen, "it is wiped from the environment")
    done = peer.end()
    check("weak" not in done.err and GOOD not in done.out + done.err, f"{done!r}")
    check("has no 'network.name'" not in done.err, f"{done!r}")
    nameless = ("--set", "network.name=")
    world.env["MOGSHARE_PASSPHRASE"] = GOOD
    world.script(home, "status", *nameless).expect(0, "has no 'network.name'", "agree on a name")
    both = ("--set", "network.key_file=x")
    world.script(home, "status", *both).expect_error(2, "exclude each other", "leave one of them out")


def case_rows_of_another_network(world):
    """A home that was in the open network, and is made private: nobody whom it knew there is dialled, and so given a proof to guess at."""
    b = world.serve(world.home("b"))
    home = world.home("a", harness.QUICK + "handshake_ms = 1000\n")  # of one who says nothing
    a = world.begin(home, "--join", b.address)
    a.await_error("entered through")
    same((a.end().code, b.end().code), (0, 0), "orderly ends")
    saved = home / "state" / "tables.json"
    text = saved.read_text()
    check(b.address in text and '"network"' not in text, text)
    with socket.create_server(("127.0.0.1", b.port)) as stranger:
        stranger.setblocking(False)

        def dialled():
            """Whether anybody has come since the last look; those who dialled have ended."""
            came = 0
            while True:
                try:
                    stranger.accept()[0].close()
                    came += 1
                except BlockingIOError:
                    return came > 0

        world.run("search", "x", "--home", home)
        check(dialled(), "in the network of the row its peer is dialled")
        world.env["MOGSHARE_PASSPHRASE"] = GOOD
        private = ("--set", "network.passphrase=environment", "--set", "network.name=home")
        world.run("search", "x", "--home", home, *private)
        told = world.script(home, "peers", *private).expect(0)
        check(b.id[:8] not in told.out, f"{told!r}")
        check(not dialled(), "nobody is dialled out of another network's rows")
        same(saved.read_text(), text, "the rows of the open network")
        del world.env["MOGSHARE_PASSPHRASE"]
        world.run("search", "x", "--home", home)
        check(dialled(), "back in the open network")


def case_meant_to_be_private(world):
    """A name or a passphrase that nothing uses: no peer starts in the open network instead."""
    home = with_config(world, "a", 'name = "home"')
    for said in (world.script(home, "status"), world.run("config", "check", "--home", home),
                 world.run("search", "x", "--home", home)):
        said.expect_error(2, "'network.name' is set, but nothing makes the network private", "or leave the name out")
    check("network open; profile lan; no peer can start: 'network.name' is set" in
          world.run("status", "--home", home).expect(0).out, "status says so")
    open_home = world.home("b")
    world.env["MOGSHARE_PASSPHRASE"] = GOOD
    for said in (world.script(open_home, "status"), world.run("config", "check", "--home", open_home)):
        said.expect_error(2, "MOGSHARE_PASSPHRASE is set, but 'network.passphrase' is \"none\"", "unset MOGSHARE_PASSPHRASE")
    key = world.root / "network.key"
    world.run("network", "new", key).expect(0)
    member = world.begin(open_home, "--set", f"network.key_file={key}")
    seen = pathlib.Path(f"/proc/{member.process.pid}/environ").read_bytes()
    check(GOOD.encode() not in seen, "it is wiped from the environment, of use or not")
    same(member.end().code, 0, "an orderly end")


def case_a_network_that_cannot_start(world):
    """'config check' and 'status' say so before a peer does."""
    home = with_config(world, "a", 'key_file = "network.key"')
    world.run("config", "check", "--home", home).expect_error(2, "there is no such file", "mogshare network new FILE")
    told = world.run("status", "--home", home).expect(0).out
    check("no peer can start: cannot use the network's key file" in told and "there is no such file" in told, told)
    key = key_in(world, home)
    check("is fine" in world.run("config", "check", "--home", home).expect(0).out, "a key")
    check("no peer can start" not in world.run("status", "--home", home).expect(0).out, "a key")
    key.write_text("no key")
    world.run("config", "check", "--home", home).expect_error(2, "does not begin with", "copy it again")
    both = ("--home", home, "--set", "network.passphrase=ask")
    world.run("config", "check", *both).expect_error(2, "exclude each other", "leave one of them out")
    check("exclude each other" in world.run("status", *both, "--json").expect(0).events("home")[0]["network"], "JSON")


def case_passphrase_typed_in(world):
    """Not shown; the terminal is afterwards as it was, also when a signal ends it all."""
    home = with_config(world, "a", 'passphrase = "ask"\nname = "home \\u202e"')
    a = Terminal(world, "--home", home, "--port", 0)
    a.await_text("passphrase of the network 'home \\u{202e}': ")
    check(not a.echoes(), "no echo while it asks")
    a.type(GOOD)
    a.await_text("ready port=")
    a.await_text("mogShare> ")
    check(GOOD not in a.shown, f"shown: {a.shown!r}")
    check(a.echoes(), "echo again")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        b = Terminal(world, "--home", with_config(world, f"b{number}", 'passphrase = "ask"'), "--port", 0)
        b.await_text("passphrase of the network: ")
        check(not b.echoes(), "no echo while it asks")
        if number == signal.SIGINT:
            os.write(b.master, b"half\x03")
        else:
            b.process.send_signal(number)
        same(b.process.wait(harness.LIMIT_S), -number, "how it ended")
        check(b.echoes(), f"echo again after {number}")
    c = Terminal(world, "--home", with_config(world, "c", 'passphrase = "ask"'), "--port", 0)
    c.await_text("passphrase of the network: ")
    c.type("")
    c.await_text("passphrase of the network is empty")
    same(c.process.wait(harness.LIMIT_S), 2, "exit code")
    without = world.script(with_config(world, "d", 'passphrase = "ask"'), "status", start_new_session=True)
    without.expect_error(2, "no terminal at which to ask", "MOGSHARE_PASSPHRASE")


harness.main(globals())
