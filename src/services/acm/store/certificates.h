// The records of certificates, and their private keys: those are in files of their own, with mode
// 0600, and nowhere else.
//
// A record's document holds the members of DescribeCertificate that do not change, and
//   "certificate", "chain"   PEM
//   "tags"                   [{"Key", "Value"}]
//   "token"                  {"text", "request", "until"}: the idempotency token, while it counts
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "store/documents.h"

namespace tandem::acm {

class Certificates {
 public:
  /// folder is made on first use.
  Certificates(store::Store& store, std::filesystem::path folder);

  std::optional<json::object> get(std::string_view id) const { return documents_.get(id); }
  std::vector<std::pair<std::string, json::object>> list() const { return documents_.list(); }
  /// The key first: a record always has its key.
  void put_with_key(const std::string& id, const json::object& record, std::string_view key_pem);
  void put(std::string_view id, const json::object& record) { documents_.put(id, record); }
  /// Record and key.
  void erase(const std::string& id);
  /// Nothing when the file is gone or cannot be read.
  std::optional<std::string> private_key(const std::string& id) const;
  std::filesystem::path key_path(const std::string& id) const { return folder_ / (id + ".key"); }

 private:
  store::Documents documents_;
  std::filesystem::path folder_;
};

}  // namespace tandem::acm
