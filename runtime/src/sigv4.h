// AWS Signature Version 4 for POST / with a body (AWS General Reference, "Signing AWS API
// requests").
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::lambda_runtime {

struct SigningKey {
  std::string access_key_id;
  std::string secret_access_key;
  std::string region;
  std::string service;
};

class Signer {
 public:
  explicit Signer(SigningKey key) : key_(std::move(key)) {}

  /// The Authorization field's value. headers: names in lower case, sorted; x-amz-date among them
  /// with this timestamp ("20261124T063100Z").
  std::string authorization(std::string_view timestamp,
                            const std::vector<std::pair<std::string, std::string>>& headers,
                            std::string_view body);

 private:
  const std::string& key_for(const std::string& date);

  SigningKey key_;
  std::string date_;
  std::string derived_;  ///< of date_
};

}  // namespace tandem::lambda_runtime
