#include "services/codebuild/model/variables.h"

#include <algorithm>

namespace tandem::codebuild {
namespace {

constexpr std::size_t kExpandedBytes = 64 * 1024;

bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

std::string_view value_of(const Variables& variables, std::string_view name) {
  const auto found = std::find_if(variables.begin(), variables.end(),
                                  [&](const auto& each) { return each.first == name; });
  return found == variables.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

Variables environment_of(const Variables& buildspec, const json::object& settings,
                         const Variables& own) {
  std::map<std::string, std::string> all;
  for (const auto& [name, value] : buildspec) all[name] = value;
  const auto* environment = json::find_object(settings, "environment");
  const auto* given =
      environment == nullptr ? nullptr : json::find_array(*environment, "environmentVariables");
  if (given != nullptr) {
    for (const json::value& each : *given) {
      if (const auto* variable = each.if_object()) {
        all[json::string_or(*variable, "name")] = json::string_or(*variable, "value");
      }
    }
  }
  for (const auto& [name, value] : own) all[name] = value;
  return {all.begin(), all.end()};
}

json::array merge_variables(const json::array& project, const json::array& start) {
  json::array merged;
  const auto named = [](const json::array& in, std::string_view name) {
    return std::any_of(in.begin(), in.end(), [&](const json::value& each) {
      return json::string_or(each.as_object(), "name") == name;
    });
  };
  for (const json::value& each : project) {
    if (!named(start, json::string_or(each.as_object(), "name"))) merged.push_back(each);
  }
  for (const json::value& each : start) merged.push_back(each);
  return merged;
}

std::string expand(std::string_view text, const Variables& variables) {
  std::string expanded;
  while (!text.empty() && expanded.size() < kExpandedBytes) {
    const std::size_t dollar = text.find('$');
    expanded += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    const bool braces = text.starts_with('{');
    const std::string_view rest = text.substr(braces ? 1 : 0);
    std::size_t length = 0;
    if (!rest.empty() && starts_name(rest[0])) {
      while (length < rest.size() && continues_name(rest[length])) ++length;
    }
    const bool closed = !braces || (length < rest.size() && rest[length] == '}');
    if (length == 0 || !closed) {
      expanded += '$';
      continue;
    }
    expanded += value_of(variables, rest.substr(0, length));
    text.remove_prefix(length + (braces ? 2 : 0));
  }
  return expanded;
}

bool may_be_exported(std::string_view name) { return !name.starts_with("AWS_"); }

}  // namespace tandem::codebuild
