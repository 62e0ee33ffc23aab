// Which AWS requests may be sent a second time when nobody knows what became of the first.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace tandem::service {

/// The code, with status 424, of a call whose connection ended before its answer: it was sent once
/// and may have been carried out. AWS has none: there, the SDK sees the connection break. It is no
/// 5xx, because SDKs repeat those unasked.
inline constexpr std::string_view kOutcomeUnknown = "RequestOutcomeUnknown";

/// The query protocol's operation, in a form or in the query string; empty when there is none.
std::string action_of(const net::HttpRequest& request);
/// By its name, as AWS names its reads ("DescribeStacks", "BatchGetItem").
bool only_reads(std::string_view operation);
/// Reads, and what HTTP itself calls idempotent (RFC 9110 §9.2.2) unless it names an action.
bool may_be_repeated(const net::HttpRequest& request);

}  // namespace tandem::service
