#include "aws/validate.h"

#include <cmath>
#include <fmt/format.h>
#include <re2/re2.h>

#include "aws/shown.h"
#include "core/bytes.h"
#include "core/text.h"

namespace tandem::aws {

using model::Member;
using model::Shape;
using model::Type;

namespace {

constexpr std::size_t kMaxViolations = 10;
constexpr std::size_t kMaxDepth = 130;

/// AWS counts characters, not bytes: UTF-16 units, as its services are Java.
std::size_t length_of(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

std::string lower_first(std::string_view name) {
  std::string text(name);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] += 'a' - 'A';
  return text;
}

void print(const Member& member, const json::value* value, std::string& out);

void print_structure(const Shape& shape, const json::object& document, std::string& out) {
  out += shape.name();
  out += '(';
  bool first = true;
  for (const Member member : shape.members()) {
    if (!first) out += ", ";
    first = false;
    out += lower_first(member.name()) + "=";
    print(member, json::find(document, member.name()), out);
  }
  out += ')';
}

/// As Java's toString prints it.
void print(const Member& member, const json::value* value, std::string& out) {
  const Shape shape = member.shape();
  if (out.size() > kMostShown) return;
  if (value == nullptr || value->is_null()) {
    out += "null";
  } else if (shape.sensitive()) {
    out += "*** Sensitive Data Redacted ***";
  } else if (shape.is(Type::kStructure) && value->is_object()) {
    print_structure(shape, value->get_object(), out);
  } else if (shape.is(Type::kList) && value->is_array()) {
    out += '[';
    bool first = true;
    for (const auto& item : value->get_array()) {
      if (!first) out += ", ";
      first = false;
      print(shape.element(), &item, out);
    }
    out += ']';
  } else if (shape.is(Type::kMap) && value->is_object()) {
    out += '{';
    bool first = true;
    for (const auto& [key, item] : value->get_object()) {
      if (!first) out += ", ";
      first = false;
      out += std::string(key) + "=";
      print(shape.value(), &item, out);
    }
    out += '}';
  } else if (value->is_string()) {
    out += shown(json::view(value->get_string()));
  } else {
    out += json::to_text(*value);
  }
}

std::string printed(const Member& member, const json::value* value) {
  if (value == nullptr || value->is_null()) return "null";
  std::string text;
  print(member, value, text);
  return "'" + shown(text) + "'";
}

std::string enum_text(const Shape& shape) {
  std::string text = "Member must satisfy enum value set: [";
  for (std::size_t i = 0; i < shape.enum_size(); ++i) {
    if (i > 0) text += ", ";
    text += shape.enum_value(i);
  }
  return text + "]";
}

std::string pattern_text(const Shape& shape) {
  return fmt::format("Member must satisfy regular expression pattern: {}", shape.pattern());
}

std::string bound_text(const Shape& shape, bool upper, std::int64_t bound) {
  const bool number = !shape.is(Type::kString) && !shape.is(Type::kBlob) &&
                      !shape.is(Type::kList) && !shape.is(Type::kMap);
  return fmt::format("Member must have {} {} than or equal to {}", number ? "value" : "length",
                     upper ? "less" : "greater", bound);
}

/// Every constraint of a shape at once: how AWS names those of a list's elements.
std::string all_constraints(const Shape& shape) {
  std::vector<std::string> parts;
  if (const auto max = shape.max()) parts.push_back(bound_text(shape, true, *max));
  if (const auto min = shape.min()) parts.push_back(bound_text(shape, false, *min));
  if (!shape.pattern().empty()) parts.push_back(pattern_text(shape));
  if (shape.enum_size() > 0) parts.push_back(enum_text(shape));
  return "[" + core::join(parts, ", ") + "]";
}

bool has_type(Type type, const json::value& value) {
  switch (type) {
    case Type::kStructure:
    case Type::kMap:
      return value.is_object();
    case Type::kList:
      return value.is_array();
    case Type::kString:
    case Type::kBlob:
      return value.is_string();
    case Type::kBoolean:
      return value.is_bool();
    default:
      return value.is_number();
  }
}

std::optional<double> measure(const Shape& shape, const json::value& value) {
  if (value.is_array()) return static_cast<double>(value.get_array().size());
  if (value.is_object()) return static_cast<double>(value.get_object().size());
  if (value.is_number()) return value.to_number<double>();
  if (!value.is_string()) return std::nullopt;
  const auto text = json::view(value.get_string());
  if (!shape.is(Type::kBlob)) return static_cast<double>(length_of(text));
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  const std::size_t padded = text.size() / 4 * 3;
  return static_cast<double>(padded) - static_cast<double>(padding);
}

}  // namespace

/// One walk over one document.
class Checker {
 public:
  explicit Checker(Validator& validator) : validator_(validator) {}

  void structure(const Shape& shape, const json::object& document, const std::string& path,
                 std::size_t depth, bool raw_payload) {
    const auto payload = shape.payload();
    for (const Member member : shape.members()) {
      if (violations.size() >= kMaxViolations) return;
      const auto* value = json::find(document, member.name());
      const auto at =
          path.empty() ? lower_first(member.name()) : path + "." + lower_first(member.name());
      if (value != nullptr) {
        check_member(member, *value, at, depth);
      } else if (member.required() && !member.idempotency_token()) {
        if (raw_payload && payload && payload->name() == member.name()) continue;
        add(member, nullptr, at, "Member must not be null");
      }
    }
  }

  std::vector<Violation> violations;

 private:
  void add(const Member& member, const json::value* value, const std::string& path,
           std::string constraint) {
    if (violations.size() >= kMaxViolations) return;
    violations.push_back({printed(member, value), shown(path), std::move(constraint)});
  }

  void check_member(const Member& member, const json::value& value, const std::string& path,
                    std::size_t depth) {
    const Shape shape = member.shape();
    if (!has_type(shape.type(), value) || depth > kMaxDepth) {
      throw ApiError(400, "SerializationException",
                     fmt::format("Unexpected field type at '{}'", path));
    }
    const auto broken = first_broken(shape, value);
    for (const auto& constraint : broken) add(member, &value, path, constraint);
    if (shape.is(Type::kStructure)) {
      structure(shape, value.get_object(), path, depth + 1, false);
    } else if (shape.is(Type::kList)) {
      check_list(member, value, path, depth);
    } else if (shape.is(Type::kMap)) {
      check_map(member, value, path, depth);
    }
  }

  /// Elements without members are named by the list: "Member must satisfy constraint: […]".
  void check_list(const Member& member, const json::value& value, const std::string& path,
                  std::size_t depth) {
    const Member element = member.shape().element();
    std::size_t number = 0;
    bool reported = false;
    for (const auto& item : value.get_array()) {
      const auto at = fmt::format("{}.{}.member", path, ++number);
      if (violations.size() >= kMaxViolations) return;
      if (item.is_null()) {
        add(element, nullptr, at, "Member must not be null");
      } else if (element.shape().is(Type::kStructure) || !has_type(element.shape().type(), item)) {
        check_member(element, item, at, depth + 1);
      } else {
        if (!reported && !first_broken(element.shape(), item).empty()) {
          reported = true;
          add(member, &value, path,
              "Member must satisfy constraint: " + all_constraints(element.shape()));
        }
        descend(element, item, at, depth);
      }
    }
  }

  void check_map(const Member& member, const json::value& value, const std::string& path,
                 std::size_t depth) {
    const Member key = member.shape().key();
    const Member element = member.shape().value();
    bool keys_reported = false;
    bool values_reported = false;
    for (const auto& [name, item] : value.get_object()) {
      if (violations.size() >= kMaxViolations) return;
      if (!keys_reported && !first_broken(key.shape(), json::value(name)).empty()) {
        keys_reported = true;
        add(member, &value, path,
            "Map keys must satisfy constraint: " + all_constraints(key.shape()));
      }
      const auto at = path + "." + std::string(name) + ".member";
      if (element.shape().is(Type::kStructure) || !has_type(element.shape().type(), item)) {
        check_member(element, item, at, depth + 1);
        continue;
      }
      if (!values_reported && !first_broken(element.shape(), item).empty()) {
        values_reported = true;
        add(member, &value, path,
            "Map value must satisfy constraint: " + all_constraints(element.shape()));
      }
      descend(element, item, path + "." + std::string(name), depth);
    }
  }

  void descend(const Member& member, const json::value& value, const std::string& path,
               std::size_t depth) {
    if (depth > kMaxDepth) return;
    if (member.shape().is(Type::kList)) check_list(member, value, path, depth + 1);
    if (member.shape().is(Type::kMap)) check_map(member, value, path, depth + 1);
  }

  /// The shape's own constraints that the value breaks. Pattern before length, as AWS orders them.
  std::vector<std::string> first_broken(const Shape& shape, const json::value& value) {
    std::vector<std::string> broken;
    if (shape.is(Type::kString)) {
      const auto text = json::view(value.get_string());
      if (!shape.pattern().empty() && !validator_.matches(shape.pattern(), text)) {
        broken.push_back(pattern_text(shape));
      }
      if (!in_enum(shape, text)) broken.push_back(enum_text(shape));
    }
    const auto size = measure(shape, value);
    if (!size) return broken;
    const auto max = shape.max();
    const auto min = shape.min();
    if (max && *size > static_cast<double>(*max)) broken.push_back(bound_text(shape, true, *max));
    if (min && *size < static_cast<double>(*min)) broken.push_back(bound_text(shape, false, *min));
    return broken;
  }

  static bool in_enum(const Shape& shape, std::string_view text) {
    if (shape.enum_size() == 0) return true;
    for (std::size_t i = 0; i < shape.enum_size(); ++i) {
      if (shape.enum_value(i) == text) return true;
    }
    return false;
  }

  Validator& validator_;
};

Validator::Validator() = default;
Validator::~Validator() = default;

std::vector<Violation> Validator::check(const Shape& structure, const json::object& document,
                                        bool raw_payload) {
  Checker checker(*this);
  checker.structure(structure, document, "", 0, raw_payload);
  return std::move(checker.violations);
}

}  // namespace tandem::aws
