#include "services/cloudwatch/model/statistic.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace tandem::cloudwatch {
namespace {

using Kind = Statistic::Kind;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <std::size_t N>
std::optional<Kind> find(const std::array<std::pair<std::string_view, Kind>, N>& words,
                         std::string_view word) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const auto& each) { return each.first == word; });
  return found == words.end() ? std::nullopt : std::optional(found->second);
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "p99.9": up to ten decimals, 0 to 100.
std::optional<double> percent(std::string_view text) {
  constexpr std::size_t kDecimals = 10;
  const std::size_t point = text.find('.');
  if (point != std::string_view::npos && text.size() - point - 1 > kDecimals) return std::nullopt;
  const auto value = number(text);
  if (!value || *value < 0 || *value > 100) return std::nullopt;
  return value;
}

struct Bounds {
  bool relative = true;
  double from = 0;
  double to = 100;
};

/// "10%:90%", "100:200", ":90%", "80:".
std::optional<Bounds> parse_bounds(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.size() == 1) return std::nullopt;
  std::string_view from = text.substr(0, colon);
  std::string_view to = text.substr(colon + 1);
  const bool relative = from.ends_with('%') || to.ends_with('%');
  if (relative) {
    if ((!from.empty() && !from.ends_with('%')) || (!to.empty() && !to.ends_with('%'))) {
      return std::nullopt;
    }
    if (!from.empty()) from.remove_suffix(1);
    if (!to.empty()) to.remove_suffix(1);
  }
  Bounds bounds{relative, relative ? 0 : -kInfinity, relative ? 100 : kInfinity};
  const auto read = [&](std::string_view word, double& into) {
    if (word.empty()) return true;
    const auto value = relative ? percent(word) : number(word);
    if (value) into = *value;
    return value.has_value();
  };
  if (!read(from, bounds.from) || !read(to, bounds.to) || bounds.from > bounds.to) {
    return std::nullopt;
  }
  return bounds;
}

/// The smallest value that so many per cent of all are not above.
double percentile_of(const std::map<double, double>& values, double count, double percentile) {
  const double wanted = count * percentile / 100;
  double seen = 0;
  for (const auto& [value, times] : values) {
    seen += times;
    if (seen >= wanted) return value;
  }
  return values.rbegin()->first;
}

struct Trimmed {
  double count = 0;
  double sum = 0;
};

/// What lies above from and up to to: in per cent of all, by rank, or by value.
Trimmed trim(const std::map<double, double>& values, double all, const Bounds& bounds) {
  Trimmed kept;
  const double first = bounds.relative ? all * bounds.from / 100 : 0;
  const double last = bounds.relative ? all * bounds.to / 100 : all;
  double seen = 0;
  for (const auto& [value, times] : values) {
    double taken = std::max(0.0, std::min(seen + times, last) - std::max(seen, first));
    if (!bounds.relative) taken = value > bounds.from && value <= bounds.to ? times : 0;
    kept.count += taken;
    kept.sum += taken * value;
    seen += times;
  }
  return kept;
}

/// Values outside of the bounds count as the nearest within.
double winsorized_sum(const std::map<double, double>& values, double all, const Bounds& bounds) {
  const double low = bounds.relative ? percentile_of(values, all, bounds.from) : bounds.from;
  const double high = bounds.relative ? percentile_of(values, all, bounds.to) : bounds.to;
  double sum = 0;
  for (const auto& [value, times] : values) sum += times * std::clamp(value, low, high);
  return sum;
}

}  // namespace

std::optional<Statistic> Statistic::parse(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 5> kBasic{
      {{"SampleCount", Kind::kSampleCount},
       {"Sum", Kind::kSum},
       {"Average", Kind::kAverage},
       {"Minimum", Kind::kMinimum},
       {"Maximum", Kind::kMaximum}}};
  static constexpr std::array<std::pair<std::string_view, Kind>, 5> kOfPercent{
      {{"p", Kind::kPercentile},
       {"tm", Kind::kTrimmedMean},
       {"tc", Kind::kTrimmedCount},
       {"ts", Kind::kTrimmedSum},
       {"wm", Kind::kWinsorizedMean}}};
  static constexpr std::array<std::pair<std::string_view, Kind>, 5> kOfBounds{
      {{"TM", Kind::kTrimmedMean},
       {"TC", Kind::kTrimmedCount},
       {"TS", Kind::kTrimmedSum},
       {"WM", Kind::kWinsorizedMean},
       {"PR", Kind::kPercentileRank}}};
  Statistic statistic;
  if (const auto basic = find(kBasic, word)) {
    statistic.kind_ = *basic;
    return statistic;
  }
  if (word == "IQM") word = "TM(25%:75%)";
  const std::size_t open = word.find('(');
  if (open != std::string_view::npos && word.ends_with(')')) {
    const auto kind = find(kOfBounds, word.substr(0, open));
    const auto bounds = parse_bounds(word.substr(open + 1, word.size() - open - 2));
    if (!kind || !bounds) return std::nullopt;
    // A rank is what is asked for: its bounds are values.
    if (*kind == Kind::kPercentileRank && bounds->relative) return std::nullopt;
    statistic.kind_ = *kind;
    statistic.relative_ = bounds->relative;
    statistic.from_ = bounds->from;
    statistic.to_ = bounds->to;
    return statistic;
  }
  const std::size_t letters = word.find_first_of("0123456789");
  if (letters == std::string_view::npos) return std::nullopt;
  const auto kind = find(kOfPercent, word.substr(0, letters));
  const auto value = percent(word.substr(letters));
  if (!kind || !value) return std::nullopt;
  statistic.kind_ = *kind;
  statistic.to_ = *value;
  return statistic;
}

std::optional<double> Statistic::of(const Aggregate& aggregate) const {
  if (aggregate.empty()) return std::nullopt;
  switch (kind_) {
    case Kind::kSampleCount:
      return aggregate.count();
    case Kind::kSum:
      return aggregate.sum();
    case Kind::kAverage:
      return aggregate.average();
    case Kind::kMinimum:
      return aggregate.minimum();
    case Kind::kMaximum:
      return aggregate.maximum();
    default:
      break;
  }
  const auto* values = aggregate.values();
  if (values == nullptr || aggregate.minimum() < 0) return std::nullopt;
  const Bounds bounds{relative_, from_, to_};
  const Trimmed kept = trim(*values, aggregate.count(), bounds);
  switch (kind_) {
    case Kind::kPercentile:
      return percentile_of(*values, aggregate.count(), to_);
    case Kind::kTrimmedMean:
      return kept.count == 0 ? std::nullopt : std::optional(kept.sum / kept.count);
    case Kind::kTrimmedCount:
      return kept.count;
    case Kind::kTrimmedSum:
      return kept.sum;
    case Kind::kWinsorizedMean:
      return winsorized_sum(*values, aggregate.count(), bounds) / aggregate.count();
    default:
      return 100 * kept.count / aggregate.count();
  }
}

}  // namespace tandem::cloudwatch
