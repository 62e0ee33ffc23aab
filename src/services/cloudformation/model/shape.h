// The properties of a resource type as its schema has them (schemas.h) and Tandem serves them: used
// to check and normalise what templates give, and to tell what a change does. A create-only member
// of a list's items counts for an item that is in both lists by its first required member.
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
  std::shared_ptr<const Shape> item;     ///< kList, kMap
  std::vector<Member> members;           ///< kObject
  std::vector<std::string_view> values;  ///< scalars: those that are allowed; empty: any
  std::optional<double> min;             ///< of a number, a text's length, a list's length
  std::optional<double> max;
  /// kObject: what members have that are not named; null: there may be none.
  std::shared_ptr<const Shape> others = nullptr;

  const Member* find(std::string_view name) const;
};

struct Member {
  std::string name;
  Shape shape;
  bool required = false;
  bool create_only = false;  ///< a change replaces the resource
  bool conditional = false;  ///< AWS's schema says only that it may
  bool refused = false;      ///< AWS has it, Tandem has not
};

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
  bool conditional = false;  ///< it may replace, which only the service knows
};
std::vector<PropertyChange> compare(const Shape& shape, const json::object& before,
                                    const json::object& after);

}  // namespace tandem::cloudformation
