#include <algorithm>

#include "core/text.h"
#include "services/apigateway/mapping/java_regex.h"
#include "services/apigateway/mapping/java_text.h"
#include "services/apigateway/mapping/methods.h"

namespace tandem::apigateway::mapping {

namespace {

using Result = std::optional<Value>;

const std::string& of(Engine& engine, const Value& self) {
  const std::string& held = *self.if_text();
  engine.budget().spend_bytes(held.size());
  // Positions in it are counted as UTF-16.
  if (!is_ascii(held)) engine.budget().spend(held.size() / 4);
  return held;
}

[[noreturn]] void out_of_bounds(std::int64_t position, std::size_t length) {
  throw RenderError{"java.lang.StringIndexOutOfBoundsException: index " + std::to_string(position) +
                    ", length " + std::to_string(length)};
}

/// Java's positions in ASCII are ours.
std::string slice(const std::string& whole, std::int64_t from, std::int64_t to) {
  const auto check = [&](std::size_t length) {
    if (from < 0) out_of_bounds(from, length);
    if (to > static_cast<std::int64_t>(length) || from > to) out_of_bounds(to, length);
  };
  const auto start = static_cast<std::size_t>(from);
  const auto count = static_cast<std::size_t>(to - from);
  if (is_ascii(whole)) {
    check(whole.size());
    return whole.substr(start, count);
  }
  const std::u16string wide = to_utf16(whole);
  check(wide.size());
  return to_utf8(std::u16string_view(wide).substr(start, count));
}

std::size_t units_before(const std::string& whole, std::size_t bytes) {
  return java_length(std::string_view(whole).substr(0, bytes));
}

Result substring(Engine& engine, const Value& self, const Arguments& arguments) {
  const auto from = integer_at(arguments, 0);
  const auto to = integer_at(arguments, 1);
  if (!from || arguments.size() > 2 || (arguments.size() == 2 && !to)) return std::nullopt;
  const std::string& whole = of(engine, self);
  return text(slice(whole, *from, to ? *to : static_cast<std::int64_t>(java_length(whole))));
}

Result char_at(Engine& engine, const Value& self, const Arguments& arguments) {
  const auto at = integer_at(arguments, 0);
  if (!at || arguments.size() != 1) return std::nullopt;
  return text(slice(of(engine, self), *at, *at + 1));
}

Result length(Engine& engine, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return static_cast<std::int32_t>(java_length(of(engine, self)));
}

Result is_empty(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return self.if_text()->empty();
}

/// The byte at which a position is; the end when it is beyond.
std::size_t byte_of(const std::string& whole, std::int64_t position) {
  if (position <= 0) return 0;
  if (is_ascii(whole)) return std::min(whole.size(), static_cast<std::size_t>(position));
  const std::u16string wide = to_utf16(whole);
  return to_utf8(std::u16string_view(wide).substr(0, static_cast<std::size_t>(position))).size();
}

Result index_of(Engine& engine, const Value& self, const Arguments& arguments) {
  const std::string* wanted = text_at(arguments, 0);
  const auto from = integer_at(arguments, 1);
  if (wanted == nullptr || arguments.size() > 2 || (arguments.size() == 2 && !from)) {
    return std::nullopt;
  }
  const std::string& whole = of(engine, self);
  engine.budget().spend(whole.size() / 8);
  const std::size_t found = core::find_text(whole, *wanted, byte_of(whole, from.value_or(0)));
  return found == whole.npos ? -1 : static_cast<std::int32_t>(units_before(whole, found));
}

Result last_index_of(Engine& engine, const Value& self, const Arguments& arguments) {
  const std::string* wanted = text_at(arguments, 0);
  const auto from = integer_at(arguments, 1);
  if (wanted == nullptr || arguments.size() > 2 || (arguments.size() == 2 && !from)) {
    return std::nullopt;
  }
  const std::string& whole = of(engine, self);
  engine.budget().spend(whole.size() / 8);
  if (from && *from < 0) return -1;
  const std::size_t found =
      core::rfind_text(whole, *wanted, from ? byte_of(whole, *from) : whole.npos);
  return found == whole.npos ? -1 : static_cast<std::int32_t>(units_before(whole, found));
}

template <class Test>
Result with_text(Engine& engine, const Value& self, const Arguments& arguments, Test test) {
  const std::string* other = text_at(arguments, 0);
  if (other == nullptr || arguments.size() != 1) return std::nullopt;
  engine.budget().spend(other->size() / 8);
  return test(of(engine, self), *other);
}

Result contains(Engine& engine, const Value& self, const Arguments& arguments) {
  return with_text(engine, self, arguments, [&](const std::string& whole, const std::string& part) {
    engine.budget().spend(whole.size() / 8);
    return Value(core::find_text(whole, part) != whole.npos);
  });
}

Result starts_with(Engine& engine, const Value& self, const Arguments& arguments) {
  const std::string* part = text_at(arguments, 0);
  const auto from = integer_at(arguments, 1);
  if (part == nullptr || arguments.size() > 2 || (arguments.size() == 2 && !from)) {
    return std::nullopt;
  }
  const std::string& whole = of(engine, self);
  if (from && (*from < 0 || *from > static_cast<std::int64_t>(java_length(whole)))) return false;
  return std::string_view(whole).substr(byte_of(whole, from.value_or(0))).starts_with(*part);
}

Result ends_with(Engine& engine, const Value& self, const Arguments& arguments) {
  return with_text(engine, self, arguments, [](const std::string& whole, const std::string& part) {
    return Value(whole.ends_with(part));
  });
}

Result equals_ignore_case(Engine& engine, const Value& self, const Arguments& arguments) {
  return with_text(engine, self, arguments, [](const std::string& a, const std::string& b) {
    return Value(core::equals_ignoring_case(a, b));
  });
}

std::int32_t compare(std::u16string_view a, std::u16string_view b) {
  for (std::size_t at = 0; at < std::min(a.size(), b.size()); ++at) {
    if (a[at] != b[at]) return static_cast<std::int32_t>(a[at]) - static_cast<std::int32_t>(b[at]);
  }
  return static_cast<std::int32_t>(a.size()) - static_cast<std::int32_t>(b.size());
}

Result compare_to(Engine& engine, const Value& self, const Arguments& arguments) {
  return with_text(engine, self, arguments, [&](const std::string& a, const std::string& b) {
    engine.budget().spend((a.size() + b.size()) / 4);
    return Value(compare(to_utf16(a), to_utf16(b)));
  });
}

Result compare_to_ignore_case(Engine& engine, const Value& self, const Arguments& arguments) {
  return with_text(engine, self, arguments, [&](const std::string& a, const std::string& b) {
    engine.budget().spend((a.size() + b.size()) / 4);
    return Value(compare(to_utf16(core::to_lower(a)), to_utf16(core::to_lower(b))));
  });
}

Result concat(Engine& engine, const Value& self, const Arguments& arguments) {
  return with_text(engine, self, arguments,
                   [](const std::string& a, const std::string& b) { return text(a + b); });
}

Result replace(Engine& engine, const Value& self, const Arguments& arguments) {
  const std::string* from = text_at(arguments, 0);
  const std::string* to = text_at(arguments, 1);
  if (from == nullptr || to == nullptr || arguments.size() != 2) return std::nullopt;
  const std::string& whole = of(engine, self);
  engine.budget().spend(whole.size() / 8);
  std::string made;
  std::size_t done = 0;
  // Nothing is found before each character and at the end.
  const std::size_t step = from->empty() ? 1 : 0;
  for (std::size_t at = core::find_text(whole, *from); at != whole.npos;) {
    engine.budget().spend_bytes(to->size());
    made.append(whole, done, at - done);
    made += *to;
    done = at + from->size();
    std::size_t next = done + step;
    while (step > 0 && next < whole.size() &&
           (static_cast<unsigned char>(whole[next]) & 0xC0) == 0x80) {
      ++next;
    }
    at = next > whole.size() ? whole.npos : core::find_text(whole, *from, next);
  }
  made.append(whole, done);
  return text(std::move(made));
}

Result replace_by(Engine& engine, const Value& self, const Arguments& arguments, Replace which) {
  const std::string* pattern = text_at(arguments, 0);
  const std::string* with = text_at(arguments, 1);
  if (pattern == nullptr || with == nullptr || arguments.size() != 2) return std::nullopt;
  return text(regex_replace(engine.patterns(), of(engine, self), *pattern, *with, which));
}

Result replace_all(Engine& engine, const Value& self, const Arguments& arguments) {
  return replace_by(engine, self, arguments, Replace::kAll);
}

Result replace_first(Engine& engine, const Value& self, const Arguments& arguments) {
  return replace_by(engine, self, arguments, Replace::kFirst);
}

Result matches(Engine& engine, const Value& self, const Arguments& arguments) {
  const std::string* pattern = text_at(arguments, 0);
  if (pattern == nullptr || arguments.size() != 1) return std::nullopt;
  return regex_matches(engine.patterns(), of(engine, self), *pattern);
}

Result split(Engine& engine, const Value& self, const Arguments& arguments) {
  const std::string* pattern = text_at(arguments, 0);
  const auto limit = integer_at(arguments, 1);
  if (pattern == nullptr || arguments.size() > 2 || (arguments.size() == 2 && !limit)) {
    return std::nullopt;
  }
  std::vector<Value> parts;
  for (std::string& each :
       regex_split(engine.patterns(), of(engine, self), *pattern, limit.value_or(0))) {
    parts.push_back(text(std::move(each)));
  }
  return engine.heap().list(List::Kind::kArray, std::move(parts));
}

/// ASCII letters only: a locale's rules are not known here.
Result to_lower_case(Engine& engine, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return text(core::to_lower(of(engine, self)));
}

Result to_upper_case(Engine& engine, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return text(core::to_upper(of(engine, self)));
}

/// String.trim(): everything up to the blank, U+0020.
Result trim(Engine& engine, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  std::string_view whole = of(engine, self);
  const auto is_blank = [](char each) { return static_cast<unsigned char>(each) <= 0x20; };
  while (!whole.empty() && is_blank(whole.front())) whole.remove_prefix(1);
  while (!whole.empty() && is_blank(whole.back())) whole.remove_suffix(1);
  return text(std::string(whole));
}

Result intern(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return self;
}

/// A static method, which Java lets be called of any String.
Result value_of(Engine& engine, const Value&, const Arguments& arguments) {
  if (arguments.size() != 1) return std::nullopt;
  return text(engine.print(arguments.front()));
}

constexpr MethodRow kRows[] = {
    {"substring", substring},
    {"subSequence", substring},
    {"charAt", char_at},
    {"length", length},
    {"isEmpty", is_empty},
    {"indexOf", index_of},
    {"lastIndexOf", last_index_of},
    {"contains", contains},
    {"startsWith", starts_with},
    {"endsWith", ends_with},
    {"equalsIgnoreCase", equals_ignore_case},
    {"compareTo", compare_to},
    {"compareToIgnoreCase", compare_to_ignore_case},
    {"concat", concat},
    {"replace", replace},
    {"replaceAll", replace_all},
    {"replaceFirst", replace_first},
    {"matches", matches},
    {"split", split},
    {"toLowerCase", to_lower_case},
    {"toUpperCase", to_upper_case},
    {"trim", trim},
    {"intern", intern},
    {"valueOf", value_of},
};

}  // namespace

std::span<const MethodRow> string_methods() { return kRows; }

}  // namespace tandem::apigateway::mapping
