// Whether a composite alarm's actions wait for its suppressor (User Guide, "Composite alarm action
// suppression"). A state machine without a clock: whoever has one says what time it is. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::cloudwatch {

class Suppression {
 public:
  enum class By { kNothing, kWaitPeriod, kExtensionPeriod, kAlarm };
  struct Periods {
    std::int64_t wait_ms = 0;
    std::int64_t extension_ms = 0;
  };
  /// kAct: the actions of the state the composite alarm is in now.
  enum class Then { kNothing, kAct };

  /// The composite alarm went over into another state. kAct: nothing suppresses its actions.
  Then transitioned(bool suppressor_in_alarm, Periods periods, std::int64_t now_ms);
  /// The suppressor went into ALARM, or out of it.
  Then suppressor_changed(bool in_alarm, Periods periods, std::int64_t now_ms);
  /// A period may have ended.
  Then at(std::int64_t now_ms);
  /// Another suppressor, or none: what its predecessor's periods held back is due.
  Then replaced(bool suppressor_in_alarm);

  By by() const { return by_; }
  /// When at() has something to do.
  std::optional<std::int64_t> due_ms() const;

  /// For records.
  bool held() const { return held_; }
  static Suppression restored(By by, bool held, std::int64_t until_ms);

 private:
  Then release();

  By by_ = By::kNothing;
  bool held_ = false;  ///< a transition whose actions have not been taken
  std::int64_t until_ms_ = 0;
};

/// "WaitPeriod", "ExtensionPeriod", "Alarm"; empty for kNothing.
std::string_view name_of(Suppression::By by);
Suppression::By suppression_of(std::string_view name);

}  // namespace tandem::cloudwatch
