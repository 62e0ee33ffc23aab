#include "core/processors.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

#include "core/text.h"

namespace tandem::core {
namespace {

/// The line's columns that count: the later ones (guest, guest_nice) are in the earlier.
constexpr std::size_t kColumns = 8;
constexpr std::size_t kIdle = 3;
constexpr std::size_t kWaitsForDisks = 4;

}  // namespace

std::optional<ProcessorTimes> parse_processor_times(std::string_view text) {
  constexpr std::string_view kAll = "cpu ";
  if (!text.starts_with(kAll)) return std::nullopt;
  text = text.substr(0, text.find('\n'));
  text.remove_prefix(kAll.size());
  ProcessorTimes times;
  for (std::size_t column = 0; column < kColumns; ++column) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::string_view word = text.substr(0, text.find(' '));
    const std::optional<std::int64_t> ticks = parse_int(word);
    if (!ticks) return std::nullopt;
    text.remove_prefix(word.size());
    times.all += *ticks;
    if (column == kIdle || column == kWaitsForDisks) times.idle += *ticks;
  }
  return times;
}

std::optional<ProcessorTimes> read_processor_times() {
  std::ifstream file("/proc/stat");
  std::string line;
  std::getline(file, line);
  return parse_processor_times(line);
}

std::size_t processors() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace tandem::core
