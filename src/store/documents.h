// JSON documents by name, for control-plane records: a small collection over a Store.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "store/store.h"

namespace tandem::store {

/// Keys are "<collection>/<id>". Ids may hold any byte. Borrows the store.
class Documents {
 public:
  Documents(Store& store, std::string_view collection);

  std::optional<json::object> get(std::string_view id) const;
  void put(std::string_view id, const json::object& document);
  void erase(std::string_view id);
  bool contains(std::string_view id) const { return store_.get(key(id)).has_value(); }

  /// In order of id; at most limit documents whose id starts with prefix and is > after.
  std::vector<std::pair<std::string, json::object>> list(std::string_view prefix = "",
                                                         std::string_view after = "",
                                                         std::size_t limit = SIZE_MAX) const;
  /// Adds the change to a batch, to be atomic with others. Keys are those of the store given here.
  void put(WriteBatch& batch, std::string_view id, const json::object& document) const;
  void erase(WriteBatch& batch, std::string_view id) const;

 private:
  std::string key(std::string_view id) const { return prefix_ + std::string(id); }
  Store& store_;
  std::string prefix_;
};

}  // namespace tandem::store
