// The properties of a resource type: which exist, of what type, which replace the resource. Written
// down once per type in a small language, and used to check and normalise what templates give.
//
//   TableName^ : string;  KeySchema!^ : [{AttributeName! : string; KeyType! : string}];
//   Tags : [{Key! : string; Value! : string}];  Policy : json;  -SSESpecification
//
// '!' required, '^' a change replaces the resource, a leading '-' a property AWS has and Tandem
// does not. A '^' within a list's items counts for an item that is in both lists by its first
// member. Types: string, integer, number, boolean, json (anything), map (of strings), [list],
// {object}.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace tandem::cloudformation {

struct Member;

struct Shape {
  enum class Kind { kString, kInteger, kNumber, kBoolean, kJson, kMap, kList, kObject };
  Kind kind = Kind::kObject;
  std::shared_ptr<const Shape> item;  ///< kList
  std::vector<Member> members;        ///< kObject

  const Member* find(std::string_view name) const;
};

struct Member {
  std::string name;
  Shape shape;
  bool required = false;
  bool create_only = false;
  bool refused = false;
};

/// text is a list of members. A broken text is a broken program: CHECK.
Shape parse_shape(std::string_view text);

/// The value as the type wants it: "10" becomes 10 where an integer belongs, 10 becomes "10" where
/// a string does, as CloudFormation converts.
struct Conformed {
  json::object properties;
  std::string error;  ///< empty: fine. AWS's texts.
};
Conformed conform(const Shape& shape, const json::object& properties);

/// One top-level property that differs.
struct PropertyChange {
  std::string name;
  bool replaces = false;
};
std::vector<PropertyChange> compare(const Shape& shape, const json::object& before,
                                    const json::object& after);

}  // namespace tandem::cloudformation
