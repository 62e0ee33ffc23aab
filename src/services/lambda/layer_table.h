// The region's layers: versions of packages that functions share. Records in the store, held in
// memory.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/json.h"
#include "store/documents.h"

namespace tandem::lambda {

struct LayerVersion {
  std::string name;
  std::string arn;  ///< the layer's, without a version
  std::int64_t number = 0;
  std::string description;
  std::string license;
  std::string created;
  json::array runtimes;
  json::array architectures;
  std::string code_sha256;
  std::int64_t code_size = 0;
  std::string code_id;       ///< the folder of what was unpacked
  std::string code_outline;  ///< code/code_watch.h
  json::array policy;        ///< statements
  std::string policy_revision_id;

  std::string version_arn() const { return arn + ':' + std::to_string(number); }
  json::object to_record() const;
  static LayerVersion from_record(const json::object& record);
  /// What lists show of it (LayerVersionsListItem).
  json::object listed() const;
  /// GetLayerVersionResponse, but for Content's Location.
  json::object shown() const;
};

using LayerPtr = std::shared_ptr<const LayerVersion>;

class LayerTable {
 public:
  /// By number.
  using Versions = std::map<std::int64_t, LayerPtr>;

  /// Borrows the store and reads what it holds.
  explicit LayerTable(store::Store& store);

  /// Null when there is none.
  LayerPtr find(const std::string& name, std::int64_t number) const;
  /// By name. Names whose versions have all gone are not there.
  const std::map<std::string, Versions>& all() const { return layers_; }
  const Versions& versions(const std::string& name) const;
  /// Gives it the next number: none is given twice.
  LayerPtr publish(LayerVersion version);
  /// In place of itself.
  void put(LayerVersion version);
  void erase(const LayerVersion& version);
  void clear();

  bool uses_code(const std::string& code_id) const;
  /// Of all packages, as they were uploaded.
  std::int64_t code_size() const;

 private:
  store::Store& store_;
  store::Documents names_;
  store::Documents documents_;
  std::map<std::string, Versions> layers_;
  std::map<std::string, std::int64_t> last_;  ///< the number given last
};

}  // namespace tandem::lambda
