// Which status a MOCK integration answers with: the statusCode of its rendered request template.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::apigateway::mapping {

/// The integer that the object's statusCode is, any integer. The object is read as leniently as API
/// Gateway reads it (observed): keys may be bare or in single quotes, commas may be doubled or
/// trail:
/// `{statusCode: 200,}`. Empty when there is no object, when it does not end, when statusCode is
/// absent, a text or no integer; API Gateway answers 500 then, and logs "Unable to parse
/// statusCode. It should be an integer that is defined in the request template."
std::optional<std::int64_t> mock_status(std::string_view rendered);

}  // namespace tandem::apigateway::mapping
