#include "services/cloudwatch/model/suppression.h"

namespace tandem::cloudwatch {

Suppression::Then Suppression::release() {
  by_ = By::kNothing;
  const bool act = held_;
  held_ = false;
  return act ? Then::kAct : Then::kNothing;
}

Suppression::Then Suppression::transitioned(bool suppressor_in_alarm, Periods periods,
                                            std::int64_t now_ms) {
  held_ = true;
  if (suppressor_in_alarm) {
    by_ = By::kAlarm;
    return Then::kNothing;
  }
  // "If the composite alarm changes state during the extension period", it goes on.
  if (by_ == By::kExtensionPeriod && until_ms_ > now_ms) return Then::kNothing;
  if (periods.wait_ms <= 0) return release();
  by_ = By::kWaitPeriod;
  until_ms_ = now_ms + periods.wait_ms;
  return Then::kNothing;
}

Suppression::Then Suppression::suppressor_changed(bool in_alarm, Periods periods,
                                                  std::int64_t now_ms) {
  if (in_alarm) {
    by_ = By::kAlarm;
    return Then::kNothing;
  }
  if (by_ != By::kAlarm) return Then::kNothing;
  if (periods.extension_ms <= 0) return release();
  by_ = By::kExtensionPeriod;
  until_ms_ = now_ms + periods.extension_ms;
  return Then::kNothing;
}

Suppression::Then Suppression::at(std::int64_t now_ms) {
  const auto due = due_ms();
  return due && *due <= now_ms ? release() : Then::kNothing;
}

Suppression::Then Suppression::replaced(bool suppressor_in_alarm) {
  if (suppressor_in_alarm) {
    by_ = By::kAlarm;
    return Then::kNothing;
  }
  return release();
}

std::optional<std::int64_t> Suppression::due_ms() const {
  if (by_ != By::kWaitPeriod && by_ != By::kExtensionPeriod) return std::nullopt;
  return until_ms_;
}

Suppression Suppression::restored(By by, bool held, std::int64_t until_ms) {
  Suppression made;
  made.by_ = by;
  made.held_ = held;
  made.until_ms_ = until_ms;
  return made;
}

std::string_view name_of(Suppression::By by) {
  switch (by) {
    case Suppression::By::kWaitPeriod:
      return "WaitPeriod";
    case Suppression::By::kExtensionPeriod:
      return "ExtensionPeriod";
    case Suppression::By::kAlarm:
      return "Alarm";
    case Suppression::By::kNothing:
      break;
  }
  return "";
}

Suppression::By suppression_of(std::string_view name) {
  for (const auto by :
       {Suppression::By::kWaitPeriod, Suppression::By::kExtensionPeriod, Suppression::By::kAlarm}) {
    if (name == name_of(by)) return by;
  }
  return Suppression::By::kNothing;
}

}  // namespace tandem::cloudwatch
