// From the client's request to the back end's: the template, the parameters and the overrides (API
// Gateway developer guide, "Data mapping"). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "services/apigateway/proxy/exchange.h"

namespace tandem::apigateway {

/// What templates and mappings read of a request; made once, for both directions.
struct RequestDocuments {
  explicit RequestDocuments(const Exchange& exchange);

  json::object path;
  json::object querystring;  ///< last values
  json::object header;       ///< last values, without what templates do not see
  json::object context;
  const json::object* stage_variables;
};

struct MappedRequest {
  std::string body;
  NamedTexts path;
  NamedTexts query;
  net::Headers headers;
  /// What the template left of itself, for the response's.
  json::object request_override;
  json::object response_override;
};

/// Parameters alone, for a proxy that has no templates.
OrRefusal<MappedRequest> map_parameters(const Exchange& exchange,
                                        const RequestDocuments& documents);
/// Everything. Void when the allowance ran out.
OrRefusal<MappedRequest> map_request(const Exchange& exchange, const RequestDocuments& documents,
                                     mapping::Allowance& allowance);

/// "context.identity.sourceIp" and "stageVariables.x" in their documents; nothing for what is not
/// there, or null.
std::optional<std::string> text_at(const json::object& document, std::string_view dotted_name);
/// A JSON value as a parameter has it: texts without quotes, nothing for null.
std::optional<std::string> parameter_text(const json::value& value);
/// The part of a body that a mapping names; nothing when it is not there. Refuses JSON that is
/// broken, where the body looks like JSON at all (observed).
OrRefusal<std::optional<std::string>> body_part(std::string_view body,
                                                const mapping::ParameterSource& source,
                                                GatewayResponse when_broken,
                                                mapping::Allowance& allowance);
/// An override's values: a text, or a list of them.
std::vector<std::string> override_values(const json::value& value);

}  // namespace tandem::apigateway
