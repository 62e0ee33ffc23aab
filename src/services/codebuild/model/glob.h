// The paths that a buildspec's artifacts name: "dist/*", "**/*", "out/app-?.zip", "[ab]*".
//
// Pure. What is matched are paths with "/" between names, without "." and "..".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::codebuild {

/// A pattern, compiled: names that may each have wildcards of one level, and "**", which stands for
/// any number of levels.
class Glob {
 public:
  /// "./" in front, empty names and "." are let fall. Nothing when the pattern leaves its folder or
  /// is longer or deeper than any path.
  static std::optional<Glob> parse(std::string_view pattern);

  bool matches(std::string_view path) const;
  /// Whether something below the folder could match: what cannot is not looked into.
  bool may_match_below(std::string_view folder) const;
  /// Without wildcards: one path at most.
  bool is_plain() const;

 private:
  std::vector<std::string> names_;
};

/// One name against one pattern of a level: * ? [abc] [!a-z] and \ before a character.
bool name_matches(std::string_view pattern, std::string_view name);

}  // namespace tandem::codebuild
