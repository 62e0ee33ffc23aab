// The process's log: one line an event on standard error. Never give it a secret: API keys,
// tokens, private keys and NoEcho values have no place in a message.
#pragma once

#include <fmt/format.h>
#include <string_view>

namespace tandem::log {

enum class Level { kDebug, kInfo, kWarning, kError };

/// Lines below level are dropped. The default is kInfo.
void set_level(Level level);
void write(Level level, std::string_view message);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace tandem::log
