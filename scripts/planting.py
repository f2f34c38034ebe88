"""Small patches that plant a fault, and copies of the working tree to plant them in: scripts/mutate and scripts/fuzz."""

import re
import shutil
import subprocess


class Fault(Exception):
    pass


class Patch:
    """A diff of one file, after lines `Key: value` of which `keys` must be there."""

    def __init__(self, path, keys):
        text = path.read_text(encoding="utf-8")
        self.name = path.stem
        head, _, diff = text.partition("--- ")
        self.told = dict(re.findall(r"^(\w+): (.+)$", head, re.MULTILINE))
        missing = [key for key in keys if key not in self.told]
        if missing:
            raise Fault(f"{self.name}: no line '{missing[0]}: '")
        self.file, self.changes = self.parse(diff)

    def parse(self, diff):
        """The one file that is changed, and its pieces as they were and as they become."""
        lines = diff.rstrip("\n").split("\n")
        if len(lines) < 3 or not lines[0].startswith("a/") or lines[1] != "+++ b/" + lines[0][2:]:
            raise Fault(f"{self.name}: no diff of one file, a/PATH and b/PATH")
        pieces = []
        for line in lines[2:]:
            if line.startswith("@@"):
                pieces.append(([], []))
            elif not pieces or line[:1] not in (" ", "-", "+"):
                raise Fault(f"{self.name}: '{line}' is no line of a diff")
            else:
                for side, sign in ((0, "-"), (1, "+")):
                    if line[0] in (" ", sign):
                        pieces[-1][side].append(line[1:] + "\n")
        return lines[0][2:], pieces

    def applied(self, source):
        """The source with the fault in it. What is changed must stand there once, wherever it has moved to."""
        lines = re.findall(r"[^\n]*\n", source)
        for old, new in self.changes:
            places = [at for at in range(len(lines) - len(old) + 1) if lines[at:at + len(old)] == old]
            if len(places) != 1:
                raise Fault(f"{self.name}: what it changes stands {len(places)} times in {self.file}")
            lines[places[0]:places[0] + len(old)] = new
        return "".join(lines)

    def faults(self, root):
        """What is wrong with it in this tree."""
        try:
            source = (root / self.file).read_text(encoding="utf-8")
            if self.applied(source) == source:
                yield f"{self.name}: it changes nothing"
        except OSError:
            yield f"{self.name}: there is no file {self.file}"
        except Fault as fault:
            yield str(fault)


def patches_in(folder, make):
    """All patches of a folder, by name, and what is wrong with those that cannot be read."""
    found, faults = [], []
    for path in sorted(folder.glob("*.patch")):
        try:
            found.append(make(path))
        except Fault as fault:
            faults.append(str(fault))
    return found, faults


def copy_tree(root, tree):
    """The working tree without what git ignores. What is the same already keeps its time, and with it what was built from it."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                            check=True, capture_output=True, text=True).stdout.split("\0")
    wanted = {name for name in listed if name and (root / name).is_file()}
    for path in [path for path in tree.rglob("*") if path.is_file()]:
        name = str(path.relative_to(tree))
        if not name.startswith("build/") and name not in wanted:
            path.unlink()
    for name in wanted:
        source, copied = root / name, tree / name
        if copied.is_file() and copied.read_bytes() == source.read_bytes():
            continue
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copied)
