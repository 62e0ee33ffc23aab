// Metric math: any text ends in an expression or in a refusal, and any expression over a few series
// in a value or in a refusal, within its budget; series stay in order and finite. Statistics' names
// are the same text.
//
// sources: src/services/cloudwatch/model/math_*.cc src/services/cloudwatch/model/statistic.cc
// sources: src/core/aggregate.cc
// libraries: -lfmt
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "services/cloudwatch/model/math_value.h"
#include "services/cloudwatch/model/statistic.h"

namespace {

using namespace tandem::cloudwatch;  // NOLINT: one file

void require(bool holds) {
  if (!holds) std::abort();
}

void look_at(const math::Series& series) {
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    require(std::isfinite(series.points[i].value));
    require(i == 0 || series.points[i - 1].time_s < series.points[i].time_s);
  }
}

void evaluate(const math::Node& node) {
  const math::Series one{"one", 60, {{0, 1}, {60, -2}, {180, 4}}};
  const math::Series two{"two", 60, {{60, 0}, {120, 1e300}}};
  const std::map<std::string, math::Value, std::less<>> values{
      {"a", one}, {"b", two}, {"c", math::Array{one, two}}, {"d", math::Series{"d", 300, {}}}};
  math::Context context{0, 300, 60, &values, {{"a", &one}, {"b", &two}}, 200'000};
  try {
    const math::Value value = math::evaluate(node, context);
    if (const auto* series = std::get_if<math::Series>(&value)) look_at(*series);
    if (const auto* number = std::get_if<double>(&value)) require(std::isfinite(*number));
    if (const auto* array = std::get_if<math::Array>(&value)) {
      for (const math::Series& each : *array) look_at(each);
    }
  } catch (const math::MathError& error) {
    require(!error.message.empty());
  }
}

void ask_statistic(std::string_view word) {
  const auto statistic = Statistic::parse(word);
  if (!statistic) return;
  Aggregate aggregate = Aggregate::of(3, 2);
  aggregate.add(Aggregate::of(7));
  const auto value = statistic->of(aggregate);
  require(!value || std::isfinite(*value));
  require(!statistic->of(Aggregate()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ask_statistic(text);
  // "The expression has at most 2,048 characters": the frame sees to it.
  if (text.size() > 2'048) return 0;
  try {
    const auto node = math::parse(text);
    math::names_in(*node);
    evaluate(*node);
  } catch (const math::SyntaxError& error) {
    require(!error.message.empty());
  }
  return 0;
}
