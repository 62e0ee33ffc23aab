#include "region/container_credentials.h"

#include "core/clock.h"
#include "core/json.h"

namespace tandem::region {
namespace {

constexpr const char* kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";

net::HttpServer::Options server_options() {
  net::HttpServer::Options options;
  options.limits.connections = 64;
  options.limits.body_bytes = 1024;
  return options;
}

}  // namespace

std::string credentials_document(const codebuild::RoleCredentials& credentials) {
  return json::to_text(json::object{{"AccessKeyId", credentials.access_key_id},
                                    {"Expiration", core::iso8601_s(credentials.expires_s)},
                                    {"RoleArn", credentials.role_arn},
                                    {"SecretAccessKey", credentials.secret_access_key},
                                    {"Token", credentials.session_token}});
}

ContainerCredentials::ContainerCredentials(asio::any_io_executor executor,
                                           const codebuild::RoomOptions& options)
    : options_(options), server_(executor, server_options(), [this](net::HttpRequest request) {
        return answer(this, std::move(request));
      }) {}

void ContainerCredentials::serve(net::Descriptor socket) {
  server_.adopt(std::move(socket));
  server_.start();
}

Task<void> ContainerCredentials::stop() { return server_.stop(); }

bool ContainerCredentials::knows(const net::HttpRequest& request) const {
  for (const auto& [name, value] : options_.environment) {
    if (name == kRelative) return request.path() == value;
  }
  return false;
}

Task<net::HttpResponse> ContainerCredentials::answer(ContainerCredentials* self,
                                                     net::HttpRequest request) {
  net::HttpResponse response;
  response.headers.add("Content-Type", "application/json");
  if (request.method == "GET" && self->options_.credentials && self->knows(request)) {
    response.body = credentials_document(self->options_.credentials());
    co_return response;
  }
  // The endpoint's own words (amazon-ecs-agent, handlers/v2 and its tests).
  response.status = 400;
  response.body = R"({"code":"InvalidIdInRequest","message":)"
                  R"("CredentialsV2Request: Credentials not found","HTTPErrorCode":400})";
  co_return response;
}

}  // namespace tandem::region
