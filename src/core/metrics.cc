#include "core/metrics.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "core/check.h"

namespace tandem::core {
namespace {

using Kind = MetricFamily::Kind;

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return "counter";
    case Kind::kGauge:
      return "gauge";
    case Kind::kHistogram:
      return "histogram";
  }
  return "";
}

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

void append_sample(std::string& out, std::string_view name, std::string_view suffix,
                   const MetricFamily::Labels& labels, double value) {
  out += name;
  out += suffix;
  char separator = '{';
  for (const auto& [label, text] : labels) {
    out += separator;
    out += label;
    out += "=\"";
    append_escaped(out, text);
    out += '"';
    separator = ',';
  }
  if (!labels.empty()) out += '}';
  fmt::format_to(std::back_inserter(out), " {}\n", value);
}

void append_histogram(std::string& out, std::string_view name, const MetricFamily::Sample& sample) {
  const Histogram& histogram = sample.histogram;
  MetricFamily::Labels labels = sample.labels;
  labels.emplace_back("le", "");
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < histogram.bounds.size(); ++i) {
    below += histogram.counts[i];
    labels.back().second = fmt::format("{}", histogram.bounds[i]);
    append_sample(out, name, "_bucket", labels, static_cast<double>(below));
  }
  labels.back().second = "+Inf";
  append_sample(out, name, "_bucket", labels, static_cast<double>(histogram.count));
  append_sample(out, name, "_sum", sample.labels, histogram.sum);
  append_sample(out, name, "_count", sample.labels, static_cast<double>(histogram.count));
}

}  // namespace

MetricFamily& MetricSet::family(Kind kind, std::string_view name, std::string_view help) {
  const auto found =
      std::find_if(families_.begin(), families_.end(),
                   [name](const MetricFamily& family) { return family.name() == name; });
  if (found == families_.end()) return families_.emplace_back(kind, name, help);
  CHECK(found->kind() == kind && found->help() == help);
  return *found;
}

MetricFamily& MetricSet::counter(std::string_view name, std::string_view help) {
  return family(Kind::kCounter, name, help);
}

MetricFamily& MetricSet::gauge(std::string_view name, std::string_view help) {
  return family(Kind::kGauge, name, help);
}

MetricFamily& MetricSet::histogram(std::string_view name, std::string_view help) {
  return family(Kind::kHistogram, name, help);
}

MetricSet Metrics::collect() const {
  MetricSet metrics;
  for (const Collector& collector : collectors_) collector(metrics);
  return metrics;
}

std::string prometheus_text(const MetricSet& metrics) {
  std::string out;
  for (const MetricFamily& family : metrics.families()) {
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", family.name(),
                   family.help(), name_of(family.kind()));
    for (const MetricFamily::Sample& sample : family.samples()) {
      if (family.kind() == Kind::kHistogram) {
        append_histogram(out, family.name(), sample);
      } else {
        append_sample(out, family.name(), "", sample.labels, sample.value);
      }
    }
  }
  return out;
}

}  // namespace tandem::core
