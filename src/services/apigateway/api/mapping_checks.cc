#include "services/apigateway/api/mapping_checks.h"

#include <vector>

#include "net/http_parser.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/mapping/limits.h"
#include "services/apigateway/mapping/parameter_expression.h"
#include "services/apigateway/model/selection.h"

namespace tandem::apigateway {
namespace {

using mapping::Direction;
using mapping::ParameterSource;
using Errors = std::vector<std::string>;

std::string undeclared(std::string_view parameter) {
  return fmt::format("Invalid mapping expression parameter specified: {}", parameter);
}

void throw_if_any(const Errors& found) {
  if (!found.empty()) throw errors::bad_request(mapping::mapping_errors(found));
}

bool declares(const json::object& method, std::string_view parameter) {
  const json::object* declared = json::find_object(method, "requestParameters");
  return declared != nullptr && declared->contains(parameter);
}

/// A parameter that may have several values is declared as such, or as one that has one.
bool may_take(const json::object& method, const ParameterSource& source) {
  using Kind = ParameterSource::Kind;
  const auto either = [&](std::string_view single, std::string_view multi) {
    return declares(method, fmt::format("method.request.{}.{}", single, source.name)) ||
           declares(method, fmt::format("method.request.{}.{}", multi, source.name));
  };
  switch (source.kind) {
    case Kind::kPath:
      return declares(method, "method.request.path." + source.name);
    case Kind::kQueryString:
    case Kind::kMultiValueQueryString:
      return either("querystring", "multivaluequerystring");
    case Kind::kHeader:
    case Kind::kMultiValueHeader:
      return either("header", "multivalueheader");
    default:
      return true;
  }
}

void check_mapping(Direction direction, std::string_view target, std::string_view source,
                   const json::object* method, Errors& found) {
  if (auto parsed = mapping::parse_parameter_target(direction, target); !parsed) {
    found.push_back(parsed.error().message);
    return;
  }
  auto parsed = mapping::parse_parameter_source(direction, source);
  if (!parsed) {
    found.push_back(parsed.error().message);
  } else if (method != nullptr && !may_take(*method, parsed.value())) {
    found.push_back(undeclared(source));
  }
}

std::string_view text_of(const json::value& value) {
  return value.is_string() ? json::view(value.get_string()) : std::string_view();
}

bool is_content_type(std::string_view key) {
  if (key == "$default") return true;
  const std::string_view type = key.substr(0, key.find(';'));
  const auto slash = type.find('/');
  return slash != std::string_view::npos && net::is_token(type.substr(0, slash)) &&
         net::is_token(type.substr(slash + 1));
}

}  // namespace

void check_request_mappings(const json::object* parameters, const json::object& method) {
  if (parameters == nullptr) return;
  Errors found;
  for (const auto& [target, source] : *parameters) {
    check_mapping(Direction::kRequest, target, text_of(source), &method, found);
  }
  throw_if_any(found);
}

void check_response_mappings(const json::object* parameters, const json::object& method,
                             const std::string& status) {
  if (parameters == nullptr || parameters->empty()) return;
  const json::object* responses = json::find_object(method, "methodResponses");
  if (responses == nullptr || responses->empty()) {
    throw_if_any({"No method response exists for method."});
  }
  const json::object* response = json::find_object(*responses, status);
  const json::object* declared =
      response == nullptr ? nullptr : json::find_object(*response, "responseParameters");
  Errors found;
  for (const auto& [target, source] : *parameters) {
    const std::size_t before = found.size();
    check_mapping(Direction::kResponse, target, text_of(source), nullptr, found);
    if (found.size() != before) continue;
    if (declared == nullptr || !declared->contains(target)) found.push_back(undeclared(target));
  }
  throw_if_any(found);
}

void check_templates(const json::object* templates) {
  if (templates == nullptr) return;
  Errors found;
  for (const auto& [type, text] : *templates) {
    if (!is_content_type(type)) {
      found.push_back(fmt::format("Invalid content type specified: {}", std::string_view(type)));
    } else if (text_of(text).size() > mapping::kTemplateBytes) {
      throw errors::limit_exceeded("Mapping template is too large: 300 KB is the limit");
    }
  }
  if (found.empty()) return;
  throw errors::bad_request(mapping::mapping_errors(found).substr(
      std::string_view("Invalid mapping expression specified: ").size()));
}

void check_cache_keys(const json::array* keys, const json::object& method,
                      const json::object* mappings) {
  if (keys == nullptr) return;
  Errors found;
  for (const json::value& key : *keys) {
    const std::string_view name = text_of(key);
    const bool mapped = mappings != nullptr && mappings->contains(name);
    if (!mapped && !declares(method, name)) found.push_back(undeclared(name));
  }
  throw_if_any(found);
}

void check_selection_pattern(std::string_view pattern) {
  const auto parsed = SelectionPattern::parse(pattern);
  if (parsed) return;
  // Java has them; they would let a pattern take as long as it likes over what a back end sends.
  for (const std::string_view around : {"(?=", "(?!", "(?<=", "(?<!"}) {
    if (pattern.find(around) != std::string_view::npos) {
      throw errors::not_implemented("Look-around in a selectionPattern");
    }
  }
  throw errors::bad_request(
      fmt::format("Invalid selection pattern specified: {}", parsed.error().message));
}

void copy_filled_maps(const json::object& input, json::object& to,
                      std::initializer_list<std::string_view> members) {
  for (const std::string_view member : members) {
    const json::object* map = json::find_object(input, member);
    if (map != nullptr && !map->empty()) to[member] = *map;
  }
}

}  // namespace tandem::apigateway
