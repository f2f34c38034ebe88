"""Driving the program without guessing: commands from -c, -f and a pipe, --json, the exit codes, the ready line."""

import json
import os
import re
import resource
import signal
import subprocess
import time

import harness
from harness import check, same


def case_ready_line(world):
    home = world.home("a")
    done = world.run("--home", home, "--port", 0, stdin="").expect(0)
    check(re.fullmatch(rf"ready port=[1-9]\d* id=[0-9a-f]{{64}} home={re.escape(str(home))}\n", done.out), f"{done!r}")
    again = world.run("--home", home, "--port", 0, "--json", stdin="").expect(0)
    ready = again.objects()[0]
    same(list(ready), ["v", "event", "port", "id", "home"], "fields")
    same(ready["id"], re.search("id=([0-9a-f]+)", done.out).group(1), "the id stays")


def case_commands_from_a_pipe(world):
    home = world.home("a", here__txt=b"here")
    done = world.run("--home", home, "--port", 0, stdin="# a comment\n\nwait hashed; shares\nsta\n")
    done.expect(2, "ambiguous")
    check("here.txt" in done.out and "ready" in done.out.splitlines()[0], f"{done!r}")
    fine = world.run("--home", home, "--port", 0, stdin='search "here"\n  results ; status')  # no line end
    check("[here]" in fine.expect(0).out and "1 file" in fine.out, f"{fine!r}")


def case_commands_from_a_file(world):
    home = world.home("a", here__txt=b"here")
    script = world.root / "commands"
    script.write_text("wait hashed\n# nothing\nsearch here\nwhy 1\nnonsense\nstats\n")
    done = world.run("--home", home, "--port", 0, "-f", script).expect_error(2, "nonsense", "help")
    check("here already" in done.out and "counter" not in done.out, f"ends at the first that fails: {done!r}")
    world.run("--home", home, "--port", 0, "-f", world.root / "missing").expect_error(2, "missing", "-f")


def case_several_c(world):
    done = world.script(world.home("a"), "quit; nonsense", "-c", "status", "-c", "peers; stats").expect(0)
    check("primary table" in done.out and "searches_own" in done.out, f"{done!r}")


def case_json_parses(world):
    a = world.serve(world.home("a", data__bin=os.urandom(50_000)))
    commands = (
        "search data; results; why 1; get 1; get 1; peers; shares; rescan; stats; set; set search.elect lowest-rate;"
        "status; transfers; help; help get"
    )
    done = world.script(world.home("b"), commands, "--join", a.address, "--json").expect(0)
    seen = {each["event"] for each in done.objects()}
    wanted = "answer candidate command download peer ping ready result scan search setting share stats status uploads"
    same(sorted(seen), wanted.split(), "events")
    summary = done.events("search")[0]
    for field in ("neighbours_asked", "answers", "farthest_level", "results", "lasted_ms"):
        check(field in summary, f"{field} in {summary}")
    landed = [each for each in done.events("download") if each["state"] == "done"][0]
    for field in ("path", "content", "size", "source", "seconds", "bytes_per_s"):
        check(field in landed, f"{field} in {landed}")
    failed = world.script(world.home("c"), "get 1", "--json").expect(3)
    error = failed.events("error")[0]
    same(error["code"], 3, "code")
    check(error["error"] and error["hint"], f"{error}")


def case_exit_codes(world):
    a = world.serve(world.home("a", data__bin=os.urandom(50_000)))
    home = world.home("b")

    def script(commands, *more):
        return world.script(home, commands, *more)

    join = ("--join", a.address)
    script("status", *join).expect(0)
    script("get 1", *join).expect_error(3, "no result 1", "search")
    script("search nowhere", *join).expect_error(3, "nothing found")
    script("search nowhere").expect(3)  # it knows a from before
    lonely = world.home("lonely")
    world.run("--home", lonely, "search", "nowhere").expect_error(4, "no other peer", "--join")
    world.run("--home", lonely, "get", "nowhere").expect_error(4, "not found", "join")
    script("wait peers>=9 50ms", *join).expect_error(4, "peers>=9")
    script("search", *join).expect_error(2, "search", "search red bicycle")
    script("frobnicate", *join).expect_error(2, "frobnicate", "help")
    script("search 'open", *join).expect_error(2, "quotation")
    script("cancel 7", *join).expect_error(3, "download 7")
    script("get " + "1 " * 33, *join).expect_error(2, "33", "32")
    script("get " + "1 " * 32, *join).expect(3)
    script("set search.elect fastest", *join).expect_error(2, "fastest")
    script("set overlay.depth 4", *join).expect_error(2, "overlay.depth", "set")
    script("set nothing.real 4", *join).expect_error(2, "nothing.real")
    script("join 127.0.0.1:1").expect_error(4, "127.0.0.1:1", "tried again")
    script("join nowhere.invalid:7000").expect_error(6, "nowhere.invalid")
    script("wait many", *join).expect_error(2, "many", "wait")
    script("sleep forever", *join).expect_error(2, "sleep", "2s")
    script("sleep 20ms", *join).expect(0)


def case_unfinished_transfers(world):
    """An upload limit makes it slow; quit leaves it unfinished (7), and it goes on from there later."""
    data = os.urandom(4_000_000)
    a = world.serve(world.home("a", slow__bin=data), "--upload-limit", "1M")
    home = world.home("b")
    left = world.script(home, "search slow; get 1 &; transfers; quit", "--join", a.address)
    left.expect_error(7, "unfinished", "kept")
    check("slow.bin" in left.out and "done:" not in left.out, f"{left!r}")
    world.script(home, "search slow; get 1 &; sleep 10ms; wait transfers", "--join", a.address).expect(0)
    same((home / "mogShare" / "slow.bin").read_bytes(), data, "bytes")


def case_failed_download_is_a_network_failure(world):
    a = world.serve(world.home("a", gone__bin=os.urandom(3_000_000)), "--upload-limit", "500k")
    b = world.peer(world.home("b"), "--join", a.address)
    b.say("search gone", "get 1")
    b.await_line("download 1")
    a.kill()
    b.result().expect_error(6, "every source of gone.bin has failed", "search again")


def case_output_that_cannot_be_written(world):
    with open("/dev/full", "w") as full:
        for arguments in (["--version"], ["--home", str(world.home("a")), "--port", "0", "-c", "status"]):
            command = [harness.MOGSHARE, *arguments]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=world.env)
            same(done.returncode, 1, f"exit code of {arguments}")
            check("cannot write to the standard output" in done.stderr, done.stderr)
            check("\nhint: it goes to a full disk" in done.stderr, done.stderr)


def case_output_that_nobody_reads(world):
    """`mogshare … | head -1`: it ends, and says so."""
    reading, writing = os.pipe()
    command = [harness.MOGSHARE, "--home", str(world.home("a")), "--port", "0"]
    pipes = {"stdin": subprocess.PIPE, "stdout": writing, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=world.env, **pipes) as running:
        os.close(writing)
        with os.fdopen(reading) as lines:
            lines.readline()
        running.stdin.write("stats\n" * 50)
        running.stdin.flush()
        same(running.wait(harness.LIMIT_S), 1, "exit code")


def catches_sigterm(pid):
    with open(f"/proc/{pid}/status") as status:
        caught = next(line for line in status if line.startswith("SigCgt:")).split()[1]
    return int(caught, 16) >> (signal.SIGTERM - 1) & 1


def case_sigterm_while_nobody_reads(world):
    """A full pipe, which holds up the thread that writes, does not keep it from ending."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    for size in (4096, 1):
        try:
            while True:
                os.write(writing, b"x" * size)
        except BlockingIOError:
            pass
    os.set_blocking(writing, True)
    command = [harness.MOGSHARE, "--home", str(world.home("a")), "--port", "0"]
    pipes = {"stdin": subprocess.PIPE, "stdout": writing, "stderr": subprocess.DEVNULL}
    with os.fdopen(reading), subprocess.Popen(command, text=True, env=world.env, **pipes) as running:
        os.close(writing)
        end = time.monotonic() + harness.LIMIT_S
        while not catches_sigterm(running.pid):
            check(time.monotonic() < end, "it never came to wait for signals")
            time.sleep(0.01)
        running.send_signal(signal.SIGTERM)
        try:
            same(running.wait(5), 130, "exit code")
        finally:
            running.kill()


def case_a_slow_reader_gets_everything(world):
    """An end that no signal has asked for waits until all has been read."""
    commands = "; ".join(["help"] * 100 + ["status"])
    command = [harness.MOGSHARE, "--home", str(world.home("a")), "--port", "0", "-c", commands]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=world.env, **pipes) as running:
        try:
            running.wait(1.5)
            check(False, "it has ended before it was read")
        except subprocess.TimeoutExpired:
            pass
        told = running.stdout.read()
        check("folder" in told[-1000:], f"the last answer: {told[-1000:]!r}")
        same(running.wait(harness.LIMIT_S), 0, "exit code")


def case_open_files(world):
    def limit(soft, hard):
        return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))}

    def limit_of(peer):
        return resource.prlimit(peer.process.pid, resource.RLIMIT_NOFILE)

    same(limit_of(world.serve(world.home("a"), **limit(256, 600))), (600, 600), "as many as it may")
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 5000:
        same(limit_of(world.serve(world.home("b"), **limit(256, 5000))), (4096, 5000), "as many as it needs")
        same(limit_of(world.serve(world.home("c"), **limit(4500, 5000))), (4500, 5000), "nothing is taken away")


def case_sigint_at_the_prompt(world):
    a = world.peer(world.home("a"))
    same(a.end(signal.SIGINT).code, 130, "exit code")


def case_sigterm_while_serving(world):
    a = world.serve(world.home("a"))
    same(a.end(signal.SIGTERM).code, 0, "exit code")
    b = world.serve(world.home("b"), "--json")
    same(b.end(signal.SIGINT).code, 0, "exit code")


def case_sigint_in_a_one_shot(world):
    a = world.serve(world.home("a", data__bin=os.urandom(4_000_000)), "--upload-limit", "500k")
    home = world.home("b")
    command = [harness.MOGSHARE, "get", "data.bin", "--home", str(home), "--join", a.address]
    b = harness.Peer(command, None, world.env, world.root, {})
    world.peers.append(b)
    b.await_line("download 1")
    same(b.end(signal.SIGINT).code, 130, "exit code")


def case_sigterm_during_a_download(world):
    """What was fetched stays, and a later get fetches only the rest."""
    data = os.urandom(6_000_000)
    a = world.peer(world.home("a", slow__bin=data), "--upload-limit", "4M")
    home = world.home("b")
    b = world.peer(home, "--join", a.address, "--json")
    b.say("search slow", "get 1 &")
    b.await_line('"begun"')
    while json.loads(b.ask("transfers", '"download"'))["verified_bytes"] < 2 << 20:
        b.ask("sleep 50ms; status", '"status"')
    b.end(signal.SIGTERM).expect(130)
    check(list((home / "state" / "partial").iterdir()), "a partial file")
    check(not (home / "mogShare" / "slow.bin").exists(), "nothing half done in the folder")
    a.ask("set transfer.upload_limit_bytes_per_s 0", "transfer.upload_limit")
    done = world.run("get", "slow.bin", "--home", home, "--join", a.address, "--json").expect(0)
    landed = [each for each in done.events("download") if each["state"] == "done"][0]
    same((home / "mogShare" / "slow.bin").read_bytes(), data, "bytes")
    check(landed["received_bytes"] <= len(data) - (2 << 20), f"fetched again: {landed}")


def case_a_source_that_dies_gives_way(world):
    data = os.urandom(4_000_000)
    a = world.serve(world.home("a", twice__bin=data), "--upload-limit", "2M")
    b = world.serve(world.home("b", twice__bin=data), "--upload-limit", "800k", "--join", a.address)
    b.await_error("entered through")
    home = world.home("c")
    c = world.peer(home, "--join", b.address, "--json")
    c.say("search twice", "get 1 &")
    begun = json.loads(c.await_line('"begun"'))
    first, other = (a, b) if begun["source"] == a.id else (b, a)
    same(first.id, a.id, "the faster one was elected")
    c.ask("wait links>=1; status", '"status"')
    first.kill()
    c.say("wait transfers 50s")
    failed = json.loads(c.await_line('"source_failed"'))
    same(failed["source"], first.id, "who was given up")
    landed = json.loads(c.await_line('"done"'))
    while landed.get("event") != "download" or landed["state"] != "done":
        landed = json.loads(c.await_line('"done"'))
    same(landed["source"], other.id, "who finished it")
    same((home / "mogShare" / "twice.bin").read_bytes(), data, "bytes")
    c.result().expect(0)


harness.main(globals())
