#include "topology/yaml_reader.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

#include "core/nearest.h"
#include "core/text.h"

namespace tandem::topology {
namespace {

/// Of a key that may be anything.
constexpr std::size_t kShownBytes = 64;

std::vector<std::string> words(std::initializer_list<std::string_view> known) {
  return {known.begin(), known.end()};
}

}  // namespace

std::string remedy(std::string_view key, const std::vector<std::string>& known,
                   std::string_view otherwise) {
  if (const auto meant = core::nearest_word(key.substr(0, kShownBytes), known)) {
    return fmt::format("did you mean '{}'?", *meant);
  }
  return fmt::format("{} {}", otherwise, fmt::join(known, ", "));
}

std::string syntax_error(const std::string& name, std::string_view text,
                         const YAML::Exception& error, std::string_view example) {
  // Without a place, the text ended before what was open did.
  const auto lines = std::count(text.begin(), text.end(), '\n');
  const auto line = error.mark.is_null() || error.mark.line < 0 ? std::max<std::int64_t>(lines, 1)
                                                                : std::int64_t{error.mark.line} + 1;
  const std::string_view said = error.msg;
  std::string_view what;
  const std::string look = fmt::format("; {} has an example", example);
  if (said.find("end of map") != std::string_view::npos) {
    what =
        "; something that began before is not closed here: look for a missing '}', or for a line "
        "that is indented otherwise than its neighbours";
  } else if (said.find("end of sequence") != std::string_view::npos) {
    what =
        "; a list that began before is not closed here: look for a missing ']' or ',', or for a "
        "line that is indented otherwise than its neighbours";
  } else if (said.find("map value") != std::string_view::npos) {
    what =
        "; a key stands on a line of its own, as in 'name: todo', and a ':' in a value needs "
        "quotes around it";
  } else {
    what = look;
  }
  return fmt::format("{}:{}: this is no YAML: {}{}", name, line, said, what);
}

void YamlReader::fail(const YAML::Node& at, const std::string& message) {
  const int line = at.IsDefined() && at.Mark().line >= 0 ? at.Mark().line + 1 : 1;
  failures_.push_back(fmt::format("{}:{}: {}", file_name_, line, message));
}

bool YamlReader::mapping(const YAML::Node& node, std::string_view what) {
  if (!node.IsMap()) {
    fail(node, fmt::format("{} must be a mapping of keys to values", what));
    return false;
  }
  bool good = true;
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      fail(entry.first, fmt::format("a key in {} must be a single word", what));
      good = false;
    } else if (!seen.insert(entry.first.Scalar()).second) {
      fail(entry.first,
           fmt::format("'{}' is written twice in {}; keep one", entry.first.Scalar(), what));
      good = false;
    }
  }
  return good;
}

bool YamlReader::mapping(const YAML::Node& node, std::string_view what,
                         const std::vector<std::string>& known) {
  if (!mapping(node, what)) return false;
  bool good = true;
  for (const auto& entry : node) {
    const std::string& key = entry.first.Scalar();
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      fail(entry.first, fmt::format("unknown key '{}' in {}; {}", key.substr(0, kShownBytes), what,
                                    remedy(key, known, "the keys here are")));
      good = false;
    }
  }
  return good;
}

std::optional<std::string> YamlReader::text(const YAML::Node& parent, const char* key) {
  if (!parent.IsMap()) return std::nullopt;
  const YAML::Node node = parent[key];
  if (!node.IsDefined() || node.IsNull()) return std::nullopt;
  if (!node.IsScalar()) {
    fail(node, fmt::format("'{}' must be a single value", key));
    return std::nullopt;
  }
  return node.Scalar();
}

std::optional<std::string> YamlReader::choice(const YAML::Node& parent, const char* key,
                                              std::initializer_list<std::string_view> known) {
  std::optional<std::string> found = text(parent, key);
  if (!found) return std::nullopt;
  if (std::find(known.begin(), known.end(), *found) != known.end()) return found;
  fail(parent[key], fmt::format("'{}' is '{}'; {}", key, found->substr(0, kShownBytes),
                                remedy(*found, words(known), "it can be")));
  return std::nullopt;
}

std::string YamlReader::required_text(const YAML::Node& parent, const char* key,
                                      std::string_view example) {
  const auto found = text(parent, key);
  if (!found || found->empty()) {
    fail(parent, fmt::format("'{}' is missing; add for example '{}: {}'", key, key, example));
    return "";
  }
  return *found;
}

std::optional<std::int64_t> YamlReader::integer(const YAML::Node& parent, const char* key,
                                                std::int64_t low, std::int64_t high) {
  const auto found = text(parent, key);
  if (!found) return std::nullopt;
  const auto value = core::parse_int(*found);
  if (!value || *value < low || *value > high) {
    fail(parent[key], fmt::format("'{}' is '{}'; it must be a whole number from {} to {}", key,
                                  *found, low, high));
    return std::nullopt;
  }
  return value;
}

std::optional<double> YamlReader::number(const YAML::Node& parent, const char* key, double low) {
  const auto found = text(parent, key);
  if (!found) return std::nullopt;
  double value = 0;
  if (!YAML::convert<double>::decode(parent[key], value) || !(value >= low) ||
      !std::isfinite(value)) {
    fail(parent[key],
         fmt::format("'{}' is '{}'; it must be a number of at least {}", key, *found, low));
    return std::nullopt;
  }
  return value;
}

}  // namespace tandem::topology
