"""Names that no file should have: in the own folder they are not shared, from others they are not believed."""

import contextlib
import os
import struct

import harness
from forger import Forger
from harness import check, same

DATA = b"the real content"


def is_printable(text):
    return all(each.isprintable() or each == "\n" for each in text)


def case_in_the_folder(world):
    """Each is skipped with its reason, and said without a control character; the rest is shared."""
    home = world.home("a")
    folder = os.fsencode(home / "mogShare")

    def put(name):
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(name)

    fine = [b"fine", b"m" * 240, "Música ☕.ogg".encode(), b"/".join([b"d"] * 15 + [b"deep"]), b"%s%n -rf $(x) `x`"]
    refused = {
        b"latin \xe9.txt": "not UTF-8", b"half \xe2\x98.txt": "not UTF-8", b"surrogate \xed\xa0\x80": "not UTF-8",
        b"line\nfeed": "control character", b"esc \x1b[2J\x1b]0;x\x07": "control character",
        "c1 \u009b2J".encode(): "control character", b"back\\slash": "control character", b"que?tion": "control character",
        b"n" * 241: "over 240", b"n" * 255: "over 240", b"/".join([b"d"] * 16 + [b"f"]): "more than 16",
        b"con": "device name", b"Aux.txt": "device name", "com\u00b9.txt".encode(): "device name",
        b"dot.": "ends with a dot or a space", b"space ": "ends with a dot or a space",
    }
    silent = [b".hidden", b"..more", b".dir/inside"]
    deep = b"/".join([b"t"] * 20 + [b"f"])
    for name in [*fine, *refused, *silent, deep]:
        put(name)
    done = world.script(home, "wait hashed; rescan; shares").expect(0)
    check(f"{len(fine)} files" in done.out, f"{done!r}")
    check(is_printable(done.out + done.err), f"control characters: {done!r}")
    said = [line for line in done.out.splitlines() if "not shared" in line or ": " in line]
    for name, reason in refused.items():
        start = name.split(b"/")[-1].decode("ascii", "ignore")[:3].split("\n")[0]
        check(any(start in line and reason in line for line in said), f"{name!r} is said with {reason!r}: {done.out}")
    check("inside" not in done.out and "..more" not in done.out, "hidden ones are not mentioned")


class NamedForger(Forger):
    """Answers every search with these names for one content, which it serves."""

    def __init__(self, names):
        super().__init__("", DATA)
        self.names, self.served = names, DATA

    def entries(self):
        size = struct.pack(">Q", self.size)
        return [struct.pack(">H", len(name)) + name + size + self.content + size for name in self.names]


BAD_NAMES = [
    b"../precious", b"../../precious", b"a/../../precious", b"..", b"/precious", b"//precious", b"/tmp/precious",
    b"a//precious", b"a/precious/", b"./precious", b"a/./precious", b".precious", b"a/.precious", b"~/../precious/..",
    b"precious\0.txt", b"precious\n", b"\x1b[2Jprecious", b"precious\x7f", b"precious\xff", b"precious \xc3",
    b"precious" + b"n" * 233, b"d/" * 16 + b"precious", b"p/" * 508 + b"precious", b"C:precious", b"a\\..\\precious", b"NUL/precious",
    b"precious|", b"",
]


def all_files(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def case_from_a_stranger(world):
    """An answer with such names alone is refused; beside a fit one they are left out, and nothing lands but that."""
    with contextlib.closing(NamedForger(BAD_NAMES)) as liar:
        home = world.home("a", harness.QUICK)
        done = world.script(home, "search precious; stats", "--join", liar.address)
        done.expect_error(3, "nothing found")
        same(list((home / "mogShare").iterdir()), [], "the folder")
    with contextlib.closing(NamedForger([*BAD_NAMES, b"sub/precious"])) as liar:
        home = world.home("b", harness.QUICK)
        before = all_files(world.root)
        b = world.peer(home, "--join", liar.address)
        b.say("search precious", "results", "get 1", "wait transfers", "stats")
        b.await_line("uploads_refused")
        ended = b.result().expect(0)
        check(is_printable(ended.out + ended.err), f"control characters: {ended!r}")
        landed = [each for each in all_files(world.root) if each not in before and not each.startswith("b/state/")]
        same(landed, ["b/mogShare/sub/precious"], "what was written")
        same((home / "mogShare" / "sub" / "precious").read_bytes(), DATA, "bytes")


def case_a_link_in_the_way(world):
    """A folder of the name that is a symbolic link here is not followed out: the download fails, and is kept."""
    outside = world.root / "outside"
    outside.mkdir()
    a = world.home("a")
    (a / "mogShare" / "sub").mkdir()
    (a / "mogShare" / "sub" / "file").write_bytes(DATA)
    source = world.serve(a)
    home = world.home("b", harness.QUICK)
    (home / "mogShare" / "sub").symlink_to(outside)
    failed = world.run("get", "sub/file", "--home", home, "--join", source.address)
    failed.expect_error(1, "symbolic link", "what was fetched is kept")
    same(list(outside.iterdir()), [], "outside of the folder")
    (home / "mogShare" / "sub").unlink()
    world.run("get", "sub/file", "--home", home, "--join", source.address).expect(0)
    same((home / "mogShare" / "sub" / "file").read_bytes(), DATA, "bytes")


harness.main(globals())
