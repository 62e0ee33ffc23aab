// A function's configuration and code reference at one moment. Immutable once published: an update
// makes a new one, and instances of the old one are retired.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/json.h"

namespace tandem::lambda {

struct Function {
  std::string name;
  std::string arn;
  std::string runtime;
  std::string role;
  std::string handler;
  std::string description;
  int timeout_s = 3;
  int memory_mb = 128;
  int ephemeral_mb = 512;
  std::string architecture = "x86_64";
  json::object environment;  ///< name → value; absent variables: empty
  std::string last_modified;
  std::string code_sha256;  ///< base64, as AWS shows it
  std::int64_t code_size = 0;
  std::string code_id;  ///< the folder of the unpacked code
  /// What is in it (code/code_watch.h); empty in records from before there were any.
  std::string code_outline;
  std::string code_digest;
  std::string revision_id;
  json::object tags;
  json::array policy;              ///< statements
  std::string policy_revision_id;  ///< changes with the policy
  std::optional<int> reserved_concurrency;
  /// Changes whenever instances must be replaced.
  std::string generation;

  json::object to_record() const;
  static Function from_record(const json::object& record);
  /// FunctionConfiguration of the API.
  json::object configuration() const;
};

using FunctionPtr = std::shared_ptr<const Function>;

/// "2026-11-24T06:31:00.123+0000".
std::string last_modified_text(std::int64_t epoch_ms);

}  // namespace tandem::lambda
