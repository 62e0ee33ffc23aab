// AWS's resource schemas, kept in schemas/ and compiled in: what properties a type has, and which
// types there are. Any thread; views live as long as the program.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/cloudformation/model/shape.h"

namespace tandem::cloudformation {

/// What Tandem makes of a type's schema: paths, separated by spaces, as "A/B"; "A/*/B" within lists
/// and maps.
struct SchemaUse {
  std::string_view serves;    ///< top-level properties; the others are refused
  std::string_view refuses;   ///< paths below them that are refused
  std::string_view replaces;  ///< paths whose change replaces here in any case
};

/// The properties of a type. A type without a schema, or a path that no schema has, is a broken
/// program: CHECK.
Shape shape_of(std::string_view type, const SchemaUse& use);

/// "Arn", "SnapStartResponse/ApplyOn": what the type's schema calls read-only.
std::vector<std::string> readable_attributes(std::string_view type);
/// The properties that tell one resource from another.
std::vector<std::string> primary_identifier(std::string_view type);
/// The types that have a schema here.
std::vector<std::string> types_with_schema();

/// Every type that AWS has.
std::vector<std::string_view> aws_types();
/// Whether AWS has a type of that name.
bool is_aws_type(std::string_view type);
/// The name that was meant by one that AWS does not have; empty when none is near.
std::string nearest_aws_type(std::string_view type);

}  // namespace tandem::cloudformation
