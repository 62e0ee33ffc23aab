// Members outside the body: path labels, query string, headers, status code.
#pragma once

#include <string>
#include <string_view>

#include "aws/model.h"
#include "aws/routes.h"
#include "aws/unknown.h"
#include "core/json.h"
#include "net/http.h"

namespace tandem::aws {

/// True when some member travels in the body.
bool has_body_members(const model::Shape& shape);

/// A value in a header, query or path that does not stand for its member's type.
struct BindingError {
  std::string member;
  std::string value;
};

/// Adds the request's bound members to document. Names the fields of its query string and its
/// x-amz- headers that are nobody's, but for those that say who sends it. Throws BindingError.
void decode_bindings(const model::Operation& operation, const net::HttpRequest& request,
                     const PathLabels& labels, json::object& document, UnknownNames& unknown);
/// Adds header and status code members of an answer. Throws BindingError.
void decode_response_bindings(const model::Shape& output, const net::HttpResponse& response,
                              json::object& document);

/// Writes header members. The status code member, if any, is returned; 0 otherwise.
int encode_headers(const model::Shape& shape, const json::object& document, net::Headers& headers);
/// The target: the URI template with labels and query filled in from document.
std::string encode_target(const model::Operation& operation, const json::object& document);

}  // namespace tandem::aws
