#include "service/remote_api.h"

#include <fmt/format.h>
#include <optional>

#include "aws/dialect.h"
#include "aws/protocol.h"
#include "net/body.h"
#include "service/effects.h"

namespace tandem::service {
namespace {

constexpr std::chrono::milliseconds kPatience{30'000};

aws::model::Operation operation_of(const aws::ApiCall& call) {
  const auto service = aws::model::find_service(call.service);
  const auto operation = service ? service->operation(call.operation) : std::nullopt;
  if (!operation) {
    throw aws::ApiError(
        400, "UnknownOperationException",
        fmt::format("There is no operation {} of {}", call.operation, call.service));
  }
  return *operation;
}

/// The name says service and region to whoever forwards, as AWS's names do.
std::string host_of(const aws::model::Service& service, std::string_view region) {
  if (!service.global_endpoint().empty() && !aws::dialect_of(service.name()).regional_host) {
    return std::string(service.global_endpoint());
  }
  return fmt::format("{}.{}.amazonaws.com", service.endpoint_prefix(), region);
}

}  // namespace

RemoteApi::RemoteApi(net::HttpClient& client, Locate locate, aws::SigningCredentials credentials,
                     core::Clock& clock, std::string user_agent)
    : client_(client),
      locate_(std::move(locate)),
      credentials_(std::move(credentials)),
      clock_(clock),
      user_agent_(std::move(user_agent)) {}

net::HttpRequest RemoteApi::make_request(const aws::ApiCall& call, Content content) {
  const auto operation = operation_of(call);
  const auto service = operation.service();
  auto request = aws::encode_request(operation, call.input, call.payload);
  request.headers.set("Host", host_of(service, call.region));
  if (!user_agent_.empty()) request.headers.set("User-Agent", user_agent_);
  if (content.source) {
    request.source = std::move(content.source);
    request.headers.set("X-Amz-Content-Sha256", content.sha256);
  }
  aws::sign_request(request, credentials_, call.region, service.signing_name(), clock_.now_s(),
                    signing_keys_);
  return request;
}

Task<net::HttpResponse> RemoteApi::answer_to(aws::ApiCall call, Bodies bodies,
                                             std::chrono::milliseconds patience, Content content) {
  auto request = make_request(call, std::move(content));
  auto target = locate_(call);
  const bool repeatable = may_be_repeated(request);
  const auto repeat = repeatable ? net::HttpClient::Repeat::kYes : net::HttpClient::Repeat::kNo;
  std::optional<net::NetError> failed;
  try {
    Task<net::HttpResponse> asking =
        bodies == Bodies::kStreamed
            ? client_.stream(std::move(target), std::move(request), patience, repeat)
            : client_.send(std::move(target), std::move(request), patience, repeat);
    net::HttpResponse response = co_await std::move(asking);
    co_return response;
  } catch (const net::NetError& error) {
    failed = error;
  }
  if (failed->sent && !repeatable) {
    throw aws::ApiError(424, std::string(kOutcomeUnknown),
                        fmt::format("{} of {} in {} was sent once and not answered ({}): it may "
                                    "have been carried out",
                                    call.operation, call.service, call.region, failed->message));
  }
  throw aws::ApiError(
      503, "ServiceUnavailable",
      fmt::format("{} in {} cannot be reached: {}", call.service, call.region, failed->message));
}

Task<aws::ApiResult> RemoteApi::call(aws::ApiCall call) {
  return this->call(std::move(call), kPatience);
}

Task<aws::ApiResult> RemoteApi::call(aws::ApiCall call, std::chrono::milliseconds patience) {
  const auto operation = operation_of(call);
  net::HttpResponse response =
      co_await answer_to(std::move(call), Bodies::kWhole, patience, Content());
  co_return aws::decode_response(operation, std::move(response));
}

Task<RemoteApi::Streamed> RemoteApi::stream(aws::ApiCall call, std::chrono::milliseconds patience,
                                            Content content) {
  const auto operation = operation_of(call);
  net::HttpResponse response =
      co_await answer_to(std::move(call), Bodies::kStreamed, patience, std::move(content));
  Streamed streamed;
  // What refuses is a document, however long.
  if (response.status >= 300 && response.source) {
    constexpr std::size_t kLongestRefusal = 64 * 1024;
    response.body = co_await net::collect(response.source, kLongestRefusal);
    response.source = nullptr;
  }
  streamed.source = std::move(response.source);
  streamed.result = aws::decode_response(operation, std::move(response));
  co_return streamed;
}

}  // namespace tandem::service
