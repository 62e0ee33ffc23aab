// AWS's time on top of the clock: at `clock: 20x` what one waits for on AWS comes twenty times as
// soon. What is scaled and what is not is one table, docs/clock.md.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>

namespace tandem::core {

class Pace {
 public:
  /// speed > 0: how many seconds of AWS pass in one of the clock's.
  constexpr explicit Pace(double speed = 1.0) : speed_(speed) {}
  double speed() const { return speed_; }

  /// How long something takes here that takes that long on AWS.
  template <class Rep, class Period>
  std::chrono::duration<Rep, Period> of(std::chrono::duration<Rep, Period> on_aws) const {
    if (speed_ == 1.0) return on_aws;
    const double here = std::round(static_cast<double>(on_aws.count()) / speed_);
    return std::chrono::duration<Rep, Period>(static_cast<Rep>(here));
  }

 private:
  double speed_;
};

}  // namespace tandem::core
