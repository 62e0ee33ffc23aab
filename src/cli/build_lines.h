// What builds logged, line by line: an event of a log ends in a line's end, or holds several lines.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::cli {

/// An event of a build's log.
struct BuildLine {
  std::int64_t timestamp_ms = 0;
  std::string message;
};

/// Without the line's end that events of CodeBuild have.
std::string_view without_line_end(std::string_view message);
/// Each line of the message, without its end.
std::vector<std::string> lines_of(std::string_view message);

/// The lines that tell of a failure: at most `most`, up to and including the first in which
/// CodeBuild says that a command did not exit successfully. Without one those that came last.
std::vector<std::string> lines_of_failure(const std::vector<BuildLine>& log, std::size_t most);

}  // namespace tandem::cli
