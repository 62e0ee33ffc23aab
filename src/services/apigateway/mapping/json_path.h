// JSONPath as API Gateway reads it: the dialect of Jayway JsonPath ("$input.json(x): evaluates a
// JSONPath expression", API Gateway developer guide).
//
//   $.a.b   $['a']['b']   $['a','b']   $.a[0]   $.a[-1]   $.a[0,2]   $.a[1:3]   $.a[-2:]   $.a[*]
//   $.*   $..a   $..*   $.a[?(@.b > 1 && @.c == 'x')]   $.a.length()
//
// A path is definite when it can lead to one value only; one with "..", "*", a filter, a slice or a
// union leads to a list, which may be empty.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/json.h"
#include "core/parsed.h"
#include "services/apigateway/mapping/limits.h"

namespace tandem::apigateway::mapping {

class Heap;
struct PathSteps;
struct Value;

class JsonPath {
 public:
  /// "$." is put before a path without it, as Jayway does: "a.b" is "$.a.b".
  static core::Parsed<JsonPath> parse(std::string_view text);

  bool is_definite() const;

  /// Definite: the value, nullopt when it leads nowhere (JSON null is a value). Otherwise an array
  /// of what was found. Fails when the search takes too many steps (limits.h).
  core::Parsed<std::optional<json::value>> evaluate(const json::value& document,
                                                    Allowance* allowance = nullptr) const;

  /// The same over a template's values; throws RenderError.
  std::optional<Value> find(Heap& heap, const Value& root) const;

 private:
  explicit JsonPath(std::shared_ptr<const PathSteps> steps) : steps_(std::move(steps)) {}

  std::shared_ptr<const PathSteps> steps_;
};

}  // namespace tandem::apigateway::mapping
