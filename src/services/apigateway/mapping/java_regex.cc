#include "services/apigateway/mapping/java_regex.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <re2/re2.h>

#include "services/apigateway/mapping/limits.h"

namespace tandem::apigateway::mapping {

namespace {

/// So many stay compiled; each may take kPatternMemory.
constexpr std::size_t kPatterns = 16;
constexpr std::int64_t kPatternMemory = 1 << 20;
constexpr std::string_view kNotLineEnd = "[^\\n\\r\\x{85}\\x{2028}\\x{2029}]";
/// Java's \s: RE2's has no vertical tab.
constexpr std::string_view kSpaces = "\\t\\n\\x0b\\f\\r ";

struct PosixClass {
  std::string_view java;
  std::string_view re2;
};
constexpr PosixClass kPosix[] = {
    {"Lower", "[:lower:]"}, {"Upper", "[:upper:]"}, {"ASCII", "[:ascii:]"},
    {"Alpha", "[:alpha:]"}, {"Digit", "[:digit:]"}, {"Alnum", "[:alnum:]"},
    {"Punct", "[:punct:]"}, {"Graph", "[:graph:]"}, {"Print", "[:print:]"},
    {"Blank", "[:blank:]"}, {"Cntrl", "[:cntrl:]"}, {"XDigit", "[:xdigit:]"},
    {"Space", "[:space:]"},
};

bool is_hex(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

class Translator {
 public:
  explicit Translator(std::string_view in) : in_(in) {}

  core::Parsed<std::string> run() {
    while (at_ < in_.size() && why_.empty()) step();
    if (why_.empty() && in_class_) fail("a character class that does not end");
    if (!why_.empty()) return core::ParseError{why_, at_};
    return std::move(out_);
  }

 private:
  void fail(std::string why) { why_ = std::move(why); }

  void step() {
    const char c = in_[at_];
    if (c == '\\') return escape();
    if (in_class_) return inside(c);
    if (c == '[') return open_class();
    if (c == '(') return open_group();
    if (c == '.') {
      out_ += dot_all_ ? std::string_view(".") : kNotLineEnd;
    } else if (c == '+' && !out_.empty() && quantified_) {
      return fail("possessive quantifiers are not supported");
    } else {
      out_ += c;
    }
    // "a++" is possessive, "a+" is not, "\++" neither.
    quantified_ = c == '*' || c == '+' || c == '?' || c == '}';
    ++at_;
  }

  void open_class() {
    in_class_ = true;
    quantified_ = false;
    out_ += '[';
    ++at_;
    if (at_ < in_.size() && in_[at_] == '^') {
      out_ += '^';
      ++at_;
    }
    if (at_ < in_.size() && in_[at_] == ']') take("\\]", 1);
  }

  void inside(char c) {
    if (c == '[') return fail("character classes within character classes are not supported");
    if (in_.substr(at_).starts_with("&&")) {
      return fail("intersections of character classes are not supported");
    }
    if (c == ']') in_class_ = false;
    out_ += c;
    ++at_;
  }

  void open_group() {
    quantified_ = false;
    const std::string_view rest = in_.substr(at_);
    for (const std::string_view look : {"(?=", "(?!", "(?<=", "(?<!", "(?>"}) {
      if (rest.starts_with(look)) return fail("look-around and atomic groups are not supported");
    }
    if (rest.starts_with("(?<")) return take("(?P<", 3);
    if (rest.starts_with("(?")) {
      // Java's other flags (x, d, u, U) are others' in RE2, or none.
      const std::size_t end = rest.find_first_not_of("ims-", 2);
      if (end == rest.npos || (rest[end] != ')' && rest[end] != ':')) {
        return fail("only the flags i, m and s are supported");
      }
      dot_all_ = dot_all_ || rest.substr(2, rest.substr(0, end).find('-')).find('s') != rest.npos;
    }
    out_ += '(';
    ++at_;
  }

  void take(std::string_view made, std::size_t used) {
    out_ += made;
    at_ += used;
  }

  void escape() {
    quantified_ = false;
    if (at_ + 1 == in_.size()) return fail("a pattern that ends in a backslash");
    const char c = in_[at_ + 1];
    if (c == 's')
      return take(in_class_ ? std::string(kSpaces) : "[" + std::string(kSpaces) + "]", 2);
    if (c == 'S' && !in_class_) return take("[^" + std::string(kSpaces) + "]", 2);
    if (c == 'Q') return quoted();
    if (c == 'u') return code_unit();
    if (c == 'p' || c == 'P') return property(c == 'P');
    if (c == 'e') return take("\\x1b", 2);
    if (c == 'R' && !in_class_)
      return take("(?:\\r\\n|[\\n\\x0b\\f\\r\\x{85}\\x{2028}\\x{2029}])", 2);
    if (c == 'h') return take(in_class_ ? "\\t \\x{a0}" : "[\\t \\x{a0}]", 2);
    if (c == 'Z') return take("(?:\\n?\\z)", 2);
    if (c >= '1' && c <= '9') return fail("back references are not supported");
    if (c == 'k' || c == 'G') return fail("back references and \\G are not supported");
    out_ += '\\';
    out_ += c;
    at_ += 2;
  }

  void quoted() {
    const std::size_t end = in_.find("\\E", at_ + 2);
    out_ += RE2::QuoteMeta(
        re2::StringPiece(in_.substr(at_ + 2, end == in_.npos ? in_.npos : end - at_ - 2)));
    at_ = end == in_.npos ? in_.size() : end + 2;
  }

  void code_unit() {
    const std::string_view digits = in_.substr(at_ + 2, 4);
    if (digits.size() < 4 || !is_hex(digits)) return fail("\\u without four hexadecimal digits");
    take("\\x{" + std::string(digits) + "}", 6);
  }

  void property(bool negated) {
    if (in_.substr(at_ + 2, 1) != "{") return take(in_.substr(at_, 3), 3);
    const std::size_t end = in_.find('}', at_);
    if (end == in_.npos) return fail("\\p{ without }");
    std::string_view name = in_.substr(at_ + 3, end - at_ - 3);
    const std::size_t used = end + 1 - at_;
    for (const PosixClass& each : kPosix) {
      if (each.java != name) continue;
      std::string made(each.re2);
      if (negated) made.insert(1, "^");
      return take(in_class_ ? made : "[" + made + "]", used);
    }
    if (name.starts_with("Is")) name.remove_prefix(2);
    take((negated ? "\\P{" : "\\p{") + std::string(name) + "}", used);
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::string out_;
  std::string why_;
  bool in_class_ = false;
  bool quantified_ = false;
  bool dot_all_ = false;
};

}  // namespace

class Regex {
 public:
  Regex(Budget& budget, std::string_view pattern) : budget_(budget), re_(made(pattern), options()) {
    budget_.spend(64 + pattern.size());
    if (!re_.ok()) refuse(pattern, re_.error());
    weight_ = 1 + static_cast<std::uint64_t>(re_.ProgramSize()) / 64;
    may_look_ahead_ = may_look_ahead(pattern);
  }

  int groups() const { return re_.NumberOfCapturingGroups(); }
  const std::map<std::string, int>& names() const { return re_.NamedCapturingGroups(); }

  /// The next match at or after at; groups are submatches.
  bool find(std::string_view text, std::size_t at, RE2::Anchor anchor,
            std::vector<re2::StringPiece>& found) const {
    const re2::StringPiece whole(text.data(), text.size());
    found.assign(static_cast<std::size_t>(groups()) + 1, re2::StringPiece());
    const bool matches =
        re_.Match(whole, at, text.size(), anchor, found.data(), static_cast<int>(found.size()));
    // What is looked at reaches to the match's end, except where alternatives may look far ahead
    // and give up: each search pays for what it may have read, so that they are few in a long text.
    const std::size_t end =
        matches ? static_cast<std::size_t>(found[0].data() - text.data()) + found[0].size()
                : text.size();
    budget_.spend(8 + weight_ * (end - at) / 8);
    if (may_look_ahead_) budget_.spend(weight_ * (text.size() - end) / 8);
    return matches;
  }

 private:
  [[noreturn]] static void refuse(std::string_view pattern, const std::string& why) {
    throw RenderError{"the regular expression " + std::string(pattern.substr(0, 100)) +
                      " cannot be used: " + why};
  }
  static std::string made(std::string_view pattern) {
    if (pattern.size() > kPatternBytes) refuse(pattern, "it is too long");
    auto translated = java_to_re2(pattern);
    if (!translated) refuse(pattern, translated.error().message);
    return std::move(translated).value();
  }
  /// Whether a match may be found only after looking far beyond it: "a.*b|a", "a(.*b)?".
  static bool may_look_ahead(std::string_view pattern) {
    if (pattern.find_first_of("*+{") == pattern.npos) return false;
    if (pattern.find('|') != pattern.npos) return true;
    for (std::size_t at = pattern.find(')'); at != pattern.npos; at = pattern.find(')', at + 1)) {
      if (pattern.substr(at + 1).find_first_of("*+?{") == 0) return true;
    }
    return false;
  }
  static RE2::Options options() {
    RE2::Options made;
    made.set_log_errors(false);
    made.set_max_mem(kPatternMemory);
    return made;
  }

  Budget& budget_;
  RE2 re_;
  std::uint64_t weight_ = 1;
  bool may_look_ahead_ = false;
};

namespace {

/// Calls with each match, in order, until false is returned.
void each_match(const Regex& regex, std::string_view text,
                const std::function<bool(const std::vector<re2::StringPiece>&)>& visit) {
  std::vector<re2::StringPiece> found;
  std::size_t at = 0;
  while (at <= text.size() && regex.find(text, at, RE2::UNANCHORED, found)) {
    if (!visit(found)) return;
    const auto start = static_cast<std::size_t>(found[0].data() - text.data());
    at = start + found[0].size();
    // An empty match is passed by a whole character.
    if (found[0].empty()) {
      ++at;
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    }
  }
}

class Replacement {
 public:
  Replacement(const Regex& regex, std::string_view text) : regex_(regex), text_(text) {}

  /// Matcher.appendReplacement().
  void append(const std::vector<re2::StringPiece>& found, Budget& budget, std::string& out) const {
    budget.spend_bytes(text_.size());
    for (std::size_t at = 0; at < text_.size(); ++at) {
      if (text_[at] == '\\') {
        if (++at == text_.size()) throw RenderError{"character to be escaped is missing"};
        out += text_[at];
      } else if (text_[at] == '$') {
        const re2::StringPiece group = found[group_at(at)];
        budget.spend_bytes(group.size());
        if (!group.empty()) out.append(group.data(), group.size());
      } else {
        out += text_[at];
      }
    }
  }

 private:
  /// Leaves at on the reference's last character.
  std::size_t group_at(std::size_t& at) const {
    if (text_.substr(at + 1, 1) == "{") {
      const std::size_t end = text_.find('}', at);
      const auto named = end == text_.npos
                             ? regex_.names().end()
                             : regex_.names().find(std::string(text_.substr(at + 2, end - at - 2)));
      if (named == regex_.names().end()) throw RenderError{"no such group in a replacement"};
      at = end;
      return static_cast<std::size_t>(named->second);
    }
    const auto digit = [&](std::size_t place) -> std::optional<std::size_t> {
      if (place >= text_.size() || text_[place] < '0' || text_[place] > '9') return std::nullopt;
      return static_cast<std::size_t>(text_[place] - '0');
    };
    const auto first = digit(at + 1);
    if (!first) throw RenderError{"illegal group reference in a replacement"};
    std::size_t group = *first;
    const auto groups = static_cast<std::size_t>(regex_.groups());
    if (group > groups) throw RenderError{"no such group in a replacement"};
    ++at;
    // As many digits as make a group that exists.
    while (const auto next = digit(at + 1)) {
      if (group * 10 + *next > groups) break;
      group = group * 10 + *next;
      ++at;
    }
    return group;
  }

  const Regex& regex_;
  std::string_view text_;
};

}  // namespace

core::Parsed<std::string> java_to_re2(std::string_view pattern) {
  return Translator(pattern).run();
}

Patterns::Patterns(Budget& budget) : budget_(budget) {}
Patterns::~Patterns() = default;

const Regex& Patterns::compiled(std::string_view pattern) {
  auto found = known_.find(pattern);
  if (found == known_.end()) {
    if (known_.size() == kPatterns) known_.clear();
    found = known_.emplace(pattern, std::make_unique<Regex>(budget_, pattern)).first;
  }
  return *found->second;
}

bool regex_matches(Patterns& patterns, std::string_view text, std::string_view pattern) {
  const Regex& regex = patterns.compiled(pattern);
  std::vector<re2::StringPiece> found;
  return regex.find(text, 0, RE2::ANCHOR_BOTH, found);
}

std::string regex_replace(Patterns& patterns, std::string_view text, std::string_view pattern,
                          std::string_view replacement, Replace which) {
  const Regex& regex = patterns.compiled(pattern);
  const Replacement with(regex, replacement);
  std::string made;
  std::size_t done = 0;
  each_match(regex, text, [&](const std::vector<re2::StringPiece>& found) {
    const auto start = static_cast<std::size_t>(found[0].data() - text.data());
    made += text.substr(done, start - done);
    with.append(found, patterns.budget(), made);
    done = start + found[0].size();
    return which == Replace::kAll;
  });
  patterns.budget().spend_bytes(text.size());
  made += text.substr(done);
  return made;
}

std::vector<std::string> regex_split(Patterns& patterns, std::string_view text,
                                     std::string_view pattern, std::int64_t limit) {
  const Regex& regex = patterns.compiled(pattern);
  std::vector<std::string> parts;
  std::size_t done = 0;
  each_match(regex, text, [&](const std::vector<re2::StringPiece>& found) {
    const auto start = static_cast<std::size_t>(found[0].data() - text.data());
    const std::size_t end = start + found[0].size();
    if (limit > 0 && static_cast<std::int64_t>(parts.size()) + 1 >= limit) return false;
    // An empty match at the start never makes an empty first part (Java 8).
    if (end == 0) return true;
    patterns.budget().spend(2 + (start - done) / 32);
    parts.emplace_back(text.substr(done, start - done));
    done = end;
    return true;
  });
  if (parts.empty() && done == 0) return {std::string(text)};
  parts.emplace_back(text.substr(done));
  while (limit == 0 && !parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

}  // namespace tandem::apigateway::mapping
