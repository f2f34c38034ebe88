"""Starts mogshare processes with homes of their own and talks to them as a user or a script would.

A test file defines functions called case_*, and ends with `harness.main(globals())`. Nothing here sleeps to wait for
something: reading a line blocks until it comes, and the prompt's own `wait` does the rest. Whatever is still running or
lying about when a case ends is ended and removed.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

MOGSHARE = os.environ.get("MOGSHARE") or str(pathlib.Path(__file__).resolve().parents[2] / "build/release/bin/mogshare")
LIMIT_S = float(os.environ.get("MOGSHARE_TEST_LIMIT_S", "60"))

# Configuration of a searcher that need not wait long: all who could answer are on this machine.
QUICK = "[time]\nwindow_ms = 1000\n"


class Failed(Exception):
    pass


class Skipped(Exception):
    """This machine lacks what a case needs. Where CI is set that is a failure: a case that nobody runs proves nothing. With
    `by_design` the case has no meaning in this build, and may be left out anywhere."""

    def __init__(self, reason, by_design=False):
        super().__init__(reason)
        self.by_design = by_design


def built_with(sanitizer):
    """`tsan`, `ubsan`, `asan`: whether the program under test has that sanitizer in it."""
    marks = {"tsan": b"__tsan_init", "ubsan": b"__ubsan_handle", "asan": b"__asan_init"}
    return marks[sanitizer] in pathlib.Path(MOGSHARE).read_bytes()


def check(condition, what):
    if not condition:
        raise Failed(what)


def same(got, wanted, what):
    check(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


class Result:
    """A process that has ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    def expect(self, code, *in_err):
        same(self.code, code, f"exit code of\n{self!r}\n")
        for text in in_err:
            check(text in self.err, f"no {text!r} in\n{self!r}")
        return self

    def expect_error(self, code, error, hint=""):
        """Two lines, `error: …` and `hint: …`, at the end of stderr."""
        self.expect(code)
        told = [line for line in self.err.splitlines() if line.startswith(("error: ", "hint: "))][-2:]
        same([line.split(" ")[0] for line in told], ["error:", "hint:"], f"two lines in\n{self!r}\n")
        check(error in told[0], f"no {error!r} in {told[0]!r}")
        check(hint in told[1], f"no {hint!r} in {told[1]!r}")
        return self

    def objects(self):
        found = [json.loads(line) for line in self.out.splitlines()]
        for each in found:
            same(each["v"], 1, "version of a JSON object")
        return found

    def events(self, name):
        return [each for each in self.objects() if each["event"] == name]


class World:
    """Homes and processes of one case."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="mogshare-test-"))
        self.peers = []
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
        self.env["HOME"] = str(self.root)

    def close(self):
        for peer in self.peers:
            peer.kill()
        for path in self.root.rglob("*"):  # what a case has made unreadable
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(self.root)

    def home(self, name, config="", **files):
        """A home with these files in its folder; `a__txt` names `a.txt`."""
        home = self.root / name
        (home / "mogShare").mkdir(parents=True, exist_ok=True)
        if config:
            (home / "config").mkdir(exist_ok=True)
            (home / "config" / "mogshare.toml").write_text(config)
        for file, data in files.items():
            (home / "mogShare" / file.replace("__", ".")).write_bytes(data)
        return home

    def run(self, *arguments, stdin=None, limit_s=LIMIT_S, **options):
        """Runs a command to its end."""
        command = [MOGSHARE, *(each if isinstance(each, bytes) else str(each) for each in arguments)]
        options.update({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL})
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=limit_s, env=self.env,
                              cwd=self.root, **options)
        return Result(done.returncode, done.stdout, done.stderr)

    def script(self, home, commands, *arguments, **options):
        """A peer that runs these commands of the prompt, and ends."""
        return self.run("--home", home, "--port", 0, *arguments, "-c", commands, **options)

    def peer(self, home, *arguments, **options):
        """A running peer with a prompt that reads a pipe, ready."""
        return self._start(home, arguments, subprocess.PIPE, options)

    def serve(self, home, *arguments, limit_s=LIMIT_S, **options):
        """A peer without a prompt, whose folder has been read: what is in it can be found."""
        peer = self.begin(home, *arguments, **options)
        peer.await_error("folder: sharing", limit_s)
        return peer

    def begin(self, home, *arguments, **options):
        """A peer without a prompt, ready; its folder may not have been read yet."""
        return self._start(home, ("serve", *arguments), subprocess.DEVNULL, options)

    def _start(self, home, arguments, stdin, options):
        command = [MOGSHARE, *map(str, arguments), "--home", str(home)]
        if not any(str(each) == "--port" for each in arguments):
            command += ["--port", "0"]
        peer = Peer(command, stdin, self.env, self.root, options)
        self.peers.append(peer)
        peer.await_ready()
        return peer


class Peer:
    def __init__(self, command, stdin, env, cwd, options):
        self.process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        errors="replace", env=env, cwd=cwd, **options)
        self.lines = []
        self.errors = []
        self.changed = threading.Condition()
        self.ended_streams = 0
        self.read_to = 0
        self.threads = [threading.Thread(target=self._read, args=(stream, into), daemon=True)
                        for stream, into in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for thread in self.threads:
            thread.start()

    def _read(self, stream, into):
        for line in stream:
            with self.changed:
                into.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.ended_streams += 1
            self.changed.notify_all()

    def _await(self, lines, fits, start, limit_s, what):
        end = time.monotonic() + limit_s
        with self.changed:
            at = start
            while True:
                while at < len(lines):
                    if fits(lines[at]):
                        return at, lines[at]
                    at += 1
                if self.ended_streams == 2 or not self.changed.wait(max(0, end - time.monotonic())):
                    said = "\n".join(["stdout:", *self.lines, "stderr:", *self.errors])
                    raise Failed(f"{what} did not come; {said}")

    def await_line(self, text, limit_s=LIMIT_S):
        """The next line on stdout that contains `text`; each is given once."""
        at, line = self._await(self.lines, lambda each: text in each, self.read_to, limit_s, repr(text))
        self.read_to = at + 1
        return line

    def await_error(self, text, limit_s=LIMIT_S):
        return self._await(self.errors, lambda each: text in each, 0, limit_s, repr(text))[1]

    def await_ready(self):
        line = self.await_line("ready")
        if line.startswith("{"):
            ready = json.loads(line)
            self.port, self.id, self.home = ready["port"], ready["id"], ready["home"]
        else:
            words = line.split(" ", 3)
            same(words[0], "ready", "first word")
            self.port, self.id = int(words[1].removeprefix("port=")), words[2].removeprefix("id=")
            self.home = words[3].removeprefix("home=")
        self.address = f"127.0.0.1:{self.port}"

    def say(self, *commands):
        for command in commands:
            self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def ask(self, command, answer, limit_s=LIMIT_S):
        """Types a command and gives the next line that contains `answer`."""
        with self.changed:
            self.read_to = len(self.lines)
        self.say(command)
        return self.await_line(answer, limit_s)

    def send(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM, limit_s=LIMIT_S):
        """Asks it to stop, and gives the result."""
        self.send(number)
        self.process.wait(limit_s)  # before its input ends, which would end it too
        return self.result(limit_s)

    def result(self, limit_s=LIMIT_S):
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        code = self.process.wait(limit_s)
        for thread in self.threads:
            thread.join(limit_s)
        return Result(code, "\n".join(self.lines), "\n".join(self.errors))

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream and stream is not self.process.stdin:
                stream.close()


def small_disk(place, size, then):
    """Begins a command line that runs with a small file system at `place`: a shell does `then`; $0 is the place, $1 what follows."""
    if shutil.which("unshare") is None:
        raise Skipped("there is no 'unshare': CI must be able to mount a small disk")
    in_shell = f'mount -t tmpfs -o size={size} tmpfs "$0" && {then}'
    mounting = ["unshare", "--map-root-user", "--mount", "sh", "-c", in_shell, str(place)]
    tried = subprocess.run([*mounting, "true"], capture_output=True, text=True, errors="replace")
    if tried.returncode != 0:
        raise Skipped(f"no small disk can be mounted here ({tried.stderr.strip()}): CI must be able to mount a small disk")
    return mounting


def run_case(name, case):
    """Whether it did not fail."""
    world = World()
    begun = time.monotonic()
    try:
        case(world)
        print(f"PASS {name} ({time.monotonic() - begun:.1f} s)", flush=True)
        return True
    except Skipped as reason:
        fails = bool(os.environ.get("CI")) and not reason.by_design
        print(f"FAIL {name}\nskipped where CI is set: {reason}" if fails else f"SKIP {name}: {reason}", flush=True)
        return not fails
    except Exception as error:  # noqa: BLE001: whatever it is, the other cases run
        print(f"FAIL {name}", flush=True)
        if isinstance(error, Failed):
            print(error, flush=True)
        else:
            traceback.print_exc(file=sys.stdout)
        return False
    finally:
        world.close()


def main(names):
    if not os.access(MOGSHARE, os.X_OK):
        sys.exit(f"no program at {MOGSHARE}: build it, or set MOGSHARE")
    cases = [(name.removeprefix("case_"), each) for name, each in names.items() if name.startswith("case_")]
    wanted = sys.argv[1:]
    cases = [(name, case) for name, case in cases if not wanted or name in wanted]
    failed = sum(not run_case(name, case) for name, case in cases)
    sys.exit(1 if failed else 0)
