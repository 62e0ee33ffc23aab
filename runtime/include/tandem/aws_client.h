// Calls to AWS services of the JSON protocol (DynamoDB and its like) from a function: signed,
// on one kept connection, over the endpoint the environment names or AWS's own.
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tandem::lambda_runtime {

/// No answer came: the endpoint cannot be reached, broke off or took too long.
struct TransportError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct AwsResponse {
  int status = 0;
  std::string body;
  bool ok() const { return status == 200; }
  /// "ConditionalCheckFailedException": the short name in the error document; empty when ok.
  std::string error_code() const;
};

class AwsJsonClient {
 public:
  struct Options {
    std::string service;        ///< "dynamodb"
    std::string target_prefix;  ///< "DynamoDB_20120810"
    std::string content_type = "application/x-amz-json-1.0";
    std::string region;
    std::string endpoint_url;  ///< "http://127.0.10.1:8080"; empty:
                               ///< https://<service>.<region>.amazonaws.com
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token;
    int attempts = 3;  ///< throttling and 5xx are tried again
  };
  /// Region, credentials and endpoint (AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL) from the
  /// environment. Throws std::runtime_error for what is missing or malformed.
  static Options from_environment(std::string service, std::string target_prefix);
  static Options dynamodb_from_environment();

  explicit AwsJsonClient(Options options);
  ~AwsJsonClient();
  AwsJsonClient(AwsJsonClient&&) noexcept;
  AwsJsonClient& operator=(AwsJsonClient&&) noexcept;

  /// timeout covers everything, further attempts too. Throws TransportError.
  AwsResponse call(std::string_view operation, std::string_view body,
                   std::chrono::milliseconds timeout = std::chrono::milliseconds(10'000));

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::lambda_runtime
