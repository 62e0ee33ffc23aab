#include "service/remote_api.h"

#include <fmt/format.h>

#include "aws/protocol.h"

namespace tandem::service {
namespace {

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
  if (!service.global_endpoint().empty() && service.name() != "s3") {
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

net::HttpRequest RemoteApi::make_request(const aws::ApiCall& call) {
  const auto operation = operation_of(call);
  const auto service = operation.service();
  auto request = aws::encode_request(operation, call.input, call.payload);
  request.headers.set("Host", host_of(service, call.region));
  if (!user_agent_.empty()) request.headers.set("User-Agent", user_agent_);
  aws::sign_request(request, credentials_, call.region, service.signing_name(), clock_.now_s(),
                    signing_keys_);
  return request;
}

Task<aws::ApiResult> RemoteApi::call(aws::ApiCall call) {
  const auto operation = operation_of(call);
  auto request = make_request(call);
  auto target = locate_(call);
  net::HttpResponse response;
  std::string unreachable;
  try {
    response = co_await client_.send(std::move(target), std::move(request));
  } catch (const net::NetError& error) {
    unreachable = error.message;
  }
  if (!unreachable.empty()) {
    throw aws::ApiError(
        503, "ServiceUnavailable",
        fmt::format("{} in {} cannot be reached: {}", call.service, call.region, unreachable));
  }
  co_return aws::decode_response(operation, std::move(response));
}

}  // namespace tandem::service
