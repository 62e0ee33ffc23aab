// When a scheduled action is due: at(…), rate(…) and cron(…) (API Reference, PutScheduledAction).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "services/autoscaling/model/cron.h"
#include "services/autoscaling/model/time_zone.h"

namespace tandem::autoscaling {

class Schedule {
 public:
  enum class Refusal {
    kExpression,  ///< none of the three forms
    kDateTime,    ///< at(…) with what is no time
  };
  struct Reading;
  /// Any bytes.
  static Reading parse(std::string_view text);

  bool once() const { return std::holds_alternative<At>(form_); }
  bool is_rate() const { return std::holds_alternative<Rate>(form_); }
  /// Of a rate, else 0.
  std::int64_t interval_s() const { return is_rate() ? std::get<Rate>(form_).seconds : 0; }

  /// The first moment after this one; nothing when it is never due again. A rate counts from
  /// anchor_s, in intervals of interval_ms (those of the process's clock). Epoch milliseconds.
  std::optional<std::int64_t> next_ms(std::int64_t after_ms, std::int64_t anchor_ms,
                                      std::int64_t interval_ms, const TimeZone& zone) const;

 private:
  struct At {
    std::int64_t local_s = 0;
  };
  struct Rate {
    std::int64_t seconds = 0;
  };
  explicit Schedule(const std::variant<At, Rate, Cron>& form) : form_(form) {}
  static Reading read_at(std::string_view inner);
  static Reading read_rate(std::string_view inner);

  std::variant<At, Rate, Cron> form_;
};

struct Schedule::Reading {
  std::optional<Schedule> schedule;
  Refusal refusal = Refusal::kExpression;  ///< when there is none
};

}  // namespace tandem::autoscaling
