#include "tandem/aws_client.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <random>
#include <thread>

#include "connection.h"
#include "sigv4.h"

namespace tandem::lambda_runtime {
namespace {

using Clock = Connection::Clock;

constexpr std::chrono::milliseconds kFirstBackoff{25};

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string timestamp_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[20];
  const std::size_t size = std::strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &parts);
  return {text, size};
}

bool worth_repeating(const AwsResponse& response) {
  if (response.status >= 500) return true;
  if (response.status != 400 && response.status != 429) return false;
  const std::string code = response.error_code();
  return code == "ThrottlingException" || code == "ProvisionedThroughputExceededException" ||
         code == "RequestLimitExceeded";
}

std::chrono::milliseconds backoff(int attempt) {
  // Full jitter: many functions that were throttled together do not come back together.
  static thread_local std::minstd_rand random(std::random_device{}());
  const auto most = kFirstBackoff * (1 << attempt);
  return std::chrono::milliseconds(1 + random() % most.count());
}

}  // namespace

std::string AwsResponse::error_code() const {
  if (ok()) return "";
  const std::size_t member = body.find("\"__type\"");
  if (member == std::string::npos) return "";
  const std::size_t colon = body.find(':', member);
  const std::size_t open = body.find('"', colon == std::string::npos ? body.size() : colon);
  const std::size_t end = body.find('"', open == std::string::npos ? body.size() : open + 1);
  if (open == std::string::npos || end == std::string::npos) return "";
  const std::string type = body.substr(open + 1, end - open - 1);
  return type.substr(type.find('#') + 1);  // npos + 1 is 0: no namespace
}

struct AwsJsonClient::State {
  State(Options given, Endpoint endpoint)
      : options(std::move(given)),
        connection(std::move(endpoint)),
        signer(
            {options.access_key_id, options.secret_access_key, options.region, options.service}) {}

  std::string head(std::string_view operation, std::string_view body);

  Options options;
  Connection connection;
  Signer signer;
};

std::string AwsJsonClient::State::head(std::string_view operation, std::string_view body) {
  const std::string timestamp = timestamp_now();
  std::vector<std::pair<std::string, std::string>> headers = {
      {"content-type", options.content_type},
      {"host", connection.endpoint().authority()},
      {"x-amz-date", timestamp}};
  if (!options.session_token.empty()) {
    headers.emplace_back("x-amz-security-token", options.session_token);
  }
  headers.emplace_back("x-amz-target", options.target_prefix + "." + std::string(operation));
  std::string text = "POST / HTTP/1.1\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  text += "authorization: " + signer.authorization(timestamp, headers, body) + "\r\n";
  text += "content-length: " + std::to_string(body.size()) + "\r\n";
  return text;
}

AwsJsonClient::Options AwsJsonClient::from_environment(std::string service,
                                                       std::string target_prefix) {
  Options options;
  options.endpoint_url = environment("AWS_ENDPOINT_URL_" + upper(service));
  if (options.endpoint_url.empty()) options.endpoint_url = environment("AWS_ENDPOINT_URL");
  options.service = std::move(service);
  options.target_prefix = std::move(target_prefix);
  options.region = environment("AWS_REGION");
  if (options.region.empty()) options.region = environment("AWS_DEFAULT_REGION");
  options.access_key_id = environment("AWS_ACCESS_KEY_ID");
  options.secret_access_key = environment("AWS_SECRET_ACCESS_KEY");
  options.session_token = environment("AWS_SESSION_TOKEN");
  if (options.region.empty()) throw std::runtime_error("AWS_REGION is not set");
  if (options.access_key_id.empty() || options.secret_access_key.empty()) {
    throw std::runtime_error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
  }
  return options;
}

AwsJsonClient::Options AwsJsonClient::dynamodb_from_environment() {
  return from_environment("dynamodb", "DynamoDB_20120810");
}

AwsJsonClient::AwsJsonClient(Options options) {
  if (options.endpoint_url.empty()) {
    options.endpoint_url = "https://" + options.service + "." + options.region + ".amazonaws.com";
  }
  Endpoint endpoint = Endpoint::parse(options.endpoint_url);
  state_ = std::make_unique<State>(std::move(options), std::move(endpoint));
}

AwsJsonClient::~AwsJsonClient() = default;
AwsJsonClient::AwsJsonClient(AwsJsonClient&&) noexcept = default;
AwsJsonClient& AwsJsonClient::operator=(AwsJsonClient&&) noexcept = default;

AwsResponse AwsJsonClient::call(std::string_view operation, std::string_view body,
                                std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  for (int attempt = 0;; ++attempt) {
    const std::string head = state_->head(operation, body);
    HttpAnswer answer = state_->connection.send(head, body, deadline);
    AwsResponse response{answer.status, std::move(answer.body)};
    const auto pause = backoff(attempt);
    const bool last = attempt + 1 >= state_->options.attempts || Clock::now() + pause >= deadline;
    if (last || !worth_repeating(response)) return response;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace tandem::lambda_runtime
