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

namespace tandem::service {

class RemoteApi final : public aws::Api {
 public:
  using Locate = std::function<net::HttpTarget(const aws::ApiCall&)>;
  /// locate says where a service of a region listens. Borrows client and clock. user_agent: the AWS
  /// service that calls on behalf of its users, "cloudformation.amazonaws.com"; empty: none says.
  RemoteApi(net::HttpClient& client, Locate locate, aws::SigningCredentials credentials,
            core::Clock& clock, std::string user_agent = "");
  Task<aws::ApiResult> call(aws::ApiCall call) override;

  /// The same for an answer whose payload may be large: then it is a source. patience: for the
  /// answer, and for each piece of it. Throws ApiError.
  struct Streamed {
    aws::ApiResult result;
    std::shared_ptr<net::BodySource> source;  ///< instead of result.payload; null when small
  };
  Task<Streamed> stream(aws::ApiCall call, std::chrono::milliseconds patience);

  /// Signed request for a call; exposed for tests.
  net::HttpRequest make_request(const aws::ApiCall& call);

 private:
  enum class Bodies { kWhole, kStreamed };
  Task<net::HttpResponse> answer_to(aws::ApiCall call, Bodies bodies,
                                    std::chrono::milliseconds patience);

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
