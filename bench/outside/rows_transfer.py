"""Bytes: hashing the folder beside `openssl speed`, and a download beside nginx and curl. The two of a pair take turns."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

import harness
import measure
from measure import Row

MIB = 2**20


def random_file(path, size_bytes):
    with open(path, "wb") as out:
        for _ in range(size_bytes // MIB):
            out.write(os.urandom(MIB))
    return path


def openssl_mib_per_s():
    command = ["openssl", "speed", "-evp", "sha256", "-seconds", "1", "-bytes", "16384", "-mr"]
    done = subprocess.run(measure.pinned(0, command), check=True, capture_output=True, text=True)
    last = [line for line in done.stdout.splitlines() if line.startswith("+F")][-1]
    return float(last.split(":")[-1]) / MIB


def folder_mib_per_s(world, home, size_bytes):
    shutil.rmtree(home / "state", ignore_errors=True)
    peer = world.begin(home, preexec_fn=measure.on_core(0))
    begun = time.monotonic()
    peer.await_error("folder: sharing")
    took_s = time.monotonic() - begun
    peer.end()
    return size_bytes / MIB / took_s


def hashing(world, quick):
    size_bytes = (64 if quick else 1024) * MIB
    home = world.home("hashing")
    random_file(home / "mogShare" / "large.bin", size_bytes)
    ours, theirs = [], []
    for _ in range(2 if quick else 5):
        theirs.append(openssl_mib_per_s())
        ours.append(folder_mib_per_s(world, home, size_bytes))
    yield Row("hashing the folder", measure.median(ours), "MiB/s", "more", None, measure.spread(ours, 0))
    ratio = measure.median(ours) / measure.median(theirs)
    note = f"openssl {measure.median(theirs):.0f} MiB/s"
    yield Row("hashing the folder / openssl speed sha256", ratio, "ratio", "more", 0.8, note)


class Nginx:
    """Serves one folder with sendfile on a loopback port."""

    def __init__(self, world, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.root = world.root / "nginx"
        self.root.mkdir()
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "\n".join(f"{each}_temp_path {self.root}/{each};" for each in kinds)
        (self.root / "conf").write_text(
            f"daemon off; worker_processes 1; pid {self.root}/pid; error_log {self.root}/error;\n"
            f"{'user root;' if os.geteuid() == 0 else ''}\n"
            f"events {{}}\nhttp {{ access_log off; sendfile on; {temporary}\n"
            f"server {{ listen 127.0.0.1:{self.port}; root {folder}; }} }}\n")
        self.process = subprocess.Popen(["nginx", "-e", f"{self.root}/error", "-c", f"{self.root}/conf"])
        self._await()

    def _await(self):
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError("nginx does not answer: " + (self.root / "error").read_text())

    def fetch_s(self, name, into):
        begun = time.monotonic()
        subprocess.run(["curl", "-sS", "-o", into, f"http://127.0.0.1:{self.port}/{name}"], check=True)
        return time.monotonic() - begun

    def end(self):
        self.process.terminate()
        self.process.wait()


def fetch_once(world, source, home):
    """Seconds from `get 1` to its end, and what the receiver had in memory at most."""
    shutil.rmtree(home, ignore_errors=True)
    world.home(home.name)
    peer = world.peer(home, "--join", source.address, "--json")
    peer.say("wait peers>=1 10s")
    peer.ask("search large.bin", '"search"')
    begun = time.monotonic()
    done = json.loads(peer.ask("get 1", '"done"'))
    took_s = time.monotonic() - begun
    resident = measure.Watched(peer.process.pid).most_resident_mib()
    peer.say("quit")
    peer.result()
    got = pathlib.Path(done["path"])
    harness.check(got.stat().st_size == done["size"], f"size of {got}")
    return took_s, resident


def download(world, quick):
    size_bytes = (64 if quick else 1024) * MIB
    home = world.home("source")
    file = random_file(home / "mogShare" / "large.bin", size_bytes)
    source = world.serve(home)
    rival = Nginx(world, file.parent) if shutil.which("nginx") and shutil.which("curl") else None
    ours, theirs, resident = [], [], []
    for _ in range(2 if quick else 7):
        if rival:
            theirs.append(size_bytes / MIB / rival.fetch_s(file.name, world.root / "by-curl"))
            (world.root / "by-curl").unlink()
        took_s, most = fetch_once(world, source, world.root / "sink")
        ours.append(size_bytes / MIB / took_s)
        resident.append(most)
    uploader = measure.Watched(source.process.pid).most_resident_mib()
    source.end()
    size = f"{size_bytes // MIB} MiB"
    yield Row(f"download of {size}, verified, on disk", measure.median(ours), "MiB/s", "more", None,
              measure.spread(ours, 0))
    if rival:
        rival.end()
        ratio = measure.median(ours) / measure.median(theirs)
        note = f"curl {measure.median(theirs):.0f} MiB/s; " + measure.spread(theirs, 0)
        yield Row("download / nginx to curl -o", ratio, "ratio", "more", 0.6, note)
    yield Row("download: receiver resident at most", max(resident), "MiB", "less", 40)
    yield Row("download: sender resident at most", uploader, "MiB", "less")
