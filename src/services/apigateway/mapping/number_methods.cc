// Integer, Long, Double and Boolean. Their static methods matter: `#set($Integer = 0)` and
// `$Integer.parseInt("5")` is how templates read numbers.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/text.h"
#include "services/apigateway/mapping/java_text.h"
#include "services/apigateway/mapping/methods.h"

namespace tandem::apigateway::mapping {

namespace {

using Result = std::optional<Value>;

/// A cast from double saturates; NaN is 0 (JLS §5.1.3).
template <class Integer>
Integer narrow(const Value& value) {
  if (const auto number = value.if_integer()) return static_cast<Integer>(*number);
  const double real = value.to_double();
  if (std::isnan(real)) return 0;
  if (real >= static_cast<double>(std::numeric_limits<Integer>::max())) {
    return std::numeric_limits<Integer>::max();
  }
  if (real <= static_cast<double>(std::numeric_limits<Integer>::min())) {
    return std::numeric_limits<Integer>::min();
  }
  return static_cast<Integer>(real);
}

Result int_value(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return narrow<std::int32_t>(self);
}

Result long_value(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return narrow<std::int64_t>(self);
}

Result short_value(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return static_cast<std::int32_t>(static_cast<std::int16_t>(narrow<std::int32_t>(self)));
}

Result byte_value(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return static_cast<std::int32_t>(static_cast<std::int8_t>(narrow<std::int32_t>(self)));
}

Result double_value(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return self.to_double();
}

Result is_nan(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty() || self.if_integer()) return std::nullopt;
  return std::isnan(self.to_double());
}

Result is_infinite(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty() || self.if_integer()) return std::nullopt;
  return std::isinf(self.to_double());
}

Result compare_to(Engine&, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 1 || arguments[0].data.index() != self.data.index()) return std::nullopt;
  if (self.if_integer()) {
    const auto a = *self.if_integer();
    const auto b = *arguments[0].if_integer();
    return a < b ? -1 : (a > b ? 1 : 0);
  }
  const double a = self.to_double();
  const double b = arguments[0].to_double();
  return a < b ? -1 : (a > b ? 1 : 0);
}

[[noreturn]] void no_number(const std::string& given) {
  throw RenderError{"java.lang.NumberFormatException: For input string: \"" + given.substr(0, 100) +
                    "\""};
}

template <class Integer>
Value parse_integer(const std::string& given, std::int64_t radix) {
  std::string_view digits = given;
  if (digits.starts_with('+')) {
    digits.remove_prefix(1);
    if (digits.starts_with('-')) no_number(given);
  }
  if (radix < 2 || radix > 36) no_number(given);
  Integer made = 0;
  const auto read =
      std::from_chars(digits.data(), digits.data() + digits.size(), made, static_cast<int>(radix));
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) no_number(given);
  return made;
}

template <class Integer>
Result parse(Engine& engine, const Arguments& arguments) {
  const std::string* given = text_at(arguments, 0);
  const auto radix = integer_at(arguments, 1);
  if (given == nullptr || arguments.size() > 2 || (arguments.size() == 2 && !radix)) {
    return std::nullopt;
  }
  engine.budget().spend_bytes(given->size());
  return parse_integer<Integer>(*given, radix.value_or(10));
}

Result parse_int(Engine& engine, const Value& self, const Arguments& arguments) {
  if (!std::holds_alternative<std::int32_t>(self.data)) return std::nullopt;
  return parse<std::int32_t>(engine, arguments);
}

Result parse_long(Engine& engine, const Value& self, const Arguments& arguments) {
  if (!std::holds_alternative<std::int64_t>(self.data)) return std::nullopt;
  return parse<std::int64_t>(engine, arguments);
}

Value parse_real(const std::string& given) {
  const std::string trimmed(core::trim(given));
  double made = 0;
  std::string_view digits = trimmed;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), made);
  if (read.ec == std::errc::invalid_argument || read.ptr != digits.data() + digits.size() ||
      digits.find_first_of("nNiI") != digits.npos) {
    no_number(given);
  }
  // Out of range: Java gives infinity or zero, as strtod does.
  if (read.ec != std::errc()) made = std::strtod(trimmed.c_str(), nullptr);
  return made;
}

Result parse_double(Engine& engine, const Value& self, const Arguments& arguments) {
  const std::string* given = text_at(arguments, 0);
  if (self.if_integer() || given == nullptr || arguments.size() != 1) return std::nullopt;
  engine.budget().spend_bytes(given->size());
  return parse_real(*given);
}

Result value_of(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() == 1 && arguments[0].data.index() == self.data.index()) return arguments[0];
  if (std::holds_alternative<std::int32_t>(self.data))
    return parse<std::int32_t>(engine, arguments);
  if (self.if_integer()) return parse<std::int64_t>(engine, arguments);
  return parse_double(engine, self, arguments);
}

/// Integer.toString(int), which every Integer has beside its own.
Result to_string(Engine&, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 1 || arguments[0].data.index() != self.data.index()) return std::nullopt;
  if (self.if_integer()) return text(std::to_string(*arguments[0].if_integer()));
  return text(java_double(arguments[0].to_double()));
}

Result in_base(const Value& self, const Arguments& arguments, int base) {
  if (arguments.size() != 1 || !arguments[0].if_integer() || !self.if_integer()) {
    return std::nullopt;
  }
  const std::int64_t number = *arguments[0].if_integer();
  const bool is_int = std::holds_alternative<std::int32_t>(self.data);
  const auto bits = is_int ? static_cast<std::uint64_t>(static_cast<std::uint32_t>(number))
                           : static_cast<std::uint64_t>(number);
  char digits[72];
  const auto end = std::to_chars(digits, digits + sizeof digits, bits, base);
  return text(std::string(digits, end.ptr));
}

Result to_hex_string(Engine&, const Value& self, const Arguments& arguments) {
  return in_base(self, arguments, 16);
}
Result to_octal_string(Engine&, const Value& self, const Arguments& arguments) {
  return in_base(self, arguments, 8);
}
Result to_binary_string(Engine&, const Value& self, const Arguments& arguments) {
  return in_base(self, arguments, 2);
}

template <class Choose>
Result of_two(const Value& self, const Arguments& arguments, Choose choose) {
  if (arguments.size() != 2) return std::nullopt;
  for (const Value& each : arguments) {
    if (each.data.index() != self.data.index()) return std::nullopt;
  }
  return choose(arguments[0].to_double(), arguments[1].to_double()) ? arguments[0] : arguments[1];
}

Result max_of(Engine&, const Value& self, const Arguments& arguments) {
  return of_two(self, arguments, [](double a, double b) { return a >= b; });
}
Result min_of(Engine&, const Value& self, const Arguments& arguments) {
  return of_two(self, arguments, [](double a, double b) { return a <= b; });
}

constexpr MethodRow kNumberRows[] = {
    {"intValue", int_value},
    {"longValue", long_value},
    {"shortValue", short_value},
    {"byteValue", byte_value},
    {"doubleValue", double_value},
    {"isNaN", is_nan},
    {"isInfinite", is_infinite},
    {"compareTo", compare_to},
    {"parseInt", parse_int},
    {"parseLong", parse_long},
    {"parseDouble", parse_double},
    {"valueOf", value_of},
    {"toString", to_string},
    {"toHexString", to_hex_string},
    {"toOctalString", to_octal_string},
    {"toBinaryString", to_binary_string},
    {"max", max_of},
    {"min", min_of},
};

Result boolean_value(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return self;
}

Result parse_boolean(Engine&, const Value&, const Arguments& arguments) {
  if (arguments.size() != 1) return std::nullopt;
  if (arguments[0].if_bool() != nullptr) return arguments[0];
  const std::string* given = text_at(arguments, 0);
  if (given == nullptr) return std::nullopt;
  return core::equals_ignoring_case(*given, "true");
}

Result compare_booleans(Engine&, const Value& self, const Arguments& arguments) {
  const bool* other = arguments.size() == 1 ? arguments[0].if_bool() : nullptr;
  if (other == nullptr) return std::nullopt;
  return static_cast<std::int32_t>(*self.if_bool()) - static_cast<std::int32_t>(*other);
}

constexpr MethodRow kBooleanRows[] = {
    {"booleanValue", boolean_value},
    {"parseBoolean", parse_boolean},
    {"valueOf", parse_boolean},
    {"compareTo", compare_booleans},
};

}  // namespace

std::span<const MethodRow> number_methods() { return kNumberRows; }
std::span<const MethodRow> boolean_methods() { return kBooleanRows; }

}  // namespace tandem::apigateway::mapping
