// Who sends a request, and whether the signature says so.
#pragma once

#include <optional>
#include <string_view>

#include "aws/model.h"
#include "aws/sigv4.h"
#include "net/http.h"
#include "service/dispatch.h"
#include "service/operation.h"

namespace tandem::service {

struct Authorised {
  Caller caller;
  /// For the chunk signatures of a streamed body; only when the key is known.
  std::optional<aws::SigningContext> signing;
  /// Nothing was decided: whoever keeps this key must be asked first.
  std::string ask_about;
};

enum class RingIs {
  kComplete,   ///< what the ring says, and does not say, is true
  kToBeAsked,  ///< about keys of IAM's and STS's its keeper may have to be asked
};

/// Verifies the signature when the access key is in the ring. A key that was made here and is not
/// in the ring any more is refused. Any other unknown key is taken at its word: local tools bring
/// dummy credentials, and there is nothing here to protect from their owner. A presigned request's
/// expiry counts in any case. A verified request must also be scoped to the region it reached,
/// unless the service is global. body_sha256 as in aws::verify_signature. Throws ApiError in the
/// service's words.
Authorised authorise(const net::HttpRequest& request, const aws::model::Service& service,
                     const KeyRing& keys, aws::SigningKeys& signing_keys, std::int64_t now_s,
                     const Dispatcher::Options& home, RingIs ring,
                     std::string_view body_sha256 = {});

/// An anonymous request is refused unless the operation needs no signature.
void require_signature(const Authorised& authorised, const aws::model::Operation& operation);

}  // namespace tandem::service
