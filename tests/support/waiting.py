"""Waiting for a condition: the only place in the tests that lets time pass."""
import time


def wait_for(condition, timeout=30.0, what="the condition"):
    """Returns the first truthy value of condition(); fails after timeout seconds. It asks less often the longer it
    waits, since asking takes from what is waited for."""
    begin = time.monotonic()
    deadline = begin + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come about within {timeout} s")
        time.sleep(min(0.2, max(0.02, (time.monotonic() - begin) / 20)))


def pace(start, index, rate):
    """Holds a load generator to rate events a second, counted from start (time.monotonic())."""
    due = start + index / rate
    now = time.monotonic()
    if due > now:
        time.sleep(due - now)


def hurried_sleep(seconds):
    """For a client that polls at a pace made for AWS: a hundredth of the pause it asks for."""
    time.sleep(seconds / 100)
