"""What a row of the report is, and what can be read of a running process."""

import dataclasses
import os
import pathlib
import statistics

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass
class Row:
    """One figure. `better` says which way is better; `target` is the least or most that it should be, if there is one."""

    name: str
    value: float
    unit: str
    better: str  # "more" or "less"
    target: float | None = None
    note: str = ""

    def met(self):
        if self.target is None:
            return None
        return self.value >= self.target if self.better == "more" else self.value <= self.target


def median(values):
    return statistics.median(values)


def spread(values, digits=2):
    """`median (least … most of n)`, for notes."""
    return f"{min(values):.{digits}f} … {max(values):.{digits}f} of {len(values)}"


class Watched:
    """A running process, seen through /proc."""

    def __init__(self, pid):
        self.folder = pathlib.Path("/proc") / str(pid)

    def cpu_s(self):
        fields = (self.folder / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def _status(self, key, folder=None):
        for line in ((folder or self.folder) / "status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1])
        raise KeyError(key)

    def resident_mib(self):
        return self._status("VmRSS") / 1024

    def most_resident_mib(self):
        return self._status("VmHWM") / 1024

    def voluntary_switches(self):
        return sum(self._status("voluntary_ctxt_switches", each) for each in (self.folder / "task").iterdir())


def _core(number):
    cores = sorted(os.sched_getaffinity(0))
    return cores[number % len(cores)]


def pinned(core, command):
    """The command, to run on one core."""
    return ["taskset", "-c", str(_core(core)), *map(str, command)]


def on_core(core):
    """A `preexec_fn` that puts a process on one core."""
    return lambda: os.sched_setaffinity(0, {_core(core)})
