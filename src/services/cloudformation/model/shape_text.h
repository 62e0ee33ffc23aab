// Shapes for tests, written down in a small language instead of a schema:
//
//   TableName^ : string;  KeySchema!^ : [{AttributeName! : string; KeyType! : string}];  -SSE
//
// '!' required, '^' create-only, a leading '-' refused. Types: string, integer, number, boolean,
// json (anything), map (of strings), [list], {object}.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "core/check.h"
#include "services/cloudformation/model/shape.h"

namespace tandem::cloudformation {

class ShapeParser {
 public:
  explicit ShapeParser(std::string_view text) : rest_(text) {}

  Shape members(char end) {
    Shape shape;
    shape.kind = Shape::Kind::kObject;
    for (skip(); !rest_.empty() && rest_.front() != end; skip()) {
      if (!take(';')) shape.members.push_back(member());
    }
    if (end != '\0') CHECK(take(end));
    return shape;
  }

 private:
  Member member() {
    Member member;
    member.refused = take('-');
    member.name = word();
    for (;;) {
      if (take('!')) {
        member.required = true;
      } else if (take('^')) {
        member.create_only = true;
      } else {
        break;
      }
    }
    skip();
    if (take(':')) member.shape = type();
    return member;
  }

  Shape type() {
    skip();
    Shape shape;
    if (take('{')) return members('}');
    if (take('[')) {
      shape.kind = Shape::Kind::kList;
      shape.item = std::make_shared<const Shape>(type());
      skip();
      CHECK(take(']'));
      return shape;
    }
    constexpr std::pair<std::string_view, Shape::Kind> kTypes[] = {
        {"string", Shape::Kind::kString}, {"integer", Shape::Kind::kInteger},
        {"number", Shape::Kind::kNumber}, {"boolean", Shape::Kind::kBoolean},
        {"json", Shape::Kind::kJson},     {"map", Shape::Kind::kMap}};
    const std::string name = word();
    const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                     [&](const auto& known) { return known.first == name; });
    CHECK(found != std::end(kTypes));
    shape.kind = found->second;
    if (shape.kind == Shape::Kind::kMap) {
      Shape text;
      text.kind = Shape::Kind::kString;
      shape.item = std::make_shared<const Shape>(std::move(text));
    }
    return shape;
  }

  std::string word() {
    std::size_t length = 0;
    while (length < rest_.size() && std::isalnum(static_cast<unsigned char>(rest_[length]))) {
      ++length;
    }
    CHECK(length > 0);
    std::string result(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return result;
  }

  void skip() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front()))) {
      rest_.remove_prefix(1);
    }
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
};

/// text is a list of members.
inline Shape parse_shape(std::string_view text) { return ShapeParser(text).members('\0'); }

}  // namespace tandem::cloudformation
