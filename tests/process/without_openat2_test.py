"""A system that lacks openat2, or forbids it as many containers do: said once, and everything works as before."""

import ctypes
import errno
import os
import struct
import subprocess

import harness
from harness import check, same

OPENAT2 = 437  # on every architecture
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


def refusing_openat2(error):
    """For `preexec_fn`: from here on the system answers openat2 with this error."""
    libc = ctypes.CDLL(None, use_errno=True)

    def refuse():
        rules = b"".join(struct.pack("=HBBI", *each) for each in (
            (0x20, 0, 0, 0),            # load the number of the call
            (0x15, 0, 1, OPENAT2),      # openat2?
            (0x06, 0, 0, ERRNO | error),
            (0x06, 0, 0, ALLOW),
        ))
        kept = ctypes.create_string_buffer(rules, len(rules))
        program = struct.pack("@HP", 4, ctypes.addressof(kept))
        no_new_privileges, set_filter = 38, 22
        if libc.prctl(no_new_privileges, 1, 0, 0, 0) != 0 or libc.prctl(set_filter, 2, program, 0, 0) != 0:
            os._exit(97)
    return refuse


def case_works_all_the_same(world):
    if subprocess.run(["true"], preexec_fn=refusing_openat2(errno.ENOSYS), check=False).returncode == 97:
        raise harness.Skipped("no call can be refused here: CI must be able to filter system calls")
    said = "this system has no openat2"
    for error in (errno.ENOSYS, errno.EPERM):
        without = {"preexec_fn": refusing_openat2(error)}
        home = world.home(f"a{error}", one__txt=b"one")
        (home / "mogShare" / "below").mkdir()
        (home / "mogShare" / "below" / "two.txt").write_bytes(b"two")
        (home / "mogShare" / "link").symlink_to("/etc/passwd")
        a = world.serve(home, **without)
        same(sum(said in line for line in a.errors), 1, f"said once: {a.errors}")
        got = world.home(f"b{error}", harness.QUICK)
        done = world.run("get", "below/two.txt", "--home", got, "--join", a.address, "-v", **without).expect(0, said)
        same((got / "mogShare" / "below" / "two.txt").read_bytes(), b"two", f"{done!r}")
        check("symbolic links are not followed" in "\n".join(a.errors), "links")


def case_not_said_where_it_is_there(world):
    home = world.home("a")
    check("openat2" not in world.script(home, "status", "-v").expect(0).err, "nothing to say")


harness.main(globals())
