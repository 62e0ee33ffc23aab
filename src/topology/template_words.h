// The words that the templates of stacks are made of.
#pragma once

#include <string_view>
#include <utility>

#include "core/json.h"

namespace tandem::topology::words {

inline json::object reference(std::string_view name) { return {{"Ref", name}}; }
inline json::object get_att(std::string_view resource, std::string_view attribute) {
  return {{"Fn::GetAtt", json::array{resource, attribute}}};
}
inline json::object sub(std::string_view text) { return {{"Fn::Sub", text}}; }
inline json::object output(json::value value) { return {{"Value", std::move(value)}}; }
inline json::object string_parameter() { return {{"Type", "String"}}; }
inline json::object resource(std::string_view type, json::object properties) {
  return {{"Type", type}, {"Properties", std::move(properties)}};
}

}  // namespace tandem::topology::words
