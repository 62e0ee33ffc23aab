"""Tandem's processes by their pids: killed, frozen, and waited for until the kernel says that it is so."""
import os
import signal

from tests.support.waiting import wait_for


def pid_of(world, name):
    return int((world.folder / ".tandem" / name / "pid").read_text().split()[0])


def state_of(pid):
    """As the kernel abbreviates it: "T" is stopped, "Z" ended; empty when there is none."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


def alive(pid):
    """A killed process holds its files until its last thread has ended: its first may be a zombie before."""
    try:
        return state_of(pid) not in ("", "Z") or len(os.listdir(f"/proc/{pid}/task")) > 1
    except FileNotFoundError:
        return False


def kill(world, *names):
    """kill -9 of all of them at once; they are gone when this returns."""
    pids = [pid_of(world, name) for name in names]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(alive(pid) for pid in pids), what="the end of the killed")


def freeze(world, name):
    pid = pid_of(world, name)
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: state_of(pid) == "T", what="the freeze")
    return pid


def thaw(pid):
    os.kill(pid, signal.SIGCONT)
