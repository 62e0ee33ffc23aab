// A function's configuration and code reference at one moment: $LATEST, or a published version. An
// update makes a new one, and instances of the old one are retired.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/json.h"

namespace tandem::lambda {

/// What is changed by updates, and of which versions are made.
inline constexpr std::string_view kLatest = "$LATEST";

struct Function {
  std::string name;
  std::string arn;                             ///< without a qualifier
  std::string version = std::string(kLatest);  ///< or a number
  std::string runtime;
  std::string role;
  std::string handler;
  std::string description;
  int timeout_s = 3;
  int memory_mb = 128;
  int ephemeral_mb = 512;
  std::string architecture = "x86_64";
  json::object environment;  ///< name → value; absent variables: empty
  /// In order: arn, code_size, code_id, code_outline of each. It keeps them when they are deleted.
  json::array layers;
  std::string last_modified;
  std::string code_sha256;  ///< base64, as AWS shows it
  std::int64_t code_size = 0;
  std::string code_id;  ///< the folder of the unpacked code
  /// What is in it (code/code_watch.h); empty in records from before there were any.
  std::string code_outline;
  std::string code_digest;
  std::string revision_id;
  json::object tags;
  json::array policy;                       ///< statements
  std::string policy_revision_id;           ///< changes with the policy
  std::optional<int> reserved_concurrency;  ///< of $LATEST: the whole function's
  /// Of $LATEST: the number that was given last. None is given twice, even if its version has gone.
  std::int64_t last_version = 0;
  std::string published_from;  ///< of a version: what content() of $LATEST was
  /// Changes whenever instances must be replaced.
  std::string generation;

  json::object to_record() const;
  static Function from_record(const json::object& record);

  bool is_latest() const { return version == kLatest; }
  std::int64_t number() const;  ///< of a version
  /// What tells this one from all others: "f", "f:3".
  std::string key() const { return is_latest() ? name : name + ':' + version; }
  std::string qualified_arn() const { return arn + ':' + version; }
  /// Whether its package or one of its layers is that one.
  bool uses_code(std::string_view id) const;
  /// Changes with anything a version keeps: code and configuration.
  std::string content() const;
  /// FunctionConfiguration of the API.
  json::object configuration() const;
};

using FunctionPtr = std::shared_ptr<const Function>;

/// "2026-11-24T06:31:00.123+0000".
std::string last_modified_text(std::int64_t epoch_ms);

}  // namespace tandem::lambda
