// How alarms write numbers, times and counts into their reasons and histories. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::cloudwatch {

/// As Java writes a double, which is how AWS's reasons show it: "21.0", "1.0E7", "1.5E-4".
std::string number_text(double value);
/// JSON as AWS's own writer has it, numbers like those of number_text().
std::string json_text(const json::value& document);
/// "01/05/26 04:15:00", in UTC.
std::string reason_time(std::int64_t epoch_ms);
/// "2026-05-01T04:15:00.000+0000".
std::string data_time(std::int64_t epoch_ms);
/// "Friday 22 July, 2022 15:57:45 UTC".
std::string long_time(std::int64_t epoch_ms);
/// "1 datapoint", "3 datapoints".
std::string counted(std::size_t count, std::string_view noun);

}  // namespace tandem::cloudwatch
