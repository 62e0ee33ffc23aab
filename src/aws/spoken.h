// Which of its protocols a service is asked in: some speak more than their model's (Smithy, "AWS
// JSON 1.0 protocol", "Smithy RPC v2 CBOR protocol").
#pragma once

#include <optional>
#include <string_view>

#include "aws/model.h"
#include "net/http.h"

namespace tandem::aws {

/// JSON 1.0 rather than 1.1.
bool speaks_json_1_0(const model::Service& service);
model::Protocol spoken(const model::Service& service, const net::HttpRequest& request);

/// The operation in "/…/service/<prefix>/operation/<operation>"; nothing when the path is another.
std::optional<std::string_view> operation_in_path(std::string_view path, std::string_view prefix);

}  // namespace tandem::aws
