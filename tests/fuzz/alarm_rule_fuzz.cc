// Any bytes as the rule of a composite alarm, and what it says over alarms of every state.
//
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/json.cc
// sources: src/services/cloudwatch/model/alarm_rule.cc
#include <cstdint>
#include <string>
#include <string_view>

#include "services/cloudwatch/model/alarm_rule.h"

using namespace tandem;              // NOLINT: one file
using namespace tandem::cloudwatch;  // NOLINT: one file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed =
      AlarmRuleExpression::parse({reinterpret_cast<const char*>(data), size});  // NOLINT
  if (!parsed) return 0;
  for (const auto state : {AlarmState::kOk, AlarmState::kAlarm, AlarmState::kInsufficientData}) {
    (void)parsed.value().holds(
        [&](const std::string& name) { return name.size() % 2 == 0 ? state : AlarmState::kOk; });
  }
  return 0;
}
