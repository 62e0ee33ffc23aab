#include "services/events/model/value_pattern.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <map>

#include "core/text.h"
#include "services/events/model/json_tokens.h"

namespace tandem::events {
namespace {

constexpr double kMostNumber = 5e9;
constexpr double kScale = 1e6;

bool starts_ignoring_case(std::string_view text, std::string_view with) {
  return text.size() >= with.size() &&
         core::equals_ignoring_case(text.substr(0, with.size()), with);
}

bool ends_ignoring_case(std::string_view text, std::string_view with) {
  return text.size() >= with.size() &&
         core::equals_ignoring_case(text.substr(text.size() - with.size()), with);
}

/// The first and the last part are anchored; those between are taken as early as they come.
bool matches_wildcard(const std::vector<std::string>& parts, std::string_view text) {
  if (parts.size() == 1) return text == parts.front();
  const std::string& head = parts.front();
  const std::string& tail = parts.back();
  if (text.size() < head.size() + tail.size()) return false;
  if (!text.starts_with(head) || !text.ends_with(tail)) return false;
  std::string_view rest = text.substr(head.size(), text.size() - head.size() - tail.size());
  for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
    const std::size_t found = rest.find(parts[i]);
    if (found == std::string_view::npos) return false;
    rest.remove_prefix(found + parts[i].size());
  }
  return true;
}

bool matches_text(const ValuePattern& pattern, std::string_view text) {
  using Kind = ValuePattern::Kind;
  switch (pattern.kind) {
    case Kind::kText:
      return text == pattern.text;
    case Kind::kPrefix:
      return text.starts_with(pattern.text);
    case Kind::kSuffix:
      return text.ends_with(pattern.text);
    case Kind::kIgnoreCase:
      return core::equals_ignoring_case(text, pattern.text);
    case Kind::kPrefixIgnoreCase:
      return starts_ignoring_case(text, pattern.text);
    case Kind::kSuffixIgnoreCase:
      return ends_ignoring_case(text, pattern.text);
    case Kind::kWildcard:
      return matches_wildcard(pattern.parts, text);
    case Kind::kBlock: {
      const auto address = read_address(text);
      return address && pattern.block.contains(*address);
    }
    default:
      return false;
  }
}

/// A number that cannot be compared, such as an account's, is matched as it is.
bool matches_number(const ValuePattern& pattern, double number) {
  const auto comparable = comparable_number(number);
  if (pattern.kind == ValuePattern::Kind::kRange) {
    return comparable && *comparable >= pattern.low && *comparable <= pattern.high;
  }
  if (pattern.kind != ValuePattern::Kind::kNumber) return false;
  const auto wanted = comparable_number(pattern.number);
  return comparable && wanted ? *comparable == *wanted : number == pattern.number;
}

std::string_view literal_of(const json::value& value) {
  if (value.is_null()) return "null";
  return value.get_bool() ? "true" : "false";
}

}  // namespace

bool AddressBlock::contains(const AddressBlock& other) const {
  if (bytes != other.bytes || bits > other.bits) return false;
  for (unsigned bit = 0; bit < bits; ++bit) {
    const unsigned mask = 0x80u >> (bit % 8);
    if (((address[bit / 8] ^ other.address[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

std::optional<AddressBlock> read_address(std::string_view text) {
  constexpr std::size_t kLongest = 45;
  if (text.empty() || text.size() > kLongest) return std::nullopt;
  const std::string address(text);
  AddressBlock block;
  if (::inet_pton(AF_INET, address.c_str(), block.address.data()) == 1) return block;
  block.bytes = 16;
  block.bits = 128;
  if (::inet_pton(AF_INET6, address.c_str(), block.address.data()) == 1) return block;
  return std::nullopt;
}

AddressBlock read_block(std::string_view text) {
  const std::vector<std::string_view> halves = core::split(text, '/');
  if (halves.size() != 2) throw PatternError("Malformed CIDR, one '/' required");
  std::int64_t bits = 0;
  const char* end = halves[1].data() + halves[1].size();
  const auto read = std::from_chars(halves[1].data(), end, bits);
  if (halves[1].empty() || read.ec != std::errc() || read.ptr != end) {
    throw PatternError("Malformed CIDR, mask bits must be an integer");
  }
  if (bits < 0) throw PatternError("Malformed CIDR, mask bits must not be negative");
  auto block = read_address(halves[0]);
  if (!block) throw PatternError(fmt::format("Nonstandard IP address: {}", halves[0]));
  if (block->bytes == 4 && bits > 31) throw PatternError("IPv4 mask bits must be < 32");
  if (block->bytes == 16 && bits > 127) throw PatternError("IPv6 mask bits must be < 128");
  block->bits = static_cast<unsigned>(bits);
  return *block;
}

std::optional<std::int64_t> comparable_number(double number) {
  if (!(std::abs(number) <= kMostNumber)) return std::nullopt;
  return std::llround(number * kScale);
}

bool ValuePattern::matches(const json::value& value) const {
  if (kind == Kind::kExists) return true;
  if (kind == Kind::kAbsent) return false;
  if (kind == Kind::kAnythingBut) {
    return std::none_of(none.begin(), none.end(),
                        [&](const ValuePattern& each) { return each.matches(value); });
  }
  if (value.is_string()) return matches_text(*this, json::view(value.get_string()));
  if (value.is_number()) return matches_number(*this, value.to_number<double>());
  return kind == Kind::kLiteral && literal_of(value) == text;
}

std::vector<std::string> read_wildcard(std::string_view text) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char after = i + 1 < text.size() ? text[i + 1] : '\0';
    // Positions count the quote that event-ruler puts before a text.
    if (c == '*') {
      if (after == '*') {
        throw PatternError(fmt::format("Consecutive wildcard characters at pos {}", i + 1));
      }
      parts.emplace_back();
    } else if (c == '\\') {
      if (after != '*' && after != '\\') {
        throw PatternError(fmt::format("Invalid escape character at pos {}", i + 1));
      }
      parts.back() += after;
      ++i;
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

namespace {

/// The beginnings of the parts behind an asterisk. Once a text has come past an asterisk it stays
/// there; so what it can be at once is all asterisks, and those beginnings of parts that it ends
/// with: the longest of these, and all that this one ends with (its chain of failures, as Aho and
/// Corasick call it).
class Beginnings {
 public:
  void add(const std::string& part) {
    std::size_t node = 0;
    for (const char c : part) {
      const auto [found, made] = nodes_[node].next.try_emplace(c, nodes_.size());
      node = found->second;
      if (made) nodes_.emplace_back();
      ++nodes_[node].parts;
    }
  }

  std::size_t most() {
    std::vector<std::size_t> order{0};
    std::size_t most = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::size_t at = order[i];
      for (const auto& [c, child] : nodes_[at].next) {
        std::size_t fail = at;
        do {
          fail = nodes_[fail].fail;
        } while (fail != 0 && !nodes_[fail].next.contains(c));
        const auto found = nodes_[fail].next.find(c);
        const bool inner = at != 0 && found != nodes_[fail].next.end();
        nodes_[child].fail = inner ? found->second : 0;
        nodes_[child].chain = nodes_[child].parts + nodes_[nodes_[child].fail].chain;
        most = std::max(most, nodes_[child].chain);
        order.push_back(child);
      }
    }
    return most;
  }

 private:
  struct Branch {
    std::map<char, std::size_t> next;
    std::size_t fail = 0;
    std::size_t parts = 0;  ///< how many begin so
    std::size_t chain = 0;
  };
  std::vector<Branch> nodes_{1};
};

}  // namespace

std::size_t complexity(const std::vector<const ValuePattern*>& wildcards) {
  Beginnings beginnings;
  std::size_t asterisks = 0;
  for (const ValuePattern* wildcard : wildcards) {
    asterisks += wildcard->parts.size() - 1;
    for (std::size_t i = 1; i < wildcard->parts.size(); ++i) beginnings.add(wildcard->parts[i]);
  }
  return asterisks + beginnings.most();
}

void ValuePatterns::add(ValuePattern pattern) {
  absence_ = absence_ || pattern.kind == ValuePattern::Kind::kAbsent;
  if (pattern.kind == ValuePattern::Kind::kText) {
    texts_.insert(std::move(pattern.text));
  } else {
    others_.push_back(std::move(pattern));
  }
}

bool ValuePatterns::matches_value(const json::value& value) const {
  if (value.is_string() && texts_.contains(std::string(json::view(value.get_string())))) {
    return true;
  }
  return std::any_of(others_.begin(), others_.end(),
                     [&](const ValuePattern& pattern) { return pattern.matches(value); });
}

ValuePatterns::Found ValuePatterns::look(const json::value& field) const {
  if (field.is_object()) return Found::kNothing;
  if (!field.is_array()) return matches_value(field) ? Found::kMatch : Found::kOther;
  Found found = Found::kNothing;
  for (const json::value& item : field.get_array()) {
    found = std::max(found, look(item));
    if (found == Found::kMatch) break;
  }
  return found;
}

bool ValuePatterns::matches(const json::value* field) const {
  const Found found = field == nullptr ? Found::kNothing : look(*field);
  return found == Found::kMatch || (found == Found::kNothing && absence_);
}

bool ValuePatterns::only_absence() const {
  return texts_.empty() &&
         std::all_of(others_.begin(), others_.end(), [](const ValuePattern& pattern) {
           return pattern.kind == ValuePattern::Kind::kAbsent;
         });
}

std::size_t ValuePatterns::wildcard_complexity() const {
  std::vector<const ValuePattern*> wildcards;
  for (const ValuePattern& pattern : others_) {
    if (pattern.kind == ValuePattern::Kind::kWildcard) wildcards.push_back(&pattern);
    for (const ValuePattern& each : pattern.none) {
      if (each.kind == ValuePattern::Kind::kWildcard) wildcards.push_back(&each);
    }
  }
  return complexity(wildcards);
}

}  // namespace tandem::events
