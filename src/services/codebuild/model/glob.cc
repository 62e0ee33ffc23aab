#include "services/codebuild/model/glob.h"

#include <algorithm>

#include "core/text.h"

namespace tandem::codebuild {
namespace {

constexpr std::size_t kPatternBytes = 4'096;
constexpr std::size_t kLevels = 128;
constexpr std::string_view kAnyLevels = "**";

/// Of "[...]" at the pattern's beginning: its end behind the bracket, and whether c is in it.
/// Nothing: the bracket is not closed, and stands for itself.
struct Class {
  std::size_t length;
  bool holds;
};
std::optional<Class> read_class(std::string_view pattern, char c) {
  std::size_t at = 1;
  const bool inverted = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (inverted) ++at;
  bool holds = false;
  for (bool first = true; at < pattern.size(); first = false) {
    if (pattern[at] == ']' && !first) return Class{at + 1, holds != inverted};
    const char low = pattern[at++];
    char high = low;
    if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
      high = pattern[at + 1];
      at += 2;
    }
    holds = holds || (low <= c && c <= high);
  }
  return std::nullopt;
}

/// One step that is not "*": how much of the pattern it took, or nothing when c is not meant.
std::optional<std::size_t> step(std::string_view pattern, char c) {
  switch (pattern.front()) {
    case '?':
      return 1;
    case '[':
      if (const auto found = read_class(pattern, c)) {
        return found->holds ? std::optional(found->length) : std::nullopt;
      }
      break;
    case '\\':
      if (pattern.size() > 1) {
        return pattern[1] == c ? std::optional<std::size_t>(2) : std::nullopt;
      }
      break;
    default:
      break;
  }
  return pattern.front() == c ? std::optional<std::size_t>(1) : std::nullopt;
}

std::vector<std::string_view> names_of(std::string_view path) {
  return path.empty() ? std::vector<std::string_view>() : core::split(path, '/');
}

/// Which positions of the pattern may come next when these are: "**" may stand for nothing.
void close_over(const std::vector<std::string>& names, std::vector<bool>& at) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (at[i] && names[i] == kAnyLevels) at[i + 1] = true;
  }
}

/// The positions after all of the path's names: time is levels of the pattern by those of the path,
/// however many "**" there are.
std::vector<bool> walk(const std::vector<std::string>& names,
                       const std::vector<std::string_view>& path) {
  std::vector<bool> at(names.size() + 1, false);
  at[0] = true;
  close_over(names, at);
  for (const std::string_view name : path) {
    std::vector<bool> next(names.size() + 1, false);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!at[i]) continue;
      if (names[i] == kAnyLevels) {
        next[i] = true;
      } else if (name_matches(names[i], name)) {
        next[i + 1] = true;
      }
    }
    close_over(names, next);
    at = std::move(next);
  }
  return at;
}

}  // namespace

bool name_matches(std::string_view pattern, std::string_view name) {
  // Where to go back to: the last "*", and how much of the name it has taken so far.
  std::optional<std::pair<std::size_t, std::size_t>> star;
  std::size_t p = 0;
  std::size_t n = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = {p++, n};
      continue;
    }
    const auto taken =
        p < pattern.size() ? step(pattern.substr(p), name[n]) : std::optional<std::size_t>();
    if (taken) {
      p += *taken;
      ++n;
    } else if (star) {
      p = star->first + 1;
      n = ++star->second;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<Glob> Glob::parse(std::string_view pattern) {
  if (pattern.size() > kPatternBytes || pattern.find('\0') != std::string_view::npos ||
      pattern.starts_with('/')) {
    return std::nullopt;
  }
  Glob glob;
  for (const std::string_view name : core::split(pattern, '/')) {
    if (name == "..") return std::nullopt;
    if (name.empty() || name == ".") continue;
    // "**/**" means no more than "**".
    if (name == kAnyLevels && !glob.names_.empty() && glob.names_.back() == kAnyLevels) continue;
    glob.names_.emplace_back(name);
  }
  if (glob.names_.size() > kLevels) return std::nullopt;
  return glob;
}

bool Glob::matches(std::string_view path) const { return walk(names_, names_of(path)).back(); }

bool Glob::may_match_below(std::string_view folder) const {
  const std::vector<bool> at = walk(names_, names_of(folder));
  return std::any_of(at.begin(), at.end() - 1, [](bool possible) { return possible; });
}

bool Glob::is_plain() const {
  return std::all_of(names_.begin(), names_.end(), [](const std::string& name) {
    return name.find_first_of("*?[\\") == std::string::npos;
  });
}

}  // namespace tandem::codebuild
