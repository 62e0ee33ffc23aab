// An error about a request that no service has taken.
#pragma once

#include "aws/error.h"
#include "core/random.h"
#include "net/http.h"

namespace tandem::service {

/// In the protocol of the service that the request's head names, as its clients expect it.
net::HttpResponse error_answer(const net::HttpRequest& head, const aws::ApiError& error,
                               core::Random& random);

}  // namespace tandem::service
