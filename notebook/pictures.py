"""The two pictures of the notebook."""
import statistics

from matplotlib import pyplot
from matplotlib.ticker import PercentFormatter

COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7"]  # told apart by colour-blind readers, too
NOBODY = "#c0392b"
INK = "#333333"


def _axes(title):
    figure, axes = pyplot.subplots(figsize=(9, 4.2), dpi=110, constrained_layout=True)
    axes.set_title(title, loc="left", fontsize=14, fontweight="bold")
    axes.tick_params(labelsize=11)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def who_answers(traffic, regions, victim):
    """Shares of calls over time, and what happened when."""
    figure, axes = _axes(f"Who answers while {victim} is down")
    down, up = (when for when, _ in traffic.marks)
    last = max(when for when, _ in traffic.calls)
    width = max(last / 50, 20 * last / len(traffic.calls))  # some twenty calls a bar
    edges = [down + width * n for n in range(-int(down / width), int((last - down) / width))]
    bottom = [0.0] * len(edges)
    for name, colour in [*zip(regions, COLOURS), (None, NOBODY)]:
        shares = []
        for edge in edges:
            there = [region for when, region in traffic.calls if edge <= when < edge + width]
            shares.append(there.count(name) / len(there) if there else 0)
        axes.bar([edge - down for edge in edges], shares, width * 0.94, bottom, align="edge",
                 color=colour, label=name or "no answer", zorder=2)
        bottom = [low + share for low, share in zip(bottom, shares)]
    for when, text in traffic.marks:
        axes.axvline(when - down, color=INK, linewidth=1.6, zorder=3)
        axes.annotate(text, (when - down, 1.03), xytext=(4, 0), textcoords="offset points",
                      fontsize=11, color=INK)
    seen = traffic.last_answer(victim, up)
    if seen is not None and seen > down:
        axes.axvline(seen - down, color=INK, linewidth=1.4, linestyle=":", zorder=3)
        axes.annotate("DNS drops it", (seen - down, 1.12), xytext=(4, 0),
                      textcoords="offset points", fontsize=11, color=INK)
    axes.set_ylim(0, 1.2)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_ylabel("share of calls", fontsize=12)
    axes.set_xlabel(f"seconds since {victim} went down", fontsize=12)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=11)
    return figure


def replication_lag(lags, regions):
    """lags: {(from, to): milliseconds of each write}."""
    figure, axes = _axes("How long a write takes to the other region")
    for source, target in lags:
        values = lags[source, target]
        colour = COLOURS[regions.index(source)]
        axes.plot(range(1, len(values) + 1), values, "o", markersize=5, alpha=0.75, color=colour,
                  label=f"{source} to {target}\nmedian {statistics.median(values):.1f} ms, "
                        f"most {max(values):.1f} ms")
        axes.axhline(statistics.median(values), color=colour, linewidth=1.4)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("writes, one after another", fontsize=12)
    axes.set_ylabel("ms until it can be read there", fontsize=12)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=11, labelspacing=1)
    return figure
