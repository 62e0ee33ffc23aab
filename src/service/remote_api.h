// AWS operations of another process, over HTTP: how a region calls global, and the command line
// calls both.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aws/api.h"
#include "aws/sigv4.h"
#include "core/clock.h"
#include "net/http_client.h"
#include "service/streamed.h"

namespace tandem::service {

class RemoteApi final : public aws::Api {
 public:
  using Locate = std::function<net::HttpTarget(const aws::ApiCall&)>;
  /// locate says where a service of a region listens. Borrows client and clock. user_agent: the AWS
  /// service that calls on behalf of its users, "cloudformation.amazonaws.com"; empty: none says.
  RemoteApi(net::HttpClient& client, Locate locate, aws::SigningCredentials credentials,
            core::Clock& clock, std::string user_agent = "");
  Task<aws::ApiResult> call(aws::ApiCall call) override;
  /// patience: for the answer.
  Task<aws::ApiResult> call(aws::ApiCall call, std::chrono::milliseconds patience);

  /// The same for payloads that may be large: then they are sources. patience: for the answer, and
  /// for each piece of it. Throws ApiError, and what content's source throws.
  using Streamed = service::Streamed;
  Task<Streamed> stream(aws::ApiCall call, std::chrono::milliseconds patience, Content content);
  Task<Streamed> stream(aws::ApiCall call, std::chrono::milliseconds patience) {
    return stream(std::move(call), patience, Content());
  }

  /// Signed request for a call; exposed for tests.
  net::HttpRequest make_request(const aws::ApiCall& call, Content content = Content());

 private:
  enum class Bodies { kWhole, kStreamed };
  Task<net::HttpResponse> answer_to(aws::ApiCall call, Bodies bodies,
                                    std::chrono::milliseconds patience, Content content);

  net::HttpClient& client_;
  Locate locate_;
  aws::SigningCredentials credentials_;
  core::Clock& clock_;
  std::string user_agent_;
  aws::SigningKeys signing_keys_;
};

/// The process's own services in-process, everything else by way of remote.
class CompositeApi final : public aws::Api {
 public:
  using IsLocal = std::function<bool(const aws::ApiCall&)>;
  CompositeApi(IsLocal is_local, aws::Api& local, aws::Api& remote)
      : is_local_(std::move(is_local)), local_(local), remote_(remote) {}
  Task<aws::ApiResult> call(aws::ApiCall call) override {
    return is_local_(call) ? local_.call(std::move(call)) : remote_.call(std::move(call));
  }

 private:
  IsLocal is_local_;
  aws::Api& local_;
  aws::Api& remote_;
};

}  // namespace tandem::service
