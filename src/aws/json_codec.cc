#include "aws/json_codec.h"

#include <cmath>
#include <fmt/format.h>

#include "aws/error.h"
#include "aws/scalar.h"
#include "core/bytes.h"

namespace tandem::aws {
namespace {

using model::Member;
using model::Shape;
using model::Type;

constexpr std::size_t kMaxDepth = 128;

[[noreturn]] void fail(std::string message) {
  throw ApiError(400, "SerializationException", std::move(message));
}

std::string_view java_name(Type type) {
  switch (type) {
    case Type::kBoolean:
      return "Boolean";
    case Type::kInteger:
      return "Integer";
    case Type::kLong:
      return "Long";
    case Type::kFloat:
      return "Float";
    case Type::kDouble:
      return "Double";
    case Type::kTimestamp:
      return "Date";
    default:
      return "String";
  }
}

/// What AWS's deserialiser calls the JSON token it met.
std::string_view token_name(const json::value& value) {
  if (value.is_bool()) return value.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
  if (value.is_double()) return "DECIMAL_VALUE";
  if (value.is_number()) return "NUMBER_VALUE";
  return "STRING_VALUE";
}

[[noreturn]] void fail_type(Type wanted, const json::value& found) {
  if (found.is_object()) fail("Start of structure or map found where not expected");
  if (found.is_array()) {
    fail(fmt::format("Unrecognized collection type class java.lang.{}", java_name(wanted)));
  }
  fail(fmt::format("{} cannot be converted to {}", token_name(found), java_name(wanted)));
}

/// The texts, and the misspelling in the last, are DynamoDB's.
void check_blob(const json::value& value) {
  if (value.is_object()) fail("Start of structure or map found where not expected");
  if (value.is_array()) fail("Unrecognized collection type class java.nio.ByteBuffer");
  if (!value.is_string()) fail("only base-64-encoded strings are convertible to bytes");
  const auto text = json::view(value.get_string());
  if (text.size() % 4 != 0) {
    fail(fmt::format("Base64 encoded length is expected a multiple of 4 bytes but found: {}",
                     text.size()));
  }
  if (!core::base64_decode(text)) fail("Invalid last non-pad Base64 character dectected");
}

void decode_number(Type type, json::value& value) {
  if (!value.is_number()) fail_type(type, value);
  if (type == Type::kFloat || type == Type::kDouble || !value.is_double()) return;
  // AWS's parser truncates a fraction given for an integer.
  const double number = value.get_double();
  if (!(std::abs(number) < 9.2e18)) fail_type(type, value);
  value = static_cast<std::int64_t>(number);
}

void decode_timestamp(const Member& member, json::value& value) {
  if (value.is_number()) return;
  if (value.is_string()) {
    const auto seconds = parse_timestamp(json::view(value.get_string()), member.timestamp_format());
    if (seconds) {
      value = *seconds;
      return;
    }
  }
  fail_type(Type::kTimestamp, value);
}

void decode_value(const Member& member, json::value& value, const MemberPath& path);

void decode_structure(const Shape& shape, json::object& object, const MemberPath& path) {
  json::object document(object.storage());
  document.reserve(object.size());
  for (auto& [key, value] : object) {
    if (value.is_null()) continue;
    const std::string_view wire_name(key.data(), key.size());
    const auto member = shape.wire_member(wire_name);
    if (!member) {
      // Newer than the model: said when somebody asks, else passed through. But a name that is not
      // this member's on the wire must not slip in unchecked as if it were.
      path.add(wire_name);
      if (!path.asked() && !shape.member(wire_name)) document[key] = std::move(value);
      continue;
    }
    if (member->location() != model::Location::kBody) {
      // What stands in the path may be said twice.
      if (member->location() != model::Location::kUri) path.add(wire_name);
      continue;
    }
    decode_value(*member, value, {path, member->name()});
    const auto name = member->name();
    document[json::string_view(name.data(), name.size())] = std::move(value);
  }
  object = std::move(document);
}

void decode_list(const Shape& shape, json::value& value, const MemberPath& path) {
  if (value.is_object()) fail("Start of structure or map found where not expected");
  if (!value.is_array()) fail("Unexpected field type");
  const Member element = shape.element();
  for (auto& item : value.get_array()) {
    if (!item.is_null()) decode_value(element, item, path);
  }
}

void decode_map(const Shape& shape, json::value& value, const MemberPath& path) {
  if (value.is_array()) fail("Unrecognized collection type class java.util.Map");
  if (!value.is_object()) fail("Unexpected field type");
  const Member element = shape.value();
  auto& object = value.get_object();
  for (auto at = object.begin(); at != object.end();) {
    if (at->value().is_null()) {
      at = object.erase(at);
      continue;
    }
    decode_value(element, at->value(), path);
    ++at;
  }
}

void decode_value(const Member& member, json::value& value, const MemberPath& path) {
  const Shape shape = member.shape();
  switch (shape.type()) {
    case Type::kStructure:
      if (value.is_array()) {
        fail(fmt::format("Unrecognized collection type class {}", shape.name()));
      }
      if (!value.is_object()) fail("Unexpected field type");
      return decode_structure(shape, value.get_object(), path);
    case Type::kList:
      return decode_list(shape, value, path);
    case Type::kMap:
      return decode_map(shape, value, path);
    case Type::kString:
      if (!value.is_string()) fail_type(Type::kString, value);
      return;
    case Type::kBlob:
      return check_blob(value);
    case Type::kBoolean:
      if (value.is_string()) fail("Unexpected token received from parser");
      if (!value.is_bool()) fail_type(Type::kBoolean, value);
      return;
    case Type::kTimestamp:
      return decode_timestamp(member, value);
    default:
      return decode_number(shape.type(), value);
  }
}

json::value encode_value(const Member& member, const json::value& value);

json::value encode_timestamp(const Member& member, const json::value& value) {
  using model::TimestampFormat;
  if (!value.is_number()) return value;
  const double seconds = value.to_number<double>();
  const auto format = member.timestamp_format();
  if (format == TimestampFormat::kIso8601 || format == TimestampFormat::kRfc822) {
    return json::value(json::string(format_timestamp(seconds, format, Fraction::kNone)));
  }
  if (seconds == std::floor(seconds) && std::abs(seconds) < 1e15) {
    return static_cast<std::int64_t>(seconds);
  }
  return seconds;
}

json::value encode_value(const Member& member, const json::value& value) {
  const Shape shape = member.shape();
  if (shape.is(Type::kStructure) && value.is_object()) {
    return encode_json(shape, value.get_object());
  }
  if (shape.is(Type::kList) && value.is_array()) {
    const Member element = shape.element();
    json::array wire;
    wire.reserve(value.get_array().size());
    for (const auto& item : value.get_array()) wire.push_back(encode_value(element, item));
    return wire;
  }
  if (shape.is(Type::kMap) && value.is_object()) {
    const Member element = shape.value();
    json::object wire;
    for (const auto& [key, item] : value.get_object()) wire[key] = encode_value(element, item);
    return wire;
  }
  if (shape.is(Type::kTimestamp)) return encode_timestamp(member, value);
  return value;
}

}  // namespace

json::object decode_json(const Shape& structure, json::object wire, UnknownNames* unknown) {
  decode_structure(structure, wire, MemberPath(unknown));
  return wire;
}

json::object encode_json(const Shape& structure, const json::object& document) {
  json::object wire;
  wire.reserve(document.size());
  for (const auto& [key, value] : document) {
    if (value.is_null()) continue;
    const auto member = structure.member(std::string_view(key.data(), key.size()));
    if (!member) {
      wire[key] = value;
      continue;
    }
    if (member->location() != model::Location::kBody) continue;
    const auto name = member->wire_name();
    wire[json::string_view(name.data(), name.size())] = encode_value(*member, value);
  }
  return wire;
}

json::object parse_json_body(std::string_view body) {
  if (body.empty()) return {};
  auto parsed = json::parse_text(body, kMaxDepth);
  // AWS gives no message with this one.
  if (!parsed || !parsed.value().is_object()) fail("");
  return std::move(std::move(parsed).value().as_object());
}

}  // namespace tandem::aws
