#include "services/apigateway/mapping/methods.h"

#include <algorithm>
#include <bit>

#include "services/apigateway/mapping/hosts.h"
#include "services/apigateway/mapping/java_text.h"
#include "services/apigateway/mapping/print.h"

namespace tandem::apigateway::mapping {

namespace {

/// What Java's classes have besides. Those that take functions cannot be called from a template
/// anyway.
constexpr std::string_view kUnserved[] = {
    "codePointAt",
    "codePointBefore",
    "codePointCount",
    "codePoints",
    "chars",
    "contentEquals",
    "format",
    "formatted",
    "getBytes",
    "getChars",
    "indent",
    "join",
    "lines",
    "offsetByCodePoints",
    "regionMatches",
    "toCharArray",
    "copyValueOf",
    "isBlank",
    "strip",
    "stripLeading",
    "stripTrailing",
    "stripIndent",
    "repeat",
    "transform",
    "translateEscapes",
    "sort",
    "stream",
    "parallelStream",
    "forEach",
    "removeIf",
    "spliterator",
    "listIterator",
    "toArray",
    "trimToSize",
    "ensureCapacity",
    "compute",
    "computeIfAbsent",
    "computeIfPresent",
    "merge",
    "clone",
    "wait",
    "notify",
    "notifyAll",
    "hash",
    "bitCount",
    "reverse",
    "reverseBytes",
    "highestOneBit",
    "lowestOneBit",
    "rotateLeft",
    "rotateRight",
    "signum",
    "getInteger",
    "getLong",
    "decode",
    "parseUnsignedInt",
    "divideUnsigned",
    "remainderUnsigned",
    "toUnsignedString",
    "numberOfLeadingZeros",
    "numberOfTrailingZeros",
    "doubleToLongBits",
    "describeConstable",
};

std::span<const MethodRow> rows_of(const Value& self) {
  if (self.if_text() != nullptr) return string_methods();
  if (self.if_list() != nullptr) return list_methods();
  if (self.if_map() != nullptr) return map_methods();
  return self.is_number() ? number_methods() : boolean_methods();
}

std::int32_t hash_of(Engine& engine, const Value& self) {
  if (const std::string* held = self.if_text()) {
    engine.budget().spend(held->size() / 8);
    std::uint32_t made = 0;
    for (const char16_t unit : to_utf16(*held)) made = made * 31 + unit;
    return static_cast<std::int32_t>(made);
  }
  if (const bool* flag = self.if_bool()) return *flag ? 1231 : 1237;
  if (const auto* narrow = std::get_if<std::int32_t>(&self.data)) return *narrow;
  std::uint64_t bits = 0;
  if (const auto* wide = std::get_if<std::int64_t>(&self.data)) {
    bits = static_cast<std::uint64_t>(*wide);
  } else if (const auto* real = std::get_if<double>(&self.data)) {
    bits = std::bit_cast<std::uint64_t>(*real);
  } else {
    throw RenderError{"hashCode() of lists and maps is not supported"};
  }
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(bits ^ bits >> 32));
}

/// What every object has.
std::optional<Value> of_object(Engine& engine, const Value& self, std::string_view name,
                               const Arguments& arguments) {
  if (name == "equals" && arguments.size() == 1) {
    return java_equals(engine.heap(), self, arguments.front());
  }
  if (!arguments.empty()) return std::nullopt;
  if (name == "toString") return text(java_string(engine, engine.heap(), self));
  if (name == "hashCode") return hash_of(engine, self);
  if (name == "getClass") return engine.heap().host<ClassHost>(class_name(self));
  return std::nullopt;
}

}  // namespace

std::size_t list_place(const List& list, std::int64_t position) {
  const auto size = static_cast<std::int64_t>(list.size());
  const std::int64_t place = position < 0 ? size + position : position;
  if (place < 0 || place >= size) {
    throw RenderError{"index " + std::to_string(position) + " out of bounds for length " +
                      std::to_string(size)};
  }
  return static_cast<std::size_t>(place);
}

std::optional<Value> call_method(Engine& engine, const Value& self, std::string_view name,
                                 const Arguments& arguments) {
  engine.budget().spend(1);
  if (Host* host = self.if_host()) {
    if (auto made = host->call(engine, name, arguments)) return made;
    if (name == "toString" && arguments.empty()) return text(host->print(engine));
    if (name == "equals" && arguments.size() == 1) return self.data == arguments.front().data;
    return std::nullopt;
  }
  const auto rows = rows_of(self);
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const MethodRow& each) { return each.name == name; });
  if (found != rows.end()) {
    if (auto made = found->call(engine, self, arguments)) return made;
  }
  if (auto made = of_object(engine, self, name, arguments)) return made;
  if (found == rows.end() &&
      std::find(std::begin(kUnserved), std::end(kUnserved), name) != std::end(kUnserved)) {
    throw RenderError{"the method " + std::string(name) + "() is not supported"};
  }
  return std::nullopt;
}

}  // namespace tandem::apigateway::mapping
