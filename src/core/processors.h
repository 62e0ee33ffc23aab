// What the machine's processors do, as the kernel counts it (proc_stat(5)).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::core {

/// Since the machine started, all processors together. In ticks, 100 a second and processor.
struct ProcessorTimes {
  std::int64_t idle = 0;  ///< with what waits for disks
  std::int64_t all = 0;
};

/// Nothing where the kernel does not say.
std::optional<ProcessorTimes> read_processor_times();
/// Of the text of /proc/stat.
std::optional<ProcessorTimes> parse_processor_times(std::string_view text);

/// At least 1.
std::size_t processors();

}  // namespace tandem::core
