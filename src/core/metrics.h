// The metrics of a process, one registry of them. Whoever counts something describes it as values
// when it is asked; a rendering (Prometheus' text now) is written once over these values.
//
// Names and units as Prometheus has them ("Metric and label naming"): base units, a counter ends in
// _total. docs/metrics.md lists every family.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::core {

/// A distribution: how many values lay in each bucket.
struct Histogram {
  std::vector<double> bounds;         ///< upper ones, ascending
  std::vector<std::uint64_t> counts;  ///< of each bound's bucket alone, not cumulative
  double sum = 0;
  std::uint64_t count = 0;  ///< of all values, those above the last bound too
};

/// One metric: its samples differ in their labels.
class MetricFamily {
 public:
  enum class Kind : std::uint8_t { kCounter, kGauge, kHistogram };
  using Labels = std::vector<std::pair<std::string_view, std::string>>;
  struct Sample {
    Labels labels;
    double value = 0;
    Histogram histogram;  ///< of kHistogram, instead of value
  };

  MetricFamily(Kind kind, std::string_view name, std::string_view help)
      : kind_(kind), name_(name), help_(help) {}

  /// Any arithmetic type: beyond 2^53 the last digits are lost, as they are in Prometheus.
  template <typename Number>
  void add(Number value, Labels labels = {}) {
    samples_.push_back({std::move(labels), static_cast<double>(value), {}});
  }
  void add(Histogram histogram, Labels labels = {}) {
    samples_.push_back({std::move(labels), 0, std::move(histogram)});
  }

  Kind kind() const { return kind_; }
  std::string_view name() const { return name_; }
  std::string_view help() const { return help_; }
  const std::vector<Sample>& samples() const { return samples_; }

 private:
  Kind kind_;
  std::string_view name_;
  std::string_view help_;
  std::vector<Sample> samples_;
};

/// What was collected at one time. References into it stay valid while it lives.
class MetricSet {
 public:
  /// The family of this name, which several may add to: all of them must mean the same (CHECK).
  /// name, help and the labels' names are literals.
  MetricFamily& counter(std::string_view name, std::string_view help);
  MetricFamily& gauge(std::string_view name, std::string_view help);
  MetricFamily& histogram(std::string_view name, std::string_view help);

  /// In the order in which they were described.
  const std::deque<MetricFamily>& families() const { return families_; }

 private:
  MetricFamily& family(MetricFamily::Kind kind, std::string_view name, std::string_view help);

  std::deque<MetricFamily> families_;
};

class Metrics {
 public:
  /// Adds what there is to tell now. Must not throw.
  using Collector = std::function<void(MetricSet& metrics)>;
  void add(Collector collector) { collectors_.push_back(std::move(collector)); }
  MetricSet collect() const;

 private:
  std::vector<Collector> collectors_;
};

/// The text format, version 0.0.4 (Prometheus' documentation, "Exposition formats").
std::string prometheus_text(const MetricSet& metrics);

}  // namespace tandem::core
