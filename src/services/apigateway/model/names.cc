#include "services/apigateway/model/names.h"

#include <algorithm>
#include <array>

#include "core/ids.h"
#include "core/text.h"
#include "services/apigateway/errors.h"

namespace tandem::apigateway {
namespace {

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool only(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alnum(c) || others.find(c) != std::string_view::npos;
  });
}

constexpr std::string_view kPartRule =
    "Resource's path part only allow a-zA-Z0-9._- and curly braces at the beginning and the end "
    "and an optional plus sign before the closing brace.";

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && only(label, "-") && label.front() != '-' &&
         label.back() != '-';
}

}  // namespace

std::string make_id(core::Random& random, std::size_t length) {
  return core::random_text(random, length, core::kLowerAlnum);
}

PartKind check_path_part(std::string_view part) {
  const bool braced = part.size() > 2 && part.front() == '{' && part.back() == '}';
  if (!braced) {
    if (part.empty() || !only(part, "._-:")) throw errors::bad_request(std::string(kPartRule));
    return PartKind::kLiteral;
  }
  const std::string_view name = variable_name(part);
  if (name.empty() || !only(name, "._-:")) throw errors::bad_request(std::string(kPartRule));
  return part[part.size() - 2] == '+' ? PartKind::kGreedy : PartKind::kVariable;
}

std::string_view variable_name(std::string_view part) {
  part.remove_prefix(1);
  part.remove_suffix(1);
  if (part.ends_with('+')) part.remove_suffix(1);
  return part;
}

void check_stage_name(std::string_view name) {
  if (name.empty() || name.size() > 128 || !only(name, "_-")) {
    throw errors::bad_request("Stage name only allows a-zA-Z0-9_-");
  }
}

void check_stage_variables(const json::object& variables) {
  if (variables.size() > 100) {
    throw errors::limit_exceeded("Maximum number of stage variables has been reached: 100");
  }
  for (const auto& [name, value] : variables) {
    if (name.empty() || name.size() > 64 || !only(name, "_")) {
      throw errors::bad_request(
          "Stage variable names may only contain alphanumeric characters and underscores, and "
          "have at most 64 characters.");
    }
    const std::string text = value.is_string() ? json::to_std(value) : std::string();
    if (!value.is_string() || text.size() > 512 || !only(text, "-._~:/?#&=,")) {
      throw errors::bad_request(
          fmt::format("Stage variable value for {} may only contain characters matching "
                      "[A-Za-z0-9-._~:/?#&=,]+ and have at most 512 of them.",
                      std::string_view(name)));
    }
  }
}

void check_http_method(std::string_view method) {
  constexpr std::array<std::string_view, 8> kMethods = {"GET",   "PUT",     "POST", "DELETE",
                                                        "PATCH", "OPTIONS", "HEAD", "ANY"};
  if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) {
    throw errors::bad_request(
        "Invalid HttpMethod specified. Valid options are "
        "GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY");
  }
}

void check_api_key_value(std::string_view value) {
  if (value.size() < 20) {
    throw errors::bad_request("API Key value should be at least 20 characters");
  }
  if (value.size() > 128) {
    throw errors::bad_request("API Key value exceeds maximum size of 128 characters");
  }
  // It has to be able to travel as a header value.
  if (!std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < '\x7f'; })) {
    throw errors::bad_request("API Key value contains invalid characters");
  }
}

void check_domain_name(std::string_view name) {
  std::string_view rest = name;
  if (rest.starts_with("*.")) rest.remove_prefix(2);
  const auto labels = core::split(rest, '.');
  const bool labels_fit = std::all_of(labels.begin(), labels.end(), is_label);
  if (name.size() > 253 || labels.size() < 2 || !labels_fit) {
    throw errors::bad_request(fmt::format("Invalid domain name specified: {}", name));
  }
}

std::string normal_base_path(std::string_view path) {
  return path.empty() ? "(none)" : std::string(path);
}

void check_base_path(std::string_view path) {
  if (path == "(none)") return;
  if (path.find('/') != std::string_view::npos) {
    throw errors::bad_request(
        "API Gateway V1 doesn't support the slash character (/) in base path mappings. To create "
        "a multi-level base path mapping, use API Gateway V2.");
  }
  if (path.size() > 300 || !only(path, "$-_.+!*'()")) {
    throw errors::bad_request("Base path can only contain letters, numbers and one of $-_.+!*'()");
  }
}

bool name_covers(std::string_view name, std::string_view domain) {
  if (core::equals_ignoring_case(name, domain)) return true;
  if (!name.starts_with("*.") || domain.starts_with("*.")) return false;
  const auto dot = domain.find('.');
  return dot != std::string_view::npos && dot > 0 &&
         core::equals_ignoring_case(name.substr(1), domain.substr(dot));
}

}  // namespace tandem::apigateway
