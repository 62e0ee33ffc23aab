// CHECK states an invariant of the program, on in release builds too. It is never for bad input:
// input that is wrong gets an error, a broken invariant ends the process before it loses data.
#pragma once

#include <string_view>

namespace tandem::core {

/// Writes where and what to standard error and aborts.
[[noreturn]] void check_failed(std::string_view condition, std::string_view file, int line);

}  // namespace tandem::core

#define CHECK(condition)                               \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::tandem::core::check_failed(#condition, __FILE__, __LINE__))
