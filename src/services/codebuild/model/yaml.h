// YAML as buildspecs need it: scalars stay the texts they were written as ("0.2", "yes", 012), maps
// keep their order, every node knows its line. Anchors, aliases and merge keys work, and what they
// stand for counts against the bounds, so that a document made to explode does not.
//
// Not cloudformation's: there aliases are refused, scalars are typed and tags are functions.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::codebuild {

struct YamlMember;

struct YamlNode {
  enum class Kind { kNull, kText, kList, kMap };
  Kind kind = Kind::kNull;
  int line = 1;  ///< from 1
  std::string text;
  std::vector<YamlNode> items;
  std::vector<YamlMember> members;

  /// Null when there is no such member, or nothing in it. Of two of one name the last one.
  const YamlNode* find(std::string_view name) const;
};

struct YamlMember {
  std::string name;
  YamlNode value;
};

struct YamlError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct YamlBounds {
  std::size_t depth = 32;
  std::size_t nodes = 20'000;
  std::size_t bytes = 1024 * 1024;  ///< of the text, and of all scalars
};

/// The first document. Throws YamlError.
YamlNode parse_yaml(std::string_view text, const YamlBounds& bounds = {});

}  // namespace tandem::codebuild
