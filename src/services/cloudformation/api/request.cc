#include "services/cloudformation/api/request.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/bytes.h"
#include "core/text.h"
#include "service/tags.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

constexpr service::TagRules kTagRules{
    .too_many =
        [](std::string_view) { return validation_error("A stack can have at most 50 tags."); },
    .reserved =
        [](std::string_view) {
          return validation_error("aws: prefixed tag key names are not allowed for external use.");
        },
    .duplicate =
        [](std::string_view key) {
          return validation_error(fmt::format("Duplicate tag keys found: {}", key));
        }};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool matches_name_pattern(std::string_view name) {
  if (name.starts_with("arn:")) {
    return std::all_of(name.begin() + 4, name.end(), [](char c) {
      return is_letter(c) || is_digit(c) ||
             std::string_view("-:/._+").find(c) != std::string_view::npos;
    });
  }
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '-';
  });
}

constexpr std::string_view kName = "[a-zA-Z][-a-zA-Z0-9]*";
constexpr std::string_view kId = "arn:[-a-zA-Z0-9:/._+]*";

[[noreturn]] void refuse_name(std::string_view name, std::string_view must) {
  throw validation_error(
      fmt::format("1 validation error detected: Value '{}' at 'stackName' failed to satisfy "
                  "constraint: Member must {}",
                  name, must));
}

[[noreturn]] void unsupported_url() {
  throw validation_error("TemplateURL must be a supported URL.");
}

}  // namespace

void check_stack_name(const std::string& name) {
  if (!matches_name_pattern(name)) {
    refuse_name(name, fmt::format("satisfy regular expression pattern: {}|{}", kName, kId));
  }
  if (name.size() > 128 && !name.starts_with("arn:")) {
    refuse_name(name, "have length less than or equal to 128");
  }
}

void check_new_stack_name(const std::string& name) {
  if (name.starts_with("arn:")) {
    refuse_name(name, fmt::format("satisfy regular expression pattern: {}", kName));
  }
  check_stack_name(name);
}

std::vector<GivenParameter> given_parameters(const json::object& input) {
  std::vector<GivenParameter> parameters;
  const auto* list = json::find_array(input, "Parameters");
  if (list == nullptr) return parameters;
  for (const auto& one : *list) {
    const json::object& given = one.as_object();
    const auto key = json::find_string(given, "ParameterKey");
    if (!key) throw validation_error("ParameterKey must not be null");
    parameters.push_back({*key, json::find_string(given, "ParameterValue"),
                          json::bool_or(given, "UsePreviousValue", false)});
    if (parameters.back().use_previous && !parameters.back().value.value_or("").empty()) {
      throw validation_error(
          fmt::format("Invalid input for parameter key {}. Cannot specify "
                      "usePreviousValue as true and non empty value for a "
                      "parameter",
                      *key));
    }
  }
  return parameters;
}

std::vector<std::string> string_list(const json::object& input, std::string_view key) {
  std::vector<std::string> strings;
  if (const auto* list = json::find_array(input, key)) {
    for (const auto& one : *list) strings.push_back(json::to_std(one));
  }
  return strings;
}

std::optional<json::array> given_tags(const json::object& input) {
  const json::value* given = json::find(input, "Tags");
  if (given == nullptr) return std::nullopt;
  return service::tag_set(kTagRules, given, service::TagSource::kCaller).list();
}

void refuse_notifications(const json::object& input) {
  const auto* list = json::find_array(input, "NotificationARNs");
  if (list != nullptr && !list->empty()) {
    throw validation_error("NotificationARNs is not supported.");
  }
}

TemplateObject template_object(const std::string& url) {
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    unsupported_url();
  }
  rest = rest.substr(0, rest.find('?'));
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) unsupported_url();
  const std::string_view host = rest.substr(0, rest.find(':') < slash ? rest.find(':') : slash);
  std::string_view path = rest.substr(slash + 1);
  // Virtual-hosted style: <bucket>.s3[.-]<region>.amazonaws.com. Anything else is path style,
  // whether the host is S3's or an endpoint given to the client.
  TemplateObject object;
  const auto s3 = host.ends_with(".amazonaws.com") ? host.find(".s3") : std::string_view::npos;
  if (s3 != std::string_view::npos) {
    object.bucket = host.substr(0, s3);
  } else {
    const auto end = path.find('/');
    if (end == std::string_view::npos) unsupported_url();
    object.bucket = path.substr(0, end);
    path.remove_prefix(end + 1);
  }
  object.key = core::percent_decode(path);
  if (object.bucket.empty() || object.key.empty()) unsupported_url();
  return object;
}

}  // namespace tandem::cloudformation
