"""A program that believes it talks to a person."""

import fcntl
import os
import pty
import subprocess
import termios
import threading

import harness


class Terminal:
    """The program with a terminal of its own as input, output and /dev/tty; what it shows is read as it is awaited."""

    def __init__(self, world, *arguments, **more_env):
        self.master, other = pty.openpty()
        command = [harness.MOGSHARE, *map(str, arguments)]
        env = {**world.env, "TERM": "xterm", **more_env}
        self.process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=env, cwd=world.root,
                                        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(other)
        world.peers.append(self)
        self.shown = ""
        self.read_to = 0

    def await_text(self, text, limit_s=harness.LIMIT_S):
        """Reads until `text` has been shown after what was awaited before."""
        timer = threading.Timer(limit_s, self.process.kill)
        timer.start()
        try:
            while text not in self.shown[self.read_to:]:
                self.shown += os.read(self.master, 65536).decode(errors="replace")
        except OSError:
            raise harness.Failed(f"{text!r} was not shown; all that was:\n{self.shown}") from None
        finally:
            timer.cancel()
        self.read_to = self.shown.index(text, self.read_to) + len(text)

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def type(self, line):
        os.write(self.master, (line + "\n").encode())

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
