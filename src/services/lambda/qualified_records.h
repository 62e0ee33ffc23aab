// What a function has by qualifier (aliases, settings): JSON records in the store, held in memory
// for the invocation path.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "store/documents.h"

namespace tandem::lambda {

/// Ids are "<function>:<qualifier>"; a name of either never holds a colon.
class QualifiedRecords {
 public:
  /// Borrows the store and reads what it holds.
  QualifiedRecords(store::Store& store, std::string_view collection);

  /// Null when there is none. Good until the record is changed.
  const json::object* find(const std::string& function, const std::string& qualifier) const;
  void put(const std::string& function, const std::string& qualifier, json::object record);
  void erase(const std::string& function, const std::string& qualifier);
  using Rows = std::vector<std::pair<std::string, const json::object*>>;
  /// In order of the qualifiers.
  Rows of(const std::string& function) const;
  /// By id, in order.
  const std::map<std::string, json::object>& all() const { return records_; }

  /// All of a function, or one, as part of a batch. Once that is written: forget().
  void erase(store::WriteBatch& batch, const std::string& function) const;
  void erase(store::WriteBatch& batch, const std::string& function,
             const std::string& qualifier) const;
  void forget(const std::string& function);
  void forget(const std::string& function, const std::string& qualifier);
  /// The store was emptied.
  void clear() { records_.clear(); }

 private:
  store::Documents documents_;
  std::map<std::string, json::object> records_;
};

}  // namespace tandem::lambda
