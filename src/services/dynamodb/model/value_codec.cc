#include "services/dynamodb/model/value_codec.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "aws/shown.h"
#include "core/bytes.h"
#include "core/text.h"

namespace tandem::dynamodb {
namespace {

constexpr std::string_view kInvalidValues = "One or more parameter values were invalid: ";
constexpr std::string_view kAttributeValue =
    "class com.amazonaws.dynamodb.v20120810.AttributeValue";
constexpr std::string_view kAttributeMap =
    "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>";

std::string invalid(std::string_view text) { return std::string(kInvalidValues).append(text); }

[[noreturn]] void refuse_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    throw serialization_error(
        "Base64 encoded length is expected a multiple of 4 bytes but found: " +
        std::to_string(text.size()));
  }
  const auto bad = std::find_if(text.begin(), text.end(), [](char c) {
    return !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
           c != '+' && c != '/' && c != '=';
  });
  if (bad != text.end()) {
    throw serialization_error("Invalid Base64 character: '" + std::string(1, *bad) + "'");
  }
  throw serialization_error("Invalid last non-pad Base64 character dectected");
}

std::string read_binary(JsonReader& reader) {
  const auto kind = reader.peek();
  if (kind == JsonReader::Kind::kArray) {
    throw serialization_error("Unrecognized collection type class java.nio.ByteBuffer");
  }
  if (kind == JsonReader::Kind::kObject) {
    throw serialization_error("Start of structure or map found where not expected");
  }
  if (kind != JsonReader::Kind::kString) {
    throw serialization_error("only base-64-encoded strings are convertible to bytes");
  }
  std::string storage;
  const std::string_view text = reader.raw_string(storage);
  auto bytes = core::base64_decode(text);
  if (!bytes) refuse_base64(text);
  return std::move(*bytes);
}

core::Decimal read_number(JsonReader& reader, Problem& problem) {
  if (reader.peek() != JsonReader::Kind::kString) reader.string();  // throws
  std::string storage;
  const std::string_view text = reader.raw_string(storage);
  const auto result = core::Decimal::parse(text);
  if (!result.ok()) problem.report(number_problem(result.fault, text));
  return result.value;
}

/// DynamoDB returns the members of a set in its own order, not as they were written: strings and
/// binaries bytewise, numbers by value (measured). False, and nothing moved, when one comes twice.
template <class T>
bool sort_members(std::vector<T>& members) {
  std::vector<T> sorted = members;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) return false;
  members = std::move(sorted);
  return true;
}

std::string bracketed(const std::vector<std::string>& members) {
  return "[" + core::join(members, ", ") + "]";
}

Value read_string_set(JsonReader& reader, Problem& problem) {
  StringSet set;
  reader.require_array();
  reader.array([&] {
    if (!problem.keeps_another()) return reader.skip();
    set.members.push_back(reader.string());
  });
  if (set.members.empty()) problem.report(invalid("An string set  may not be empty"));
  if (!sort_members(set.members)) {
    problem.report(invalid("Input collection " + bracketed(set.members) + " contains duplicates."));
  }
  return Value(std::move(set));
}

Value read_number_set(JsonReader& reader, Problem& problem) {
  NumberSet set;
  reader.require_array();
  reader.array([&] {
    if (!problem.keeps_another()) return reader.skip();
    set.members.push_back(read_number(reader, problem));
  });
  if (set.members.empty()) problem.report(invalid("An number set  may not be empty"));
  if (!sort_members(set.members)) problem.report("Input collection contains duplicates");
  return Value(std::move(set));
}

Value read_binary_set(JsonReader& reader, Problem& problem) {
  BinarySet set;
  reader.require_array();
  reader.array([&] {
    if (!problem.keeps_another()) return reader.skip();
    set.members.push_back(read_binary(reader));
  });
  if (set.members.empty()) problem.report(invalid("Binary sets should not be empty"));
  if (!sort_members(set.members)) {
    std::vector<std::string> shown;
    for (const auto& member : set.members) shown.push_back(core::base64_encode(member));
    problem.report(
        invalid("Input collection " + bracketed(shown) + "of type BS contains duplicates."));
  }
  return Value(std::move(set));
}

Value read_at(JsonReader& reader, Problem& problem, int level);
Map read_map_at(JsonReader& reader, Problem& problem, int level);

Value read_list(JsonReader& reader, Problem& problem, int level) {
  List list;
  reader.require_array();
  reader.array([&] {
    if (!problem.keeps_another()) return reader.skip();
    list.push_back(read_at(reader, problem, level));
  });
  return Value(std::move(list));
}

std::optional<Type> type_of(std::string_view name) {
  for (int i = 0; i < 10; ++i) {
    if (type_name(static_cast<Type>(i)) == name) return static_cast<Type>(i);
  }
  return std::nullopt;
}

Value read_typed(JsonReader& reader, Type type, Problem& problem, int level) {
  switch (type) {
    case Type::kS:
      return Value::string(reader.string());
    case Type::kN:
      return read_number(reader, problem);
    case Type::kB:
      return Value(Binary{read_binary(reader)});
    case Type::kBool:
      return Value::boolean(reader.boolean());
    case Type::kNull:
      if (!reader.boolean()) {
        problem.report(invalid("Null attribute value types must have the value of true"));
      }
      return Value(Null{});
    case Type::kSS:
      return read_string_set(reader, problem);
    case Type::kNS:
      return read_number_set(reader, problem);
    case Type::kBS:
      return read_binary_set(reader, problem);
    case Type::kL:
    case Type::kM:
      break;
  }
  if (type == Type::kL) return read_list(reader, problem, level + 1);
  return Value(read_map_at(reader, problem, level + 1));
}

Value read_at(JsonReader& reader, Problem& problem, int level) {
  if (level > kMaxNesting) {
    problem.report(std::string(kTooNested));
    reader.skip();
    return {};
  }
  Value value;
  int types = 0;
  if (!reader.take_null()) {
    reader.require_object(kAttributeValue);
    reader.object([&](std::string_view name) {
      const auto type = type_of(name);
      if (!type) {
        if (problem.unknown.empty()) problem.unknown = name;
        return reader.skip();
      }
      if (reader.take_null()) return;
      value = read_typed(reader, *type, problem, level);
      ++types;
    });
  }
  if (types == 0) {
    problem.report(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  } else if (types > 1) {
    problem.report(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
        "supported datatypes");
  }
  return value;
}

/// Puts attributes into a map, the last of equal names counting, without quadratic cost.
class MapBuilder {
 public:
  void add(std::string name, Value value) {
    constexpr std::size_t kSmall = 16;
    if (map_.size() < kSmall) {
      map_.set(name, std::move(value));
      return;
    }
    if (places_.empty()) {
      for (std::size_t i = 0; i < map_.size(); ++i) {
        places_.emplace(map_.attributes()[i].name, i);
      }
    }
    const auto [place, fresh] = places_.try_emplace(name, map_.size());
    if (fresh) {
      map_.append(std::move(name), std::move(value));
    } else {
      map_.attributes()[place->second].value = std::move(value);
    }
  }
  Map take() { return std::move(map_); }

 private:
  Map map_;
  std::unordered_map<std::string, std::size_t> places_;
};

Map read_map_at(JsonReader& reader, Problem& problem, int level) {
  MapBuilder builder;
  reader.require_object(kAttributeMap);
  reader.object([&](std::string_view name) {
    if (!problem.keeps_another()) return reader.skip();
    if (name.empty()) problem.report("Empty attribute name");
    if (name.size() > kMaxAttributeName) {
      problem.report(invalid("Attribute name is too large, must be less than 65536 bytes"));
    }
    std::string own(name);
    Value value = read_at(reader, problem, level);
    builder.add(std::move(own), std::move(value));
  });
  return builder.take();
}

struct Writer {
  std::string& out;

  void operator()(const std::string& text) {
    out += "{\"S\":";
    append_json_string(out, text);
  }
  void operator()(const core::Decimal& number) {
    out += "{\"N\":\"";
    number.append_text(out);
    out += '"';
  }
  void operator()(const Binary& binary) {
    out += "{\"B\":\"";
    out += core::base64_encode(binary.bytes);
    out += '"';
  }
  void operator()(bool value) { out += value ? "{\"BOOL\":true" : "{\"BOOL\":false"; }
  void operator()(Null) { out += "{\"NULL\":true"; }
  void operator()(const StringSet& set) {
    each("{\"SS\":[", set.members, [&](const auto& member) { append_json_string(out, member); });
  }
  void operator()(const NumberSet& set) {
    each("{\"NS\":[", set.members, [&](const auto& member) {
      out += '"';
      member.append_text(out);
      out += '"';
    });
  }
  void operator()(const BinarySet& set) {
    each("{\"BS\":[", set.members, [&](const auto& member) {
      out += '"';
      out += core::base64_encode(member);
      out += '"';
    });
  }
  void operator()(const List& list) {
    each("{\"L\":[", list, [&](const auto& element) { append_value(out, element); });
  }
  void operator()(const Map& map) {
    out += "{\"M\":";
    append_map(out, map);
  }

  template <class Members, class Write>
  void each(std::string_view open, const Members& members, Write write) {
    out += open;
    bool first = true;
    for (const auto& member : members) {
      if (!first) out += ',';
      first = false;
      write(member);
    }
    out += ']';
  }
};

}  // namespace

Value read_value(JsonReader& reader, Problem& problem) { return read_at(reader, problem, 1); }
Map read_map(JsonReader& reader, Problem& problem) { return read_map_at(reader, problem, 1); }
Map read_stored_map(JsonReader& reader) {
  constexpr int kFarFromTheLimit = -1'000'000;
  Problem ignored;
  return read_map_at(reader, ignored, kFarFromTheLimit);
}

void append_value(std::string& out, const Value& value) {
  std::visit(Writer{out}, value.data());
  out += '}';
}

void append_map(std::string& out, const Map& map) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : map.attributes()) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, name);
    out += ':';
    append_value(out, value);
  }
  out += '}';
}

std::string to_json(const Map& map) {
  std::string out;
  append_map(out, map);
  return out;
}

std::string describe(const Value& value) {
  std::string shown = "{" + std::string(type_name(value.type())) + ":";
  if (const auto* text = value.get<std::string>()) {
    shown += *text;
  } else if (const auto* number = value.get<core::Decimal>()) {
    shown += number->text();
  } else if (const auto* binary = value.get<Binary>()) {
    shown += core::base64_encode(binary->bytes);
  }
  return shown + "}";
}

std::string number_problem(core::DecimalFault fault, std::string_view text) {
  switch (fault) {
    case core::DecimalFault::kOverflow:
      return "Number overflow. Attempting to store a number with magnitude larger than supported "
             "range";
    case core::DecimalFault::kUnderflow:
      return "Number underflow. Attempting to store a number with magnitude smaller than "
             "supported range";
    case core::DecimalFault::kTooPrecise:
      return "Attempting to store more than 38 significant digits in a Number";
    default:
      return text.empty()
                 ? "The parameter cannot be converted to a numeric value"
                 : "The parameter cannot be converted to a numeric value: " + aws::shown(text);
  }
}

}  // namespace tandem::dynamodb
