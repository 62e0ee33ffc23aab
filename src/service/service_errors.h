// What the frame itself has to say, in each service's own code and status.
#pragma once

#include <string>
#include <string_view>

#include "aws/error.h"
#include "aws/model.h"

namespace tandem::service {

/// Code of what refuse_member throws, before in_service_words() has seen it. Never on the wire.
inline constexpr std::string_view kUnsupportedMember = "Tandem.UnsupportedMember";

/// An input member of the model that the operation does not honour.
aws::ApiError unsupported_parameter(const aws::model::Operation& operation,
                                    std::string_view member);
/// In the model, but not in the service's table.
aws::ApiError unsupported_operation(const aws::model::Operation& operation);
/// The same of an operation of another service, said as this service says it.
aws::ApiError unsupported_operation(const aws::model::Service& service, std::string_view operation,
                                    std::string_view of);
/// Not in the model either.
aws::ApiError unknown_operation(const aws::model::Service& service, std::string_view name);
aws::ApiError missing_authentication(const aws::model::Service& service);
/// The key is known, but not this session token.
aws::ApiError invalid_token(const aws::model::Service& service);
/// The key was deleted, or is inactive.
aws::ApiError dead_key(const aws::model::Service& service, std::string_view access_key_id);
/// Temporary credentials past their end.
aws::ApiError expired_token(const aws::model::Service& service);
aws::ApiError internal_failure(const aws::model::Service& service);
/// The store refuses: message says why and what to do. What AWS documents for a service that cannot
/// serve just now, so SDKs try again.
aws::ApiError store_unavailable(const aws::model::Service& service, std::string message);

/// Turns the neutral errors of refuse_member and of aws/sigv4.h into the service's own.
aws::ApiError in_service_words(const aws::model::Service& service, const aws::ApiError& error);

}  // namespace tandem::service
