"""What the load generators print, read and judged. No figure comes from a run with errors in it."""
import re

# A datagram may be lost on a busy machine's loopback too (a socket's buffer is full): that is said
# beside the figure, and more than this share of lost ones makes it no figure.
LOST_SHARE = 1e-4


def number(pattern, out):
    found = re.search(pattern, out)
    if found is None:
        raise SystemExit(f"no {pattern!r} in what was printed:\n{out}")
    return float(found.group(1))


def dnsperf(out):
    """(answers a second, queries lost, queries sent) of what dnsperf prints."""
    sent, lost = number(r"Queries sent:\s+(\d+)", out), number(r"Queries lost:\s+(\d+) ", out)
    if sent == 0 or lost > LOST_SHARE * sent:
        raise SystemExit(f"{lost:.0f} of {sent:.0f} queries were lost, which is too many for a figure:\n"
                         f"{out}")
    codes = re.search(r"Response codes:\s+(.*)", out).group(1)
    if not re.fullmatch(r"NOERROR \d+ \(100\.00%\)\s*", codes):
        raise SystemExit(f"queries were answered with errors: {codes}\n{out}")
    return number(r"Queries per second:\s+([\d.]+)", out), int(lost), int(sent)


def wrk(out):
    """(requests a second, p50 ms, p99 ms) of what wrk --latency prints."""
    if "Non-2xx" in out:
        raise SystemExit(f"errors were answered:\n{out}")
    unit = {"us": 1e-3, "ms": 1.0, "s": 1e3}

    def latency(percent):
        value, scale = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(value) * unit[scale]
    return number(r"Requests/sec:\s+([\d.]+)", out), latency(50), latency(99)
