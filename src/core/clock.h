// Time as the code sees it. Everything that needs time takes a Clock, so that a test or the
// simulator can say what time it is.
#pragma once

#include <cstdint>
#include <string>

namespace tandem::core {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall clock, microseconds since the Unix epoch. May step.
  virtual std::int64_t now_us() const = 0;
  /// Never steps back; only differences mean anything. Nanoseconds.
  virtual std::int64_t steady_ns() const = 0;

  std::int64_t now_ms() const { return now_us() / 1000; }
  std::int64_t now_s() const { return now_us() / 1'000'000; }
  /// Epoch seconds with millisecond fraction: the form of timestamps in documents.
  double now_seconds() const { return static_cast<double>(now_ms()) / 1000.0; }
};

class SystemClock final : public Clock {
 public:
  std::int64_t now_us() const override;
  std::int64_t steady_ns() const override;
};

/// Stands still until told to move.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t now_us = 1'700'000'000'000'000) : now_us_(now_us) {}
  std::int64_t now_us() const override { return now_us_; }
  std::int64_t steady_ns() const override { return now_us_ * 1000; }
  void advance_ms(std::int64_t ms) { now_us_ += ms * 1000; }

 private:
  std::int64_t now_us_;
};

/// "2026-11-24T06:31:00.123Z", milliseconds always shown.
std::string iso8601_ms(std::int64_t epoch_ms);
/// "2026-11-24T06:31:00Z".
std::string iso8601_s(std::int64_t epoch_s);
/// "Tue, 24 Nov 2026 06:31:00 GMT" (RFC 9110 §5.6.7).
std::string http_date(std::int64_t epoch_s);

}  // namespace tandem::core
