// What PutMetricData is given, checked (API reference, "PutMetricData", "MetricDatum"). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "services/cloudwatch/model/aggregate.h"

namespace tandem::cloudwatch {

/// A stream of values: Region and account aside, what tells one metric from another; each unit is a
/// stream of its own.
struct Metric {
  std::string name_space;
  std::string name;
  std::vector<std::pair<std::string, std::string>> dimensions;  ///< by name, each once
  auto operator<=>(const Metric&) const = default;
};

struct Datum {
  Metric metric;
  std::string unit = "None";
  std::int64_t time_s = 0;  ///< epoch seconds
  int resolution_s = 60;    ///< 1 or 60
  Aggregate values;
};

/// Who puts: AWS's own namespaces are its services'.
enum class Sender { kUser, kRoute53 };

/// All or none. now_s: when it arrives. Throws ApiError.
std::vector<Datum> read_metric_data(const json::object& input, std::int64_t now_s,
                                    Sender sender = Sender::kUser);

/// "Dimensions" of an input: the set, in the order of names. path: what is before them in texts
/// ("MetricData.member.1."). Throws ApiError.
std::vector<std::pair<std::string, std::string>> read_dimensions(const json::object& in,
                                                                 const std::string& path);

}  // namespace tandem::cloudwatch
