#include "cli/build_lines.h"

#include <algorithm>

namespace tandem::cli {
namespace {

/// CodeBuild's sentence: "[Container] 2024/01/01 00:00:00.000000 Command did not exit successfully
/// make exit status 2".
bool tells_of_failure(std::string_view line) {
  return line.starts_with("[Container] ") &&
         line.find(" Command did not exit successfully ") != std::string_view::npos;
}

}  // namespace

std::string_view without_line_end(std::string_view message) {
  if (message.ends_with('\n')) message.remove_suffix(1);
  if (message.ends_with('\r')) message.remove_suffix(1);
  return message;
}

std::vector<std::string> lines_of(std::string_view message) {
  std::vector<std::string> lines;
  message = without_line_end(message);
  for (;;) {
    const std::size_t end = message.find('\n');
    lines.emplace_back(without_line_end(message.substr(0, end)));
    if (end == std::string_view::npos) return lines;
    message.remove_prefix(end + 1);
  }
}

std::vector<std::string> lines_of_failure(const std::vector<BuildLine>& log, std::size_t most) {
  std::vector<std::string> lines;
  for (const BuildLine& event : log) {
    for (std::string& line : lines_of(event.message)) lines.push_back(std::move(line));
  }
  // What comes after it (POST_BUILD, uploads) would push out what the command itself has said.
  const auto failure = std::ranges::find_if(lines, tells_of_failure);
  if (failure != lines.end()) lines.erase(failure + 1, lines.end());
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<long>(most));
  return lines;
}

}  // namespace tandem::cli
