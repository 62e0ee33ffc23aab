// What a value prints: Java's toString(), and JSON.
#pragma once

#include <string>

#include "services/apigateway/mapping/value.h"

namespace tandem::apigateway::mapping {

/// toString(): "null", "true", "1.0", {a=b, c=[1,2]}; arrays made of JSON print as compact JSON.
/// What only a reference to the value itself hides ($context.identity) is not hidden here.
std::string java_string(Engine& engine, Heap& heap, const Value& value);
/// Compact JSON: what $input.json() gives.
std::string json_string(Engine& engine, Heap& heap, const Value& value);
/// "java.lang.String"; nullptr for null and for objects of ours.
const char* class_name(const Value& value);
/// Object.equals(): texts by content, numbers of one class by value, lists and maps by elements.
bool java_equals(Heap& heap, const Value& left, const Value& right, std::size_t depth = 0);

}  // namespace tandem::apigateway::mapping
