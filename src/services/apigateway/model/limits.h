// Figures of an AWS account.
#pragma once

#include <cstddef>
#include <string_view>

#include "services/apigateway/model/throttle.h"

namespace tandem::apigateway {

/// Requests a second over all APIs of a region; newer and opt-in regions have a quarter of it.
RateLimit account_limit(std::string_view region);

inline constexpr std::size_t kPayloadBytes = 10'485'760;  ///< request and response
/// What Lambda takes in a synchronous invocation.
inline constexpr std::size_t kInvokePayloadBytes = 6'291'456;
inline constexpr std::size_t kHeaderBytes = 10'240;  ///< names and values together

}  // namespace tandem::apigateway
