// From the back end's answer to the client's: the integration response that its status or error
// selects, its template, its headers and the overrides. Pure.
#pragma once

#include <string>
#include <string_view>

#include "services/apigateway/proxy/request_mapping.h"

namespace tandem::apigateway {

struct BackEndAnswer {
  /// What selection patterns are held against: a function's errorMessage, else the status.
  std::string selector;
  net::Headers headers;
  std::string body;
};

/// Of a back end that is asked over HTTP.
BackEndAnswer answer_of(net::HttpResponse response);

/// mapped: what the request's template has left of itself. Void when the allowance ran out.
OrRefusal<net::HttpResponse> map_response(const Exchange& exchange,
                                          const RequestDocuments& documents, MappedRequest mapped,
                                          BackEndAnswer answer, mapping::Allowance& allowance);

/// Developer guide, "Important notes for API Gateway", with what was measured beside it: what
/// becomes of a header on its way to the client.
enum class From { kMapping, kHttpProxy };
void add_response_header(net::HttpResponse& response, std::string_view name, std::string_view value,
                         From from);

}  // namespace tandem::apigateway
