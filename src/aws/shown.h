// What a message shows of what was sent.
#pragma once

#include <string>
#include <string_view>

namespace tandem::aws {

/// Messages repeat what was wrong, which may be megabytes, and ten times over. Nothing that AWS
/// takes is anywhere near as long as this.
inline constexpr std::size_t kMostShown = 4096;

/// The text, or its beginning and "...", cut between two characters.
inline std::string shown(std::string_view text, std::size_t most = kMostShown) {
  if (text.size() <= most) return std::string(text);
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)).append("...");
}

}  // namespace tandem::aws
